"""Logging somebody in or out on his behalf (R2.5, R2.13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from freeseat.application.directory.spheres import phone_within, require_place, user_within
from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.log_out import LoggedOut, log_out, log_out_after_call
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority, Refusal
from freeseat.domain.desk_login import Method
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal.asking import words
from freeseat.edge.web.portal.desks.list import HERE
from freeseat.edge.web.portal.frame import portal_page


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


router = APIRouter(include_in_schema=False)
Seater = Annotated[Visitor, Depends(needs(Permission.DESKS_WRITE))]


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who is at a place ('' = nobody) since when, and whether a call goes on there."""

    place: str
    user: str = ""
    name: str = ""
    since: datetime | None = None
    on_call: bool = False


@router.get("/portal/desks/{place}/log-out")
async def ask_log_out(request: Request, visitor: Seater, place: str) -> Response:
    """Ask how somebody is to be logged out: after the call, or at once."""
    sitting = await web_of(request).read(lambda tx: _sitting(tx, visitor, place))
    if not sitting.user:
        return go(HERE, words(visitor, _("Nobody is logged in there any more.")), "warn")
    return await portal_page(request, visitor, "desks/log_out.html", HERE, {"sitting": sitting})


@router.post("/portal/desks/{place}/log-out")
async def log_out_there(
    request: Request, visitor: Seater, place: str, how: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """Log out who is there: `how` is `now`, or else after the call that is under way."""
    principal = visitor.principal

    def do(tx: Transaction) -> LoggedOut | Refusal:
        require_place(tx, place, principal.sphere)
        if how == "now":
            return log_out(tx, place, Authority(), principal.actor, now())
        return log_out_after_call(tx, place, principal.actor, now())

    done = await web_of(request).write(do)
    if isinstance(done, Refusal):
        return go(HERE, words(visitor, _("Nobody is logged in there any more.")), "warn")
    pending = any(each.pending for each in done.ended)
    text = _("{user} will be logged out of {place} when the call is over.") if pending else _("{place} is free.")
    return go(HERE, words(visitor, text, user=done.ended[0].user, place=place))


@router.get("/portal/desks/{number}/log-in")
async def ask_log_in(request: Request, visitor: Seater, number: str) -> Response:
    """The form that asks who."""
    return await _form(request, visitor, number)


@router.post("/portal/desks/{number}/log-in")
async def log_in_there(
    request: Request, visitor: Seater, number: str, user: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Log somebody in on his behalf, taking the phone over from whoever sits there."""
    principal, who = visitor.principal, user.strip()

    def do(tx: Transaction) -> LoggedIn | Refusal:
        phone_within(tx, number, principal.sphere)
        user_within(tx, who, principal.sphere)
        return log_in(tx, LogIn(who, number, Authority(), Method.WEB, principal.actor), now())

    try:
        done = await web_of(request).write(do)
    except NotFound as error:
        if error.kind != "user":
            raise
        fault = words(visitor, _("There is nobody with the number {user}."), user=who or "–")
        return await _form(request, visitor, number, who, fault)
    if isinstance(done, Refusal):
        return await _form(request, visitor, number, who, words(visitor, done.reason.text))
    text = _("{name} is logged in at phone {number}.")
    return go(HERE, words(visitor, text, name=done.user.name, number=number))


async def _form(request: Request, visitor: Visitor, number: str, user: str = "", fault: str = "") -> Response:
    def question(tx: Transaction) -> dict[str, object]:
        phone_within(tx, number, visitor.principal.sphere)
        return {"sitting": _sitting(tx, visitor, number)}

    values = {"number": number, "user": user, "fault": fault}
    status = 422 if fault else 200
    return await portal_page(request, visitor, "desks/log_in.html", HERE, values, question=question, status=status)


def _sitting(tx: Transaction, visitor: Visitor, place: str) -> Sitting:
    require_place(tx, place, visitor.principal.sphere)
    phone = tx.phones.get(number=place)
    found = tx.logins.at_phone(phone.id) if phone is not None else None
    login = found or next(iter(tx.logins.list(place=place, ended_at=None)), None)
    person = tx.users.get(id=login.user_id) if login is not None else None
    if login is None or person is None:
        return Sitting(place)
    return Sitting(place, person.number, person.name, login.started_at, tx.calls.open_at([login.place]))
