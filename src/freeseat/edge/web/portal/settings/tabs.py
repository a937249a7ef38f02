"""The tabs of settings, and their lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from freeseat.application.ports import Transaction
from freeseat.edge.web.entrance import Visitor
from freeseat.edge.web.portal.frame import portal_page


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


HERE = "/portal/settings"
CRUMBS = ((HERE, _("Settings")),)
POLICY, CLASSES, CODES = HERE, f"{HERE}/classes", f"{HERE}/codes"
TRUSTED, SCHEDULES, TRUNKS = f"{HERE}/trusted", f"{HERE}/schedules", f"{HERE}/trunks"
TABS = (
    (POLICY, _("Policy")),
    (CLASSES, _("Classes of service")),
    (CODES, _("Feature codes")),
    (TRUSTED, _("Trusted networks")),
    (SCHEDULES, _("Scheduled logouts")),
    (TRUNKS, _("Trunks and inbound numbers")),
)


async def tab_page(
    request: Request,
    visitor: Visitor,
    template: str,
    tab: str,
    values: Mapping[str, Any] | None = None,
    *,
    question: Callable[[Transaction], Mapping[str, Any]] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Answer with a tab."""
    given = {"tabs": TABS, "tab": tab, **(values or {})}
    return await portal_page(request, visitor, f"settings/{template}", HERE, given, question=question, status=status)
