"""What the occupant does on the page of his desk. Every form names whom the page believes to be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.workplaces.acting import log_in_at, log_out_at, pause_at, take_part_at
from freeseat.application.workplaces.wishes import wish_to_answer, wish_to_dial, wish_to_hang_up
from freeseat.domain.errors import InvalidValue
from freeseat.domain.queues import QueueVerb
from freeseat.domain.reasons import Reason
from freeseat.domain.workplaces import Workplace
from freeseat.edge.web.context import go, now, source_of, web_of
from freeseat.edge.web.desk.entrance import AtDesk, Here, LinkOver
from freeseat.edge.web.rendering import render

router = APIRouter(include_in_schema=False)
Word = Annotated[str, Form(max_length=80)]
UseCase = Callable[[Transaction], object]


@router.post("/desk/{kind}/{which}/log-in")
async def log_in(request: Request, here: Here, user: Word, pin: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Somebody types extension and PIN; wrong ones count for the browser's address (R2.15)."""
    desk = here.desk
    if not isinstance(desk, Workplace):
        raise LinkOver("log in at the phone")
    web_of(request).rates.sign_in.take(f"pin {source_of(request)} {desk.id}")
    return await _done(request, here, lambda tx: log_in_at(tx, desk, user.strip(), pin, here.actor, now()))


@router.post("/desk/{kind}/{which}/log-out")
async def log_out(request: Request, here: Here, user: Word) -> Response:
    """The occupant leaves."""
    return await _done(request, here, lambda tx: log_out_at(tx, here.desk, user, here.actor, now()))


@router.post("/desk/{kind}/{which}/attend")
async def attend(
    request: Request, here: Here, user: Word, verb: Annotated[QueueVerb, Form()], number: Word = ""
) -> Response:
    """Log in to a queue or out of it; without a number all of them."""
    return await _done(request, here, lambda tx: take_part_at(tx, here.desk, user, verb, number, here.actor, now()))


@router.post("/desk/{kind}/{which}/pause")
async def pause(request: Request, here: Here, user: Word, reason: Word = "", number: Word = "") -> Response:
    """Pause with a reason, at a queue or at all."""
    return await _done(request, here, lambda tx: pause_at(tx, here.desk, user, reason, number, here.actor, now()))


@router.post("/desk/{kind}/{which}/ready")
async def ready(request: Request, here: Here, user: Word, number: Word = "") -> Response:
    """End a pause and the wrap-up."""
    return await _done(request, here, lambda tx: pause_at(tx, here.desk, user, None, number, here.actor, now()))


@router.post("/desk/{kind}/{which}/dial")
async def dial(request: Request, here: Here, user: Word, number: Word) -> Response:
    """Click to dial: the phone is asked to."""
    return await _done(request, here, lambda tx: wish_to_dial(tx, here.desk, user, number, here.actor, now()))


@router.post("/desk/{kind}/{which}/answer")
async def answer(request: Request, here: Here, user: Word, call_id: Annotated[str, Form()] = "") -> Response:
    """The call that rings."""
    return await _done(request, here, lambda tx: wish_to_answer(tx, here.desk, user, call_id, here.actor, now()))


@router.post("/desk/{kind}/{which}/hang-up")
async def hang_up(request: Request, here: Here, user: Word, call_id: Annotated[str, Form()] = "") -> Response:
    """End the call, or refuse the one that rings."""
    return await _done(request, here, lambda tx: wish_to_hang_up(tx, here.desk, user, call_id, here.actor, now()))


async def _done(request: Request, here: AtDesk, use_case: UseCase) -> Response:
    """Nothing is said of what was done: the page shows it. A refusal is told, as everywhere (R2.15)."""
    fault = ""
    try:
        done = await web_of(request).write(use_case)
        if isinstance(done, Refusal):
            fault = told(done)
    except InvalidValue as error:
        fault = str(error)
    if request.headers.get("hx-request") == "true":
        return HTMLResponse(render("desk/parts/told.html", here.viewer, {"fault": fault}) if fault else "")
    answer: RedirectResponse = go(here.credential.base, fault, "busy")
    return answer


def told(refusal: Refusal) -> str:
    """What somebody is told who was refused: nothing that he has not proved."""
    return refusal.reason.text if refusal.reason.proved else Reason.WRONG_CREDENTIALS.text
