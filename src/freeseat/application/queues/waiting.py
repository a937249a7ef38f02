"""Callers of queues: entering, waiting, leaving for elsewhere (R5.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.queues.offers import end_call, state_of, withdraw
from freeseat.application.queues.ports import Outcome, QueueCall
from freeseat.domain.actors import Actor
from freeseat.domain.distribution import estimated_wait
from freeseat.domain.events import Event, Kind
from freeseat.domain.queues import Queue, Readiness

_CALLS_REMEMBERED = 20
_CALL_SECONDS_GUESSED = 180.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a queue: number and name shown, node and SIP Call-ID of the leg, and what restores the leg."""

    number: str
    name: str
    node: str
    call_id: str
    leg: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A caller goes elsewhere: to a destination (announce:, number:, reject), for an outcome."""

    call: QueueCall
    destination: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LeftOver:
    """A call that a voice process carried when it ended: its queue, and the users it was ringing, by offer."""

    call: QueueCall
    queue: Queue
    rung: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a waiting caller stands: his position (1 = next) and the estimated wait in seconds, None if unknown."""

    position: int
    estimated_seconds: float | None


def enter(tx: Transaction, queue: Queue, caller: Caller, now: datetime) -> QueueCall | Sent:
    """A caller enters a queue. A full queue, or one without agents that says so, sends him elsewhere at once."""
    waiting = tx.waiting.entered(queue.id)
    call = tx.queue_calls.add(
        QueueCall(0, queue.id, caller.node, caller.call_id, caller.number, caller.name, now, leg=caller.leg)
    )
    if queue.max_length is not None and len(waiting) >= queue.max_length:
        return _send(tx, call, queue.overflow_to or "reject", Outcome.FULL, now)
    if queue.no_agents_to and not staffed(tx, queue, now):
        return _send(tx, call, queue.no_agents_to, Outcome.NO_AGENTS, now)
    data = {"queue": queue.number, "call": call.id, "caller": caller.number, "position": len(waiting) + 1}
    tx.events.append(Event(now, Kind.QUEUE_CALL_ENTERED, Actor.system(), data=data))
    return call


def due(tx: Transaction, queue: Queue, now: datetime, owner: str | None = None) -> list[Sent]:
    """Callers who have waited long enough, or whom nobody is left to serve, go elsewhere.

    With `owner` only callers of that voice process.
    """
    return due_of(tx, queue, tx.waiting.entered(queue.id, owner), now)


def due_of(tx: Transaction, queue: Queue, waiting: Sequence[tuple[int, datetime]], now: datetime) -> list[Sent]:
    """`due` for these waiting callers, first come first."""
    if not waiting:
        return []
    if queue.no_agents_to and not staffed(tx, queue, now):
        return _send_all(tx, waiting, queue.no_agents_to, Outcome.NO_AGENTS, now)
    if queue.max_wait_seconds is None:
        return []
    before = now - timedelta(seconds=queue.max_wait_seconds)
    late = [(call_id, at) for call_id, at in waiting if at <= before]
    return _send_all(tx, late, queue.overflow_to or "reject", Outcome.MAX_WAIT, now)


def standings(tx: Transaction, queue: Queue, now: datetime) -> dict[int, Standing]:
    """How the waiting callers stand, by the ids of their calls."""
    length = tx.waiting.mean_call_seconds(queue.id, _CALLS_REMEMBERED) or _CALL_SECONDS_GUESSED
    members = serving(tx, queue, now)
    return {
        call_id: Standing(ahead + 1, estimated_wait(ahead, members, length + queue.wrap_up_seconds))
        for ahead, (call_id, _at) in enumerate(tx.waiting.entered(queue.id))
    }


def serving(tx: Transaction, queue: Queue, now: datetime) -> int:
    """How many members take calls now or will when they have finished what they do."""
    return sum(state_of(state, now) in _SERVING for state in tx.queue_states.of_queue(queue))


def staffed(tx: Transaction, queue: Queue, now: datetime) -> bool:
    """Whether anybody is there who may take a call sooner or later; who is paused may come back."""
    return any(
        state_of(state, now) in _SERVING or state_of(state, now) is Readiness.PAUSED
        for state in tx.queue_states.of_queue(queue)
    )


def remember_leg(tx: Transaction, call_id: int, leg: str) -> None:
    """Keep what takes a call's legs up again after a restart of voice."""
    call = tx.queue_calls.get(id=call_id)
    if call is not None and (call.ended_at is None or call.leg):
        tx.queue_calls.update(replace(call, leg=leg))


def forget_leg(tx: Transaction, call_id: int) -> None:
    """The call of a caller who had left the queue for somebody else is over."""
    call = tx.queue_calls.get(id=call_id)
    if call is not None and call.leg and call.ended_at is not None:
        tx.queue_calls.update(replace(call, leg=""))


def left_over(tx: Transaction, owner: str, now: datetime) -> list[LeftOver]:
    """What a voice process carried when it ended without a word; its open offers are withdrawn, for nobody rings."""
    queues = {queue.id: queue for queue in tx.queues.list()}
    found = []
    for call in tx.waiting.carried(owner):
        offers = tx.offers.list(queue_call_id=call.id, ended_at=None)
        withdraw(offers, tx, now)
        users = [(offer.id, tx.users.get(id=offer.user_id)) for offer in offers]
        rung = tuple((offer_id, user.number) for offer_id, user in users if user is not None)
        found.append(LeftOver(call, queues[call.queue_id], rung))
    return found


def _send_all(
    tx: Transaction, calls: Sequence[tuple[int, datetime]], destination: str, outcome: Outcome, now: datetime
) -> list[Sent]:
    found = [tx.queue_calls.get(id=call_id) for call_id, _at in calls]
    return [_send(tx, call, destination, outcome, now) for call in found if call is not None]


def _send(tx: Transaction, call: QueueCall, destination: str, outcome: Outcome, now: datetime) -> Sent:
    ended = end_call(tx, call.id, outcome, now, carried=True)
    return Sent(ended or call, destination, outcome)


_SERVING = frozenset({Readiness.READY, Readiness.ON_CALL, Readiness.OFFERED, Readiness.WRAP_UP})
