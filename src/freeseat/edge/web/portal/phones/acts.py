"""What is done to a phone by a button: log somebody in or out there, disable, enable, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from freeseat.application.directory.phones import change_phone, delete_phone
from freeseat.application.directory.spheres import phone_within, user_within
from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.log_out import LoggedOut, log_out
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority, Refusal
from freeseat.domain.desk_login import Method
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.phones.list import HERE
from freeseat.edge.web.portal.visitors import DirectoryChanger


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


router = APIRouter(include_in_schema=False)
Seater = Annotated[Visitor, Depends(needs(Permission.DESKS_WRITE))]


@router.post("/portal/phones/{number}/log-in")
async def log_in_there(
    request: Request, visitor: Seater, number: str, user: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Log somebody in on his behalf (R2.5), taking the phone over from whoever sits there."""
    principal = visitor.principal

    def do(tx: Transaction) -> LoggedIn | Refusal:
        phone_within(tx, number, principal.sphere)
        user_within(tx, user.strip(), principal.sphere)
        return log_in(tx, LogIn(user.strip(), number, Authority(), Method.WEB, principal.actor), now())

    try:
        done = await web_of(request).write(do)
    except NotFound as error:
        if error.kind != "user":
            raise
        return go(f"{HERE}/{number}", words(visitor, _("There is nobody with the number {user}."), user=user), "warn")
    if isinstance(done, Refusal):
        return go(f"{HERE}/{number}", words(visitor, done.reason.text), "warn")
    return go(
        f"{HERE}/{number}",
        words(visitor, _("{name} is logged in at phone {number}."), name=done.user.name, number=number),
    )


@router.get("/portal/phones/{number}/log-out")
async def ask_log_out(request: Request, visitor: Seater, number: str) -> Response:
    """Ask before a phone is freed."""
    occupant = await _occupant(request, visitor, number)
    question = Question(
        words(visitor, _("Free phone {number}?"), number=number),
        words(visitor, _("{name} is logged out at once. A call that is under way goes on."), name=occupant or "–"),
        words(visitor, _("Log out")),
        f"{HERE}/{number}",
    )
    return await ask(request, visitor, HERE, question)


@router.post("/portal/phones/{number}/log-out")
async def log_out_there(request: Request, visitor: Seater, number: str) -> Response:
    """Log out whoever is there, by force (R2.13)."""
    principal = visitor.principal

    def do(tx: Transaction) -> LoggedOut | Refusal:
        phone_within(tx, number, principal.sphere)
        return log_out(tx, number, Authority(), principal.actor, now())

    done = await web_of(request).write(do)
    if isinstance(done, Refusal):
        return go(f"{HERE}/{number}", words(visitor, done.reason.text), "warn")
    return go(f"{HERE}/{number}", words(visitor, _("Logged out.")))


@router.post("/portal/phones/{number}/disable")
async def disable(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Disable a phone; the login there ends at once (R1.9)."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: change_phone(tx, number, {"enabled": False}, actor, now()))
    return go(f"{HERE}/{number}", words(visitor, _("Disabled.")))


@router.get("/portal/phones/{number}/disable")
async def ask_disable(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Ask before a phone is disabled."""
    occupant = await _occupant(request, visitor, number)
    question = Question(
        words(visitor, _("Disable phone {number}?"), number=number),
        words(visitor, _("It cannot register, call or be called until it is enabled again.")),
        words(visitor, _("Disable")),
        f"{HERE}/{number}",
        [words(visitor, _("{name} is logged out at once."), name=occupant)] if occupant else (),
    )
    return await ask(request, visitor, HERE, question)


@router.post("/portal/phones/{number}/enable")
async def enable(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Enable a phone again."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: change_phone(tx, number, {"enabled": True}, actor, now()))
    return go(f"{HERE}/{number}", words(visitor, _("Enabled.")))


@router.get("/portal/phones/{number}/delete")
async def ask_delete(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Ask before a phone is deleted."""
    occupant = await _occupant(request, visitor, number)
    question = Question(
        words(visitor, _("Delete phone {number}?"), number=number),
        words(visitor, _("This cannot be undone. Call records and the audit log stay.")),
        words(visitor, _("Delete")),
        f"{HERE}/{number}",
        [words(visitor, _("{name} is logged out at once."), name=occupant)] if occupant else (),
    )
    return await ask(request, visitor, HERE, question)


@router.post("/portal/phones/{number}/delete")
async def delete(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Delete a phone; the login there ends first (R1.9)."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: delete_phone(tx, number, actor, now()))
    return go(HERE, words(visitor, _("Phone {number} was deleted."), number=number))


async def _occupant(request: Request, visitor: Visitor, number: str) -> str:
    """The name of who is logged in there ('' = nobody). Raises NotFound, also outside of the visitor's sphere."""

    def question(tx: Transaction) -> str:
        phone = phone_within(tx, number, visitor.principal.sphere)
        login = tx.logins.at_phone(phone.id)
        user = tx.users.get(id=login.user_id) if login is not None else None
        return user.name if user is not None else ""

    return await web_of(request).read(question)
