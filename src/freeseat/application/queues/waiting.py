"""Callers of queues: entering, waiting, leaving for elsewhere (R5.8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.queues.offers import end_call, state_of
from freeseat.application.queues.ports import Outcome, QueueCall, WaitState
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
class Standing:
    """How a waiting caller stands: his position (1 = next) and the estimated wait in seconds, None if unknown."""

    position: int
    estimated_seconds: float | None


def enter(tx: Transaction, queue: Queue, caller: Caller, now: datetime) -> QueueCall | Sent:
    """A caller enters a queue. A full queue, or one without agents that says so, sends him elsewhere at once."""
    waiting = tx.waiting.of_queue(queue.id)
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


def due(tx: Transaction, queue: Queue, now: datetime) -> list[Sent]:
    """Callers who have waited long enough, or whom nobody is left to serve, go elsewhere."""
    waiting = tx.waiting.of_queue(queue.id)
    if not waiting:
        return []
    if queue.no_agents_to and not staffed(tx, queue, now):
        return [_send(tx, call, queue.no_agents_to, Outcome.NO_AGENTS, now) for call in waiting]
    if queue.max_wait_seconds is None:
        return []
    before = now - timedelta(seconds=queue.max_wait_seconds)
    late = [call for call in waiting if call.entered_at <= before]
    return [_send(tx, call, queue.overflow_to or "reject", Outcome.MAX_WAIT, now) for call in late]


def standing(tx: Transaction, queue: Queue, call_id: int, now: datetime) -> Standing | None:
    """How a caller stands; None if he waits no more."""
    waiting = [call.id for call in tx.waiting.of_queue(queue.id)]
    if call_id not in waiting:
        return None
    ahead = waiting.index(call_id)
    length = tx.waiting.mean_call_seconds(queue.id, _CALLS_REMEMBERED) or _CALL_SECONDS_GUESSED
    return Standing(ahead + 1, estimated_wait(ahead, serving(tx, queue, now), length + queue.wrap_up_seconds))


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
    if call is not None and call.ended_at is None:
        tx.queue_calls.update(replace(call, leg=leg))


def left_over(tx: Transaction, node: str) -> list[QueueCall]:
    """The calls of a node that are not over: what a voice process finds when it starts again."""
    found = [
        tx.queue_calls.list(node=node, state=state, ended_at=None) for state in (WaitState.WAITING, WaitState.ANSWERED)
    ]
    return sorted((call for calls in found for call in calls), key=lambda call: call.id)


def _send(tx: Transaction, call: QueueCall, destination: str, outcome: Outcome, now: datetime) -> Sent:
    ended = end_call(tx, call.id, outcome, now)
    return Sent(ended or call, destination, outcome)


_SERVING = frozenset({Readiness.READY, Readiness.ON_CALL, Readiness.OFFERED, Readiness.WRAP_UP})
