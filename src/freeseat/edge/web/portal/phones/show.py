"""One phone: facts, occupant, registrations, newest calls and events, live."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from freeseat.application.directory.spheres import phone_within
from freeseat.application.directory.views import phones_seen
from freeseat.application.listing import CallsWanted, EventsWanted, PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.directory import Phone
from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen, call_at
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.happenings import told
from freeseat.edge.web.portal.phones.form import written_mac
from freeseat.edge.web.portal.phones.list import HERE
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
_NEWEST = PageWanted(limit=10)


@router.get("/portal/phones/{number}")
async def phone(
    request: Request, visitor: Annotated[Visitor, Depends(needs(Permission.DIRECTORY_READ))], number: str
) -> HTMLResponse:
    """The page."""

    def question(tx: Transaction) -> dict[str, object]:
        found = phone_within(tx, number, visitor.principal.sphere)
        return {"phone": found, "workplaces": _workplaces(tx, found)}

    live = [Asked.of("phone", number=number)]
    return await portal_page(request, visitor, "phones/show.html", HERE, question=question, live=live)


def _workplaces(tx: Transaction, phone: Phone) -> list[tuple[int, str]]:
    """The workplaces that name this phone by its number or MAC."""
    found = {each.id: each.name for each in tx.workplaces.list(phone_number=phone.number)}
    if phone.mac:
        found |= {each.id: each.name for each in tx.workplaces.list(mac=phone.mac)}
    return sorted(found.items())


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DIRECTORY_READ)
    found = phone_within(tx, params.get("number", ""), principal.sphere)
    bindings = tx.bindings.list(aor=found.number)
    calls, events = None, None
    if principal.may(Permission.CALLS_READ):
        calls = tx.listing.calls(CallsWanted(phone=found.number, within=principal.sphere), _NEWEST).rows
    if principal.may(Permission.AUDIT_READ):
        wanted = EventsWanted(phone=found.number, within=principal.sphere)
        events = told(tx.listing.events(wanted, _NEWEST).rows, viewer)
    seen = phones_seen(tx, [found])[0]
    context = {
        "seen": seen,
        "phone": found,
        "mac": written_mac(found.mac),
        "login": tx.logins.at_phone(found.id),
        "bindings": [(each, datetime.fromtimestamp(each.expires, UTC)) for each in bindings],
        "calls": calls,
        "events": events,
        "may_log_out": principal.may(Permission.DESKS_WRITE),
    }
    interests = {f"phone:{found.number}", call_at(found.number)}
    interests |= {f"user:{each}" for each in (seen.occupant, seen.owner, seen.default_owner) if each}
    return Seen(context, frozenset(interests))


PHONE = Fragment("phone", "portal/parts/phone.html", _seen)
