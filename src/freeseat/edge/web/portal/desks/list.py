"""Every shared phone with who is there, live."""

from __future__ import annotations

from dataclasses import replace
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


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/desks"
NOW, PAST = f"{HERE}/now", f"{HERE}/past"
TABS = ((HERE, _("Desks")), (NOW, _("Logged in now")), (PAST, _("Past logins")))
Looking = Annotated[Visitor, Depends(needs(Permission.DESKS_READ))]

_COMES_AND_GOES = frozenset({"kind:phone_added", "kind:phone_deleted", "kind:phone_changed"})
_LOGINS = frozenset({"kind:logged_in", "kind:logged_out"})
_BINDINGS = frozenset({"kind:registered", "kind:unregistered"})
_SHARED = PhonesWanted(shared=True)
_STATES = {
    "occupied": replace(_SHARED, occupied=True),
    "free": replace(_SHARED, occupied=False, enabled=True, registered=True),
    "unregistered": replace(_SHARED, registered=False, enabled=True),
    "disabled": replace(_SHARED, enabled=False),
}


@router.get(HERE)
async def desks(
    request: Request,
    visitor: Looking,
    search: str = "",
    site: str = "",
    state: str = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> HTMLResponse:
    """The page."""
    filters = listed.given({"search": search, "site": site, "state": state if state in _STATES else ""})
    values = {"filters": filters, "search": search, "tabs": TABS, "tab": HERE}
    live = [Asked.of("desks", **filters, after=after)]
    return await portal_page(request, visitor, "desks/list.html", HERE, values, live=live)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DESKS_READ)
    state = params.get("state", "")
    wanted = replace(
        _STATES.get(state, _SHARED),
        search=params.get("search", ""),
        site=params.get("site", ""),
        within=principal.sphere,
    )
    page = tx.listing.phones(wanted, PageWanted(after=params.get("after"), limit=listed.ROWS))
    interests = _COMES_AND_GOES | {f"phone:{row.number}" for row in page.rows}
    interests |= {f"user:{row.occupant}" for row in page.rows if row.occupant}
    if state in ("occupied", "free"):
        interests |= _LOGINS
    if state in ("free", "unregistered"):
        interests |= _BINDINGS
    context = {
        "page": page,
        "filtered": wanted != replace(_SHARED, within=principal.sphere),
        "may_seat": principal.may(Permission.DESKS_WRITE),
        **listed.links(HERE, params, page.next),
    }
    return Seen(context, interests)


DESKS = Fragment("desks", "portal/parts/desks.html", _seen)
