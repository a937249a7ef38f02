"""Offers of waiting callers to members: made, answered, missed, withdrawn (R5.8). The database decides who wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.application.queues.ports import MemberState, OfferEnd, OfferRow, Outcome, QueueCall, WaitState
from freeseat.domain.actors import Actor
from freeseat.domain.distribution import ReadyMember, distribute
from freeseat.domain.events import Event, Kind
from freeseat.domain.queues import Attendance, Queue, Readiness, Strategy, readiness


@dataclass(frozen=True, slots=True)
class OfferMade:
    """An offer to be carried out: ring this user for this caller."""

    offer: OfferRow
    call: QueueCall
    user: str


REST_SECONDS = {OfferEnd.MISSED: 5, OfferEnd.REFUSED: 5, OfferEnd.UNREACHABLE: 15}
"""How long a member is left in peace after an offer that came to nothing."""


def make_offers(tx: Transaction, queue: Queue, now: datetime, owner: str | None = None) -> list[OfferMade]:
    """Offer waiting callers to ready members by the queue's strategy; gives the offers that are new.

    With `owner` only callers of that voice process: only it can carry out offers of them.
    """
    return offer_to_ready(tx, queue, [call_id for call_id, _at in tx.waiting.entered(queue.id, owner)], now)


def offer_to_ready(tx: Transaction, queue: Queue, waiting: list[int], now: datetime) -> list[OfferMade]:
    """`make_offers` for these waiting callers, first come first."""
    if not waiting:
        return []
    states = tx.queue_states.of_queue(queue)
    ready = [_ready(state) for state in states if state_of(state, now) is Readiness.READY]
    if not ready:
        return []
    offered = {offer.queue_call_id for offer in tx.waiting.offered(queue.id)}
    open_calls = _open_calls(queue, waiting, offered)
    numbers = {state.member.user_id: state.user for state in states}
    made = []
    for each in distribute(queue.strategy, open_calls, ready, tx.waiting.declined(queue.id)):
        call = tx.queue_calls.get(id=each.call_id)
        assert call is not None, "it was read in this transaction"
        made += [_make(tx, queue, call, user_id, numbers[user_id], now) for user_id in each.user_ids]
    return made


def _open_calls(queue: Queue, waiting: list[int], offered: set[int]) -> list[int]:
    """Callers that may be offered: those nobody is rung for; under *ring all* the first, to all who get ready."""
    if queue.strategy is Strategy.RING_ALL:
        return waiting[:1]
    return [call_id for call_id in waiting if call_id not in offered]


def state_of(state: MemberState, now: datetime) -> Readiness:
    """A member's readiness now."""
    return readiness(
        state.attendance,
        at_desk=state.at_desk,
        reachable=state.reachable,
        on_call=state.on_call,
        offered=state.offered,
        now=now,
    )


def _ready(state: MemberState) -> ReadyMember:
    assert state.attendance is not None, "who is ready is logged in"
    return ReadyMember(state.member.user_id, state.member.priority, state.attendance)


def _make(tx: Transaction, queue: Queue, call: QueueCall, user_id: int, user: str, now: datetime) -> OfferMade:
    offer = tx.offers.add(OfferRow(0, call.id, queue.id, user_id, now))
    attendance = _attendance(tx, queue.id, user_id)
    tx.attendances.update(attendance.offered(now))
    data = {"queue": queue.number, "call": call.id, "offer": offer.id}
    tx.events.append(Event(now, Kind.QUEUE_CALL_OFFERED, Actor.system(), user, data=data))
    return OfferMade(offer, call, user)


def offer_answered(tx: Transaction, offer_id: int, now: datetime) -> QueueCall | None:
    """A member has answered. Gives the call if he has won it; None if the caller is gone or another was quicker.

    All other offers of that caller end in the same transaction, so that nobody is given twice.
    """
    offer = tx.offers.get(id=offer_id)
    call = tx.queue_calls.get(id=offer.queue_call_id) if offer is not None and offer.ended_at is None else None
    if offer is None or call is None or call.state is not WaitState.WAITING:
        return None
    queue, user = tx.queues.get(id=offer.queue_id), tx.users.get(id=offer.user_id)
    if queue is None or user is None:
        return None
    answered = replace(call, state=WaitState.ANSWERED, user_id=user.id, answered_at=now)
    tx.queue_calls.update(answered)
    tx.offers.update(replace(offer, ended_at=now, end=OfferEnd.ANSWERED))
    withdraw([other for other in tx.waiting.offered(queue.id) if other.queue_call_id == call.id], tx, now)
    tx.attendances.update(_attendance(tx, queue.id, user.id).answering())
    waited = (now - call.entered_at).total_seconds()
    data = {"queue": queue.number, "call": call.id, "offer": offer.id, "waited": round(waited, 3)}
    tx.events.append(Event(now, Kind.QUEUE_CALL_ANSWERED, Actor.system(), user.number, data=data))
    return answered


def offer_failed(tx: Transaction, offer_id: int, end: OfferEnd, now: datetime) -> None:
    """An offer came to nothing: missed and refused count, unreachable and withdrawn do not; nobody is just dropped."""
    offer = tx.offers.get(id=offer_id)
    if offer is None or offer.ended_at is not None:
        return
    tx.offers.update(replace(offer, ended_at=now, end=end))
    queue, user = tx.queues.get(id=offer.queue_id), tx.users.get(id=offer.user_id)
    attendance = tx.attendances.get(queue_id=offer.queue_id, user_id=offer.user_id)
    if queue is None or user is None or attendance is None or end is OfferEnd.WITHDRAWN:
        return
    counted = end in (OfferEnd.MISSED, OfferEnd.REFUSED) and attendance.logged_in
    after = attendance.missing(queue, now) if counted else attendance
    if after.logged_in:
        after = after.resting(now, REST_SECONDS[end])
    tx.attendances.update(after)
    data = {"queue": queue.number, "call": offer.queue_call_id, "offer": offer.id, "end": end, "misses": after.misses}
    tx.events.append(Event(now, Kind.QUEUE_CALL_MISSED, Actor.system(), user.number, data=data))
    if after.paused_at is not None and attendance.paused_at is None:
        paused = {"queue": queue.number, "reason": after.pause_reason}
        tx.events.append(Event(now, Kind.QUEUE_PAUSED, Actor.system(), user.number, data=paused))


def put_back(tx: Transaction, call_id: int, now: datetime) -> None:
    """A member answered but caller and he could not be joined: the caller waits again, at his old place."""
    call = tx.queue_calls.get(id=call_id)
    if call is None or call.state is not WaitState.ANSWERED or call.ended_at is not None or call.user_id is None:
        return
    attendance = tx.attendances.get(queue_id=call.queue_id, user_id=call.user_id)
    if attendance is not None and attendance.logged_in:
        tx.attendances.update(attendance.resting(now, REST_SECONDS[OfferEnd.UNREACHABLE]))
    tx.queue_calls.update(replace(call, state=WaitState.WAITING, user_id=None, answered_at=None))
    queue, user = tx.queues.get(id=call.queue_id), tx.users.get(id=call.user_id)
    data = {"queue": queue.number if queue else "", "call": call.id, "end": OfferEnd.UNREACHABLE, "misses": 0}
    missed = Event(now, Kind.QUEUE_CALL_MISSED, Actor.system(), user.number if user else "", data=data)
    tx.events.append(missed)


def withdraw_offers(tx: Transaction, user_id: int, now: datetime, *, queue_id: int | None = None) -> int:
    """A member has left: what he is being offered goes on to others; gives how many offers that were."""
    found = tx.offers.list(user_id=user_id, ended_at=None)
    return withdraw([offer for offer in found if queue_id in (None, offer.queue_id)], tx, now)


def withdraw(offers: Sequence[OfferRow], tx: Transaction, now: datetime) -> int:
    """End offers that nobody is to answer any more; gives how many."""
    for offer in offers:
        tx.offers.update(replace(offer, ended_at=now, end=OfferEnd.WITHDRAWN))
    return len(offers)


def end_call(
    tx: Transaction, call_id: int, outcome: Outcome, now: datetime, *, carried: bool = False
) -> QueueCall | None:
    """A caller's call is over for the queue, whatever became of it; None if it was over before.

    Members start their wrap-up. `carried`: the caller is with somebody else now, and voice goes on carrying his call.
    Who hangs up in the moment in which somebody answers him was answered, for the answer was written down first.
    """
    call = tx.queue_calls.get(id=call_id)
    if call is None or call.ended_at is not None:
        return None
    if outcome is Outcome.ABANDONED and call.state is WaitState.ANSWERED:
        outcome = Outcome.ANSWERED
    ended = replace(call, state=WaitState.ENDED, ended_at=now, outcome=outcome, leg=call.leg if carried else "")
    tx.queue_calls.update(ended)
    withdraw([offer for offer in tx.waiting.offered(call.queue_id) if offer.queue_call_id == call.id], tx, now)
    queue = tx.queues.get(id=call.queue_id)
    user = tx.users.get(id=call.user_id) if call.user_id is not None else None
    if queue is not None and user is not None:
        _wrap_up(tx, queue, user.id, now)
    data = {"queue": queue.number if queue else "", "call": call.id, "outcome": outcome}
    tx.events.append(Event(now, Kind.QUEUE_CALL_ENDED, Actor.system(), user.number if user else "", data=data))
    return ended


def _wrap_up(tx: Transaction, queue: Queue, user_id: int, now: datetime) -> None:
    """After a call a member is idle, or wrapping up, at all his queues."""
    for attendance in tx.attendances.list(user_id=user_id):
        tx.attendances.update(attendance.call_over(now, queue.wrap_up_seconds))


def _attendance(tx: Transaction, queue_id: int, user_id: int) -> Attendance:
    found = tx.attendances.get(queue_id=queue_id, user_id=user_id)
    assert found is not None, "who is offered a call has logged in"
    return found
