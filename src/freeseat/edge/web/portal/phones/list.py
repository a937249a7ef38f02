"""The list of phones: searched while one types, and live."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from freeseat.application.listing import PageWanted, PhonesWanted
from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
HERE = "/portal/phones"
_COMES_AND_GOES = frozenset({"kind:phone_added", "kind:phone_deleted"})
_CHANGES = frozenset({"kind:phone_changed"})
_LOGINS = frozenset({"kind:logged_in", "kind:logged_out"})
_BINDINGS = frozenset({"kind:registered", "kind:unregistered"})


@router.get(HERE)
async def phones(
    request: Request,
    visitor: Annotated[Visitor, Depends(needs(Permission.DIRECTORY_READ))],
    search: str = "",
    cos: str = "",
    site: str = "",
    shared: str = "",
    occupied: str = "",
    registered: str = "",
    enabled: str = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> HTMLResponse:
    """The page."""
    filters = listed.given(
        {
            "search": search,
            "cos": cos,
            "site": site,
            "shared": shared,
            "occupied": occupied,
            "registered": registered,
            "enabled": enabled,
        }
    )

    def question(tx: Transaction) -> dict[str, object]:
        return {"classes": sorted(each.name for each in tx.classes.list())}

    values = {"filters": filters, "search": search}
    live = [Asked.of("phones", **filters, after=after)]
    return await portal_page(request, visitor, "phones/list.html", HERE, values, question=question, live=live)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DIRECTORY_READ)
    wanted = PhonesWanted(
        search=params.get("search", ""),
        cos=params.get("cos", ""),
        site=params.get("site", ""),
        shared=listed.choice(params, "shared"),
        enabled=listed.choice(params, "enabled"),
        registered=listed.choice(params, "registered"),
        occupied=listed.choice(params, "occupied"),
        within=principal.sphere,
    )
    page = tx.listing.phones(wanted, PageWanted(after=params.get("after"), limit=listed.ROWS))
    interests = _COMES_AND_GOES | {f"phone:{row.number}" for row in page.rows}
    filtered = wanted != PhonesWanted(within=principal.sphere)
    if filtered:
        interests |= _CHANGES
    if wanted.occupied is not None:
        interests |= _LOGINS
    if wanted.registered is not None:
        interests |= _BINDINGS
    context = {
        "page": page,
        "filtered": filtered,
        "may_add": principal.may(Permission.DIRECTORY_WRITE),
        **listed.links(HERE, params, page.next),
    }
    return Seen(context, interests)


PHONES = Fragment("phones", "portal/parts/phones.html", _seen)
