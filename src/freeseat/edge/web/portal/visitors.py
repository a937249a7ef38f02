"""Who may open the pages of the directory and of settings: dependencies of handlers.

Settings concern all queues and sites, so that nobody with a bounded sphere sees or changes them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import Visitor, signed_in


def needs_everywhere(permission: Permission) -> Callable[[Request], Awaitable[Visitor]]:
    """A dependency: somebody who has signed in and has this permission without bounds. Raises NotAllowed, too."""

    async def checked(request: Request) -> Visitor:
        visitor = await signed_in(request)
        visitor.principal.require_everywhere(permission)
        return visitor

    return checked


DirectoryChanger = Annotated[Visitor, Depends(needs_everywhere(Permission.DIRECTORY_WRITE))]
SettingsReader = Annotated[Visitor, Depends(needs_everywhere(Permission.SETTINGS_READ))]
SettingsChanger = Annotated[Visitor, Depends(needs_everywhere(Permission.SETTINGS_WRITE))]
AccountsChanger = Annotated[Visitor, Depends(needs_everywhere(Permission.ACCOUNTS_WRITE))]
