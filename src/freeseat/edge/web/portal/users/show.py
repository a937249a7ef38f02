"""One person: facts, places, queues, newest calls and events, live."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from freeseat.application.directory.spheres import user_within
from freeseat.application.directory.views import users_seen
from freeseat.application.listing import CallsWanted, EventsWanted, PageWanted
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import attendances, queues_of, reachable
from freeseat.domain.desk_login import DeskLogin
from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen, call_at
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.happenings import told
from freeseat.edge.web.portal.users.list import HERE
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
_NEWEST = PageWanted(limit=10)


@router.get("/portal/users/{number}")
async def user(
    request: Request, visitor: Annotated[Visitor, Depends(needs(Permission.DIRECTORY_READ))], number: str
) -> HTMLResponse:
    """The page."""

    def question(tx: Transaction) -> dict[str, object]:
        return {"user": user_within(tx, number, visitor.principal.sphere)}

    live = [Asked.of("user", number=number)]
    return await portal_page(request, visitor, "users/show.html", HERE, question=question, live=live)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DIRECTORY_READ)
    found = user_within(tx, params.get("number", ""), principal.sphere)
    row = users_seen(tx, [found])[0]
    logins = tx.logins.of_user(found.id)
    queues = queues_of(tx, found)
    calls, events = None, None
    if principal.may(Permission.CALLS_READ):
        calls = tx.listing.calls(CallsWanted(user=found.number, within=principal.sphere), _NEWEST).rows
    if principal.may(Permission.AUDIT_READ):
        events = told(tx.listing.events(EventsWanted(user=found.number, within=principal.sphere), _NEWEST).rows, viewer)
    context = {
        "seen": row,
        "user": found,
        "places": [(login, _site(tx, login)) for login in logins],
        "queues": list(zip(queues, attendances(tx, found, queues), strict=True)),
        "reachable": reachable(tx, found),
        "locks": tx.failures.locks(found.number, now),
        "pin_expired": bool(found.pin) and tx.policy().pin.expired(found.pin_set_at, now),
        "calls": calls,
        "events": events,
        "now": now,
        "may_log_out": principal.may(Permission.DESKS_WRITE),
        "may_change": principal.may(Permission.DIRECTORY_WRITE),
    }
    places = [login.place for login in logins] + list(row.phones)
    interests = {f"user:{found.number}", *(call_at(place) for place in places)}
    interests |= {f"phone:{place}" for place in places}
    return Seen(context, frozenset(interests), _again(found.number, tx, now))


def _site(tx: Transaction, login: DeskLogin) -> str:
    phone = tx.phones.get(id=login.phone_id) if login.phone_id is not None else None
    return phone.site if phone else ""


def _again(number: str, tx: Transaction, now: datetime) -> datetime | None:
    """When the first lock ends by itself."""
    return min((until for _, until in tx.failures.locks(number, now)), default=None)


USER = Fragment("user", "portal/parts/user.html", _seen)
