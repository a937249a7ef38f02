"""What the page of a workplace shows: its phone's occupant, his queues, his call (R6.1, R6.2). Blank without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from freeseat.application.ports import CallRecord, Transaction
from freeseat.application.queues.attendance import queues_of
from freeseat.application.queues.ports import QueueCall, WaitState
from freeseat.application.queues.status import MemberSeen, QueueSeen, queue_seen
from freeseat.application.workplaces.place import Place, occupant_at, place_of
from freeseat.domain.call_wishes import CallWish
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import User
from freeseat.domain.queues import Queue
from freeseat.domain.workplaces import Desk, Workplace

OFFER = "offer"
"""Kind of the record of a call by which a queue rings a member: the queue knows it sooner, and who really calls."""


@dataclass(frozen=True, slots=True)
class Occupant:
    """Who is at the desk; since when and how he logged in (None: the phone is his own); why he will be logged out."""

    user: User
    since: datetime | None
    method: Method | None
    pending: EndReason | None


@dataclass(frozen=True, slots=True)
class DeskQueue:
    """A queue of the occupant: waiting callers and colleagues in `seen`, himself in `own`."""

    seen: QueueSeen
    own: MemberSeen


@dataclass(frozen=True, slots=True)
class CallSeen:
    """The call at the desk: who is at the other end; `call_id` is empty where it is not known yet.

    `queue` is the number of the queue it came through, `since` when it began, `answered_at` None while it rings.
    """

    number: str
    name: str
    since: datetime
    outgoing: bool
    answered_at: datetime | None
    queue: str
    call_id: str


@dataclass(frozen=True, slots=True)
class DeskSeen:
    """A workplace at one moment. Without an occupant its page is blank and has no keys for calls.

    `wish` is the newest wish of the page that is not done.
    """

    workplace: Workplace
    place: Place | None
    occupant: Occupant | None
    queues: tuple[DeskQueue, ...] = ()
    call: CallSeen | None = None
    wish: CallWish | None = None


def desk_seen(tx: Transaction, workplace: Workplace, now: datetime) -> DeskSeen:
    """What a workplace's page shows now."""
    place = place_of(tx, workplace)
    user = occupant_at(tx, place) if place is not None else None
    if place is None or user is None:
        return DeskSeen(workplace, place, None)
    login = place.login
    occupant = (
        Occupant(user, login.started_at, login.method, login.pending)
        if login is not None
        else Occupant(user, None, None, None)
    )
    queues = tuple(_queue(tx, queue, user, now) for queue in shown_queues(tx, workplace, user))
    wishes = tx.wishes.list(phone=place.aor, done_at=None)
    return DeskSeen(
        workplace,
        place,
        occupant,
        tuple(queue for queue in queues if queue is not None),
        call_at(tx, place, user),
        wishes[-1] if wishes else None,
    )


def shown_queues(tx: Transaction, workplace: Desk, user: User) -> list[Queue]:
    """The queues a workplace shows to its occupant: his own only, in the workplace's order if it names any."""
    own = queues_of(tx, user)
    if not workplace.queues:
        return own
    by_number = {queue.number: queue for queue in own}
    return [by_number[number] for number in workplace.queues if number in by_number]


def call_at(tx: Transaction, place: Place, user: User) -> CallSeen | None:
    """The call of the occupant of a place: one that is answered before one that rings, then the newest."""
    calls = [*_queue_calls(tx, place, user), *_plain_calls(tx, place, user)]
    return max(calls, key=lambda call: (call.answered_at is not None, call.since), default=None)


def _queue(tx: Transaction, queue: Queue, user: User, now: datetime) -> DeskQueue | None:
    seen = queue_seen(tx, queue, now)
    own = next((member for member in seen.members if member.user == user.number), None)
    return DeskQueue(seen, own) if own is not None else None


def _queue_calls(tx: Transaction, place: Place, user: User) -> Iterable[CallSeen]:
    records = [each for each in _open_at(tx, place, user) if each.kind == OFFER]
    call_id = records[-1].call_id if records else ""
    for call in tx.queue_calls.list(user_id=user.id, ended_at=None):
        if call.state is WaitState.ANSWERED:
            yield _of_queue(tx, call, call.answered_at or call.entered_at, call_id, answered=True)
    for offer in tx.offers.list(user_id=user.id, ended_at=None):
        offered = tx.queue_calls.get(id=offer.queue_call_id)
        if offered is not None:
            yield _of_queue(tx, offered, offer.at, call_id, answered=False)


def _of_queue(tx: Transaction, call: QueueCall, since: datetime, call_id: str, *, answered: bool) -> CallSeen:
    queue = tx.queues.get(id=call.queue_id)
    name = call.caller_name or _name_of(tx, call.caller)
    return CallSeen(
        call.caller, name, since, False, since if answered else None, queue.number if queue else "", call_id
    )


def _plain_calls(tx: Transaction, place: Place, user: User) -> Iterable[CallSeen]:
    for call in _open_at(tx, place, user):
        if call.kind == OFFER:
            continue
        outgoing = call.caller_phone == place.aor
        number = call.dialled or call.called if outgoing else call.caller or call.caller_phone
        answered = _time(call.answered_at) if call.answered_at is not None else None
        yield CallSeen(
            number, _name_of(tx, number), _time(call.started_at), outgoing, answered, call.queue, call.call_id
        )


def _open_at(tx: Transaction, place: Place, user: User) -> list[CallRecord]:
    """The open calls from the place, answered there, or still ringing for its occupant or phone."""
    found = [
        *tx.calls.list(caller_phone=place.aor, ended_at=None),
        *tx.calls.list(called_phone=place.aor, ended_at=None),
    ]
    for number in {user.number, place.aor}:
        found += [call for call in tx.calls.list(called=number, ended_at=None) if call.answered_at is None]
    return sorted({call.id: call for call in found}.values(), key=lambda call: call.started_at)


def _name_of(tx: Transaction, number: str) -> str:
    person = tx.users.get(number=number) if number else None
    return person.name if person is not None else ""


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
