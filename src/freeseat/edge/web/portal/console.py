"""The busy-lamp console: users and phones in a dense grid, live (R6.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from freeseat.application.boards.console import ConsoleState, Shown, lamps_of
from freeseat.application.listing import PageWanted, PhonesWanted, UsersWanted
from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission, Sphere
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen, call_at
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.viewer import Viewer


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/console"
_LAMPS = 300
TABS = ((HERE, _("People")), (f"{HERE}?shown=phones", _("Phones")))
LEGEND = (
    (ConsoleState.IDLE, _("idle")),
    (ConsoleState.RINGING, _("is rung")),
    (ConsoleState.CALLING, _("calls")),
    (ConsoleState.TALKING, _("talks")),
    (ConsoleState.UNREGISTERED, _("not registered")),
    (ConsoleState.LOGGED_OUT, _("logged out")),
)
_COMES_AND_GOES = {
    Shown.USERS: frozenset({"kind:user_added", "kind:user_deleted"}),
    Shown.PHONES: frozenset({"kind:phone_added", "kind:phone_deleted"}),
}


@router.get(HERE)
async def console(
    request: Request,
    visitor: Annotated[Visitor, Depends(needs(Permission.DESKS_READ))],
    shown: str = "",
    search: str = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> HTMLResponse:
    """The page."""
    of = Shown.PHONES if shown == Shown.PHONES else Shown.USERS
    filters = listed.given({"search": search, "shown": of.value if of is Shown.PHONES else ""})
    live = [Asked.of("console", **filters, after=after)]
    values = {
        "search": search,
        "tabs": TABS,
        "tab": TABS[of is Shown.PHONES][0],
        "legend": LEGEND,
        "of_phones": of is Shown.PHONES,
    }
    return await portal_page(request, visitor, "console.html", HERE, values, live=live)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DESKS_READ)
    shown = Shown.PHONES if params.get("shown") == Shown.PHONES else Shown.USERS
    page = PageWanted(after=params.get("after"), limit=_LAMPS)
    numbers, following = _numbers(tx, shown, params.get("search", ""), principal.sphere, page)
    lamps = lamps_of(tx, shown, numbers)
    concerned = {*numbers, *(place for lamp in lamps for place in lamp.at)}
    interests = _COMES_AND_GOES[shown] | {call_at(each) for each in concerned}
    interests |= {f"user:{each}" for each in concerned} | {f"phone:{each}" for each in concerned}
    context = {
        "lamps": lamps,
        "filtered": bool(params.get("search")),
        "texts": dict(LEGEND),
        "of_phones": shown is Shown.PHONES,
        **listed.links(HERE, params, following),
    }
    return Seen(context, interests)


def _numbers(
    tx: Transaction, shown: Shown, search: str, sphere: Sphere, page: PageWanted
) -> tuple[list[str], str | None]:
    """Whose lamps: those that fit a search, in a sphere, and the next page."""
    if shown is Shown.USERS:
        people = tx.listing.users(UsersWanted(search, enabled=True, within=sphere), page)
        return [row.number for row in people.rows], people.next
    phones = tx.listing.phones(PhonesWanted(search, within=sphere), page)
    return [row.number for row in phones.rows], phones.next


CONSOLE = Fragment("console", "portal/parts/console.html", _seen)
