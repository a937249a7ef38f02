"""A page of the portal: what every one of them needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import page
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.live.fragments import Asked
from freeseat.edge.web.portal.menu import menu_of


async def portal_page(
    request: Request,
    visitor: Visitor,
    template: str,
    here: str,
    values: Mapping[str, Any] | None = None,
    *,
    question: Callable[[Transaction], Mapping[str, Any]] | None = None,
    live: Iterable[Asked] = (),
    status: int = 200,
) -> HTMLResponse:
    """Answer with `portal/<template>`; `here` is the address of the navigation's entry. See `context.page`.

    Templates find `may` (a test by permission's value), `csrf`, `account` and `menu` besides their own values.
    """
    principal = visitor.principal
    frame = {
        "here": here,
        "menu": menu_of(principal),
        "account": principal.account,
        "csrf": visitor.csrf,
        "may": lambda permission: principal.may(Permission(permission)),
    }
    given = {**frame, **(values or {})}
    return await page(request, visitor.viewer, f"portal/{template}", given, question=question, live=live, status=status)
