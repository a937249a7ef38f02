"""What is done to a person by a button: log out, unlock, disable, enable, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from freeseat.application.directory.spheres import user_within
from freeseat.application.directory.users import change_user, delete_user, unlock_user
from freeseat.application.log_out import log_out_user
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.domain.errors import InUse
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal.asking import Question, ask, words
from freeseat.edge.web.portal.users.list import HERE
from freeseat.edge.web.portal.visitors import DirectoryChanger


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


router = APIRouter(include_in_schema=False)
Clearer = Annotated[Visitor, Depends(needs(Permission.DESKS_WRITE))]


@router.get("/portal/users/{number}/log-out")
async def ask_log_out(request: Request, visitor: Clearer, number: str) -> Response:
    """Ask before somebody is logged out."""
    name, places = await _who(request, visitor, number)
    question = Question(
        words(visitor, _("Log out {name}?"), name=name),
        words(visitor, _("The phone is free at once. Calls that are under way go on.")),
        words(visitor, _("Log out")),
        f"{HERE}/{number}",
        [words(visitor, _("Logged in at {place}"), place=each) for each in places],
    )
    return await ask(request, visitor, HERE, question)


@router.post("/portal/users/{number}/log-out")
async def log_out(request: Request, visitor: Clearer, number: str) -> Response:
    """Log somebody out everywhere, by force (R2.13)."""
    await _who(request, visitor, number)
    done = await web_of(request).write(lambda tx: log_out_user(tx, number, visitor.principal.actor, now()))
    if isinstance(done, Refusal):
        return go(f"{HERE}/{number}", words(visitor, done.reason.text), "warn")
    # who is nowhere any more may lie outside of a supervisor's sphere
    return go(f"{HERE}/{number}" if visitor.principal.sphere.unbounded else HERE, words(visitor, _("Logged out.")))


@router.post("/portal/users/{number}/unlock")
async def unlock(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Lift all locks after wrong PINs (R2.15)."""
    lifted = await web_of(request).write(lambda tx: unlock_user(tx, number, visitor.principal.actor, now()))
    return go(f"{HERE}/{number}", words(visitor, _("Locks lifted: {count}"), count=lifted))


@router.get("/portal/users/{number}/disable")
async def ask_disable(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Ask before somebody is disabled."""
    name, places = await _who(request, visitor, number)
    question = Question(
        words(visitor, _("Disable {name}?"), name=name),
        words(visitor, _("A disabled person cannot log in and is not called. Everything else is kept.")),
        words(visitor, _("Disable")),
        f"{HERE}/{number}",
        [words(visitor, _("Is logged out at once at {place}"), place=each) for each in places],
    )
    return await ask(request, visitor, HERE, question)


@router.post("/portal/users/{number}/disable")
async def disable(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Disable somebody; his logins end at once (R1.9)."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: change_user(tx, number, {"enabled": False}, actor, now()))
    return go(f"{HERE}/{number}", words(visitor, _("Disabled.")))


@router.post("/portal/users/{number}/enable")
async def enable(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Enable somebody again."""
    actor = visitor.principal.actor
    await web_of(request).write(lambda tx: change_user(tx, number, {"enabled": True}, actor, now()))
    return go(f"{HERE}/{number}", words(visitor, _("Enabled.")))


@router.get("/portal/users/{number}/delete")
async def ask_delete(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Ask before somebody is deleted."""
    return await _ask_delete(request, visitor, number)


@router.post("/portal/users/{number}/delete")
async def delete(request: Request, visitor: DirectoryChanger, number: str) -> Response:
    """Delete somebody; his logins end first (R1.9)."""
    actor = visitor.principal.actor
    try:
        await web_of(request).write(lambda tx: delete_user(tx, number, actor, now()))
    except InUse as error:
        return await _ask_delete(request, visitor, number, str(error))
    return go(HERE, words(visitor, _("{number} was deleted."), number=number))


async def _ask_delete(request: Request, visitor: Visitor, number: str, fault: str = "") -> Response:
    name, places = await _who(request, visitor, number)
    question = Question(
        words(visitor, _("Delete {name}?"), name=f"{name} ({number})"),
        words(visitor, _("This cannot be undone. Call records and the audit log stay. The number can be given anew.")),
        words(visitor, _("Delete")),
        f"{HERE}/{number}",
        [words(visitor, _("Is logged out at once at {place}"), place=each) for each in places],
    )
    return await ask(request, visitor, HERE, question, fault=fault, status=409 if fault else 200)


async def _who(request: Request, visitor: Visitor, number: str) -> tuple[str, list[str]]:
    """His name and where he is logged in. Raises NotFound, also for somebody outside of the visitor's sphere."""

    def question(tx: Transaction) -> tuple[str, list[str]]:
        user = user_within(tx, number, visitor.principal.sphere)
        return user.name, [login.place for login in tx.logins.of_user(user.id)]

    return await web_of(request).read(question)
