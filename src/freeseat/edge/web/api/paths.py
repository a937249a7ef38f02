"""Addresses of the API as they were written: a name in them may hold a slash, which then comes as %2F."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from freeseat.edge.web.api.resource import PREFIX
from freeseat.edge.web.protection import App, Receive, Scope, Send


class RawPaths:
    """ASGI middleware: below the API's prefix the path is matched as it came; `resource.Number` and `Name` decode."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX + "/"):
            scope = {**scope, "path": _written(scope)}
        await self._app(scope, receive, send)


def _written(scope: Scope) -> str:
    raw: Any = scope.get("raw_path")
    return raw.partition(b"?")[0].decode("latin-1") if raw else quote(scope["path"])
