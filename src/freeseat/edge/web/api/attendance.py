"""Queue login, queue logout and pause of members, on their behalf (R5.4, R5.7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import Response
from pydantic import Field

from freeseat.application.accounts.principal import Principal
from freeseat.application.directory.spheres import user_within
from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.queues.attendance import ask_to_pause, ask_to_take_part, queue_of, queues_of
from freeseat.domain.directory import User as Person
from freeseat.domain.permissions import Permission
from freeseat.domain.queues import Queue, QueueVerb
from freeseat.edge.web.api.bodies import Body
from freeseat.edge.web.api.resource import Caller, Number, Parts, Resource, User
from freeseat.edge.web.context import Web, now
from freeseat.edge.web.problems import of_refusal

attendance = Resource("attendance", "Queue login, queue logout and pause of members, on their behalf (R5.4, R5.7).")


class Pause(Body):
    """Why somebody pauses."""

    reason: str = Field("", description="In words.", examples=["lunch"])


class Attended(Body):
    """What a wish came to."""

    user: str = Field(description="Who, by number.")
    queues: list[str] = Field(
        description="At which queues: all that were meant; for pauses those where it changed something."
    )


Act = Callable[[Transaction, Person, str], Sequence[Queue] | Refusal]


@attendance.post("/queues/{number}/members/{user}/login", Permission.QUEUES_WRITE, response_model=Attended)
async def log_member_in(caller: Caller, web: Parts, number: Number, user: User) -> Attended | Response:
    """Log a member in to a queue: from now on he takes its calls, wherever he sits."""
    return await _at_one(caller, web, number, user, _taking_part(caller, QueueVerb.LOG_IN))


@attendance.post("/queues/{number}/members/{user}/logout", Permission.QUEUES_WRITE, response_model=Attended)
async def log_member_out(caller: Caller, web: Parts, number: Number, user: User) -> Attended | Response:
    """Log a member out of a queue; a call that is up goes on."""
    return await _at_one(caller, web, number, user, _taking_part(caller, QueueVerb.LOG_OUT))


@attendance.post("/queues/{number}/members/{user}/pause", Permission.QUEUES_WRITE, response_model=Attended)
async def pause_member(caller: Caller, web: Parts, number: Number, user: User, body: Pause) -> Attended | Response:
    """Pause a member where he is logged in: he stays so, but is offered no calls."""
    return await _at_one(caller, web, number, user, _pausing(caller, body.reason))


@attendance.post("/queues/{number}/members/{user}/resume", Permission.QUEUES_WRITE, response_model=Attended)
async def resume_member(caller: Caller, web: Parts, number: Number, user: User) -> Attended | Response:
    """End a member's pause and wrap-up."""
    return await _at_one(caller, web, number, user, _pausing(caller, None))


@attendance.post("/users/{number}/queues/login", Permission.QUEUES_WRITE, response_model=Attended)
async def log_in_to_queues(caller: Caller, web: Parts, number: Number) -> Attended | Response:
    """Log a user in to all his queues within the caller's sphere."""
    return await _at_all(caller, web, number, _taking_part(caller, QueueVerb.LOG_IN))


@attendance.post("/users/{number}/queues/logout", Permission.QUEUES_WRITE, response_model=Attended)
async def log_out_of_queues(caller: Caller, web: Parts, number: Number) -> Attended | Response:
    """Log a user out of all his queues within the caller's sphere."""
    return await _at_all(caller, web, number, _taking_part(caller, QueueVerb.LOG_OUT))


@attendance.post("/users/{number}/queues/pause", Permission.QUEUES_WRITE, response_model=Attended)
async def pause_at_queues(caller: Caller, web: Parts, number: Number, body: Pause) -> Attended | Response:
    """Pause a user at all queues within the caller's sphere where he is logged in."""
    return await _at_all(caller, web, number, _pausing(caller, body.reason))


@attendance.post("/users/{number}/queues/resume", Permission.QUEUES_WRITE, response_model=Attended)
async def resume_at_queues(caller: Caller, web: Parts, number: Number) -> Attended | Response:
    """End a user's pause and wrap-up at all queues within the caller's sphere."""
    return await _at_all(caller, web, number, _pausing(caller, None))


def _taking_part(caller: Principal, verb: QueueVerb) -> Act:
    def act(tx: Transaction, user: Person, queue: str) -> Sequence[Queue] | Refusal:
        done = ask_to_take_part(tx, user, verb, queue, caller.actor, now())
        return done if isinstance(done, Refusal) else done.queues

    return act


def _pausing(caller: Principal, reason: str | None) -> Act:
    def act(tx: Transaction, user: Person, queue: str) -> Sequence[Queue] | Refusal:
        done = ask_to_pause(tx, user, reason, queue, caller.actor, now())
        return done if isinstance(done, Refusal) else done.queues

    return act


async def _at_one(caller: Principal, web: Web, number: str, user: str, act: Act) -> Attended | Response:
    caller.require(Permission.QUEUES_WRITE, queue=number)

    def do(tx: Transaction) -> Sequence[Queue] | Refusal:
        return act(tx, user_of(tx, user), queue_of(tx, number).number)

    return _answer(user, await web.write(do))


async def _at_all(caller: Principal, web: Web, user: str, act: Act) -> Attended | Response:
    def do(tx: Transaction) -> Sequence[Queue] | Refusal:
        person = user_within(tx, user, caller.sphere)
        if caller.sphere.queues is None:
            return act(tx, person, "")
        changed: list[Queue] = []
        refused: Refusal | None = None
        for queue in queues_of(tx, person):
            if caller.sphere.covers_queue(queue.number):
                done = act(tx, person, queue.number)
                refused = done if isinstance(done, Refusal) else refused
                changed += [] if isinstance(done, Refusal) else done
        return refused if refused is not None and not changed else changed

    return _answer(user, await web.write(do))


def _answer(user: str, done: Sequence[Queue] | Refusal) -> Attended | Response:
    if isinstance(done, Refusal):
        return of_refusal(done, on_behalf=True)
    return Attended(user=user, queues=[each.number for each in done])
