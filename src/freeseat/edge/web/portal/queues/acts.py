"""What a supervisor does for a member of a queue: log in, log out, pause, resume (R5.4, R5.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.queues.attendance import ask_to_pause, ask_to_take_part
from freeseat.domain.directory import User
from freeseat.domain.permissions import Permission
from freeseat.domain.queues import QueueVerb
from freeseat.edge.web.context import go, now, web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal.asking import words
from freeseat.edge.web.portal.form_pages import FormPage, form_page
from freeseat.edge.web.portal.forms import Field, Form, Group, Sheet
from freeseat.edge.web.portal.queues.list import HERE
from freeseat.edge.web.portal.queues.show import queue_within


def _(text: str) -> str:
    """Mark a text for translation."""
    return text


router = APIRouter(include_in_schema=False)
Acting = Annotated[Visitor, Depends(needs(Permission.QUEUES_WRITE))]
Act = Callable[[Transaction, User], object]

PAUSE = Form(
    (
        Group(
            "",
            (
                Field(
                    "reason",
                    _("Reason"),
                    help=_("Shown in lists and reports, such as lunch or training; may stay empty."),
                    attributes={"maxlength": "80", "autofocus": ""},
                ),
            ),
        ),
    )
)


@router.post("/portal/queues/{number}/members/{user}/log-in")
async def log_in(request: Request, visitor: Acting, number: str, user: str) -> Response:
    """Log a member in: from now on he takes the queue's calls."""
    actor = visitor.principal.actor
    done = _("{user} is logged in to the queue.")
    return await _act(
        request, visitor, number, user, done,
        lambda tx, person: ask_to_take_part(tx, person, QueueVerb.LOG_IN, number, actor, now()),
    )  # fmt: skip


@router.post("/portal/queues/{number}/members/{user}/log-out")
async def log_out(request: Request, visitor: Acting, number: str, user: str) -> Response:
    """Log a member out; a call that is up goes on."""
    actor = visitor.principal.actor
    done = _("{user} is logged out of the queue.")
    return await _act(
        request, visitor, number, user, done,
        lambda tx, person: ask_to_take_part(tx, person, QueueVerb.LOG_OUT, number, actor, now()),
    )  # fmt: skip


@router.post("/portal/queues/{number}/members/{user}/resume")
async def resume(request: Request, visitor: Acting, number: str, user: str) -> Response:
    """End a member's pause and wrap-up."""
    actor = visitor.principal.actor
    return await _act(
        request, visitor, number, user, _("{user} takes calls again."),
        lambda tx, person: ask_to_pause(tx, person, None, number, actor, now()),
    )  # fmt: skip


@router.get("/portal/queues/{number}/members/{user}/pause")
async def ask_pause(request: Request, visitor: Acting, number: str, user: str) -> Response:
    """The form that asks why."""
    visitor.principal.require(Permission.QUEUES_WRITE, queue=number)
    return await _pause_page(request, visitor, number, user, PAUSE.shown(None, reason=""))


@router.post("/portal/queues/{number}/members/{user}/pause")
async def pause(request: Request, visitor: Acting, number: str, user: str) -> Response:
    """Pause a member: he stays logged in, but is offered no calls."""
    principal = visitor.principal
    principal.require(Permission.QUEUES_WRITE, queue=number)
    sheet = await PAUSE.sent(request)

    def do(tx: Transaction, values: object) -> object:
        queue_within(tx, number, principal)
        reason = sheet.text("reason")
        return ask_to_pause(tx, user_of(tx, user), reason, number, principal.actor, now())

    done = await sheet.carry_out(request, do)
    if isinstance(done, Sheet):
        return await _pause_page(request, visitor, number, user, done)
    return _went(visitor, number, user, _("{user} pauses."), done)


async def _pause_page(request: Request, visitor: Visitor, number: str, user: str, sheet: Sheet) -> Response:
    def name_of(tx: Transaction) -> str:
        queue_within(tx, number, visitor.principal)
        return user_of(tx, user).name

    name = await web_of(request).read(name_of)
    here = f"{HERE}/{number}"
    heading = words(visitor, _("Pause {name}"), name=name)
    lead = _("Stays logged in to the queue, but is offered no calls until the pause is ended.")
    around = FormPage(HERE, heading, ((HERE, _("Queues")), (here, number)), _("Pause"), here, lead)
    return await form_page(request, visitor, around, sheet)


async def _act(request: Request, visitor: Visitor, number: str, user: str, notice: str, act: Act) -> Response:
    principal = visitor.principal
    principal.require(Permission.QUEUES_WRITE, queue=number)

    def do(tx: Transaction) -> object:
        queue_within(tx, number, principal)
        return act(tx, user_of(tx, user))

    return _went(visitor, number, user, notice, await web_of(request).write(do))


def _went(visitor: Visitor, number: str, user: str, notice: str, done: object) -> Response:
    if isinstance(done, Refusal):
        return go(f"{HERE}/{number}", words(visitor, done.reason.text), "warn")
    return go(f"{HERE}/{number}", words(visitor, notice, user=user))
