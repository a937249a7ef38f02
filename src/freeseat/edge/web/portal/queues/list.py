"""All queues with who waits and who takes part, live."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from freeseat.application.listing import PageWanted
from freeseat.application.ports import Transaction
from freeseat.application.queues.status import queue_seen
from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.live.fragments import CALLS, Asked, Fragment, Params, Seen
from freeseat.edge.web.live.interests import QUEUES as OF_QUEUES
from freeseat.edge.web.live.interests import next_end
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
HERE = "/portal/queues"
_ROWS = 25
Looking = Annotated[Visitor, Depends(needs(Permission.QUEUES_READ))]
_HAPPENS = frozenset(
    f"kind:{name}"
    for name in ("member_added", "member_removed", "logged_in", "logged_out", "registered", "unregistered")
)


@router.get(HERE)
async def queues(
    request: Request, visitor: Looking, search: str = "", after: Annotated[str, Query(max_length=32)] = ""
) -> HTMLResponse:
    """The page."""
    filters = listed.given({"search": search})
    live = [Asked.of("queues", **filters, after=after)]
    may_add = visitor.principal.may(Permission.SETTINGS_WRITE) and visitor.principal.sphere.unbounded
    return await portal_page(
        request, visitor, "queues/list.html", HERE, {"search": search, "may_add": may_add}, live=live
    )


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.QUEUES_READ)
    search = params.get("search", "")
    page = tx.listing.queues(search, principal.sphere, PageWanted(after=params.get("after"), limit=_ROWS))
    seen = [queue_seen(tx, row.queue, now, logged_in=True) for row in page.rows]
    interests = {CALLS} | {f"queue:{row.queue.number}" for row in page.rows}
    context = {
        "page": page,
        "queues": list(zip(seen, page.rows, strict=True)),
        "filtered": bool(search),
        "may_add": principal.may(Permission.SETTINGS_WRITE) and principal.sphere.unbounded,
        **listed.links(HERE, params, page.next),
    }
    return Seen(context, OF_QUEUES | _HAPPENS | interests, next_end(tx, [each.queue.id for each in seen], now))


QUEUES = Fragment("queues", "portal/parts/queues.html", _seen)
