"""The first page: how things stand now."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from freeseat.application.listing import LoginsWanted, PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.live.fragments import CALLS, Asked, Fragment, Params, Seen
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
_NEWEST = 8
_LOGINS = frozenset({"kind:logged_in", "kind:logged_out", "kind:logout_pending"})
_QUEUES = frozenset(
    f"kind:{name}"
    for name in ("queue_call_entered", "queue_call_answered", "queue_call_ended", "queue_logged_in", "queue_logged_out")
)


@router.get("/portal")
async def overview(
    request: Request, visitor: Annotated[Visitor, Depends(needs(Permission.DESKS_READ))]
) -> HTMLResponse:
    """The page."""
    return await portal_page(request, visitor, "overview.html", "/portal", live=[Asked("overview")])


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DESKS_READ)
    newest = tx.listing.logins(LoginsWanted(within=principal.sphere), PageWanted(limit=_NEWEST))
    open_ones = tx.listing.logins(LoginsWanted(open=True, within=principal.sphere), PageWanted(limit=1))
    queues = tx.listing.queues(within=principal.sphere, page=PageWanted(limit=100))
    waiting, in_queues = tx.queue_counts.now(principal.sphere)
    context = {
        "newest": newest.rows,
        "logged_in": open_ones.total,
        "queues": queues.rows,
        "waiting": waiting,
        "in_queues": in_queues,
        "calls": tx.calls_under_way.count() if principal.sphere.unbounded else None,
    }
    return Seen(context, _LOGINS | _QUEUES | {CALLS})


OVERVIEW = Fragment("overview", "portal/parts/overview.html", _seen)
