"""What lamps have to be told from the database: the facts behind each, and which of them an event may change.

Calls are not among the facts: they are seen sooner than the database is told of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from freeseat.application.callers import caller_at
from freeseat.application.ports import Binding, Transaction
from freeseat.application.queues.attendance import places_of, queues_of, reachable
from freeseat.domain.directory import Function, User
from freeseat.domain.events import Event, Kind
from freeseat.domain.lamps import Lamp, LiveCall, LoggedOutLamp, Package, QueueState, Seat, is_lit, queue_state
from freeseat.domain.mailbox import Mailbox
from freeseat.domain.queues import Attendance, Queue, QueueVerb, code_pair, queue_codes

_EVERYTHING = frozenset(
    {
        Kind.POLICY_CHANGED,
        Kind.CODE_CHANGED,
        Kind.QUEUE_ADDED,
        Kind.QUEUE_CHANGED,
        Kind.QUEUE_DELETED,
    }
)


@dataclass(frozen=True, slots=True)
class QueueKey:
    """A queue key at a phone: what it says, whether it is lit, and whose calls and logins may change that."""

    state: QueueState
    lit: bool
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages that wait for the person at a phone."""

    person: str
    mailbox: Mailbox
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Registrations:
    """The bindings of an AoR."""

    bindings: tuple[Binding, ...]
    numbers: frozenset[str]


Facts = Seat | QueueKey | Messages | Registrations


@dataclass(frozen=True, slots=True)
class LampFacts:
    """The facts of some lamps as things stand, and how plain phones show who is logged out."""

    facts: Mapping[Lamp, Facts]
    logged_out: LoggedOutLamp


def lamp_facts(tx: Transaction, lamps: Iterable[Lamp]) -> LampFacts:
    """The facts behind these lamps, all from one moment."""
    codes = _Codes(tx)
    facts = {lamp: _facts(tx, lamp, codes) for lamp in lamps}
    return LampFacts(facts, tx.policy().logged_out_lamp)


def touched_after(tx: Transaction, position: int, limit: int) -> tuple[int, frozenset[str] | None]:
    """The position after the next events, at most `limit`; and the numbers they touch, None = any."""
    events = tx.events.after(position, limit)
    if not events:
        return position, frozenset()
    last = events[-1].position
    if any(event.kind in _EVERYTHING for event in events):
        return last, None
    return last, frozenset(number for event in events for number in _numbers(event)) - {""}


def open_calls(tx: Transaction, node: str) -> list[LiveCall]:
    """The calls of a node that are under way, as far as the database has been told."""
    return [
        LiveCall(
            call.call_id,
            call.started_at,
            call.caller,
            call.caller_phone,
            call.called,
            call.called_phone,
            call.answered_at is not None,
        )
        for call in tx.calls.list(node=node, ended_at=None)
    ]


def _numbers(event: Event) -> set[str]:
    """The numbers an event is about; who is seen through another number is found by the facts known so far."""
    numbers = {event.user, event.phone, str(event.data.get("place", "")), str(event.data.get("was", ""))}
    owners = event.data.get("owners")
    return numbers | {str(each) for each in owners} if isinstance(owners, list) else numbers


class _Codes:
    """What the codes of queues mean, read only once and only if it is asked for. A None queue means all."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    @cached_property
    def meaning(self) -> dict[str, tuple[QueueVerb, Queue | None]]:
        """Verb and queue of each code."""
        tx = self._tx
        found: dict[str, tuple[QueueVerb, Queue | None]] = {}
        for queue in tx.queues.list():
            found |= {code: (verb, queue) for code, verb in queue_codes(queue).items()}
        for each in tx.codes.list():
            if each.function is Function.QUEUES:
                pair = code_pair(each.code, reversed_digits=tx.policy().queues_reversed_digits)
                found |= {code: (verb, None) for code, verb in pair.items()}
        return found


def _facts(tx: Transaction, lamp: Lamp, codes: _Codes) -> Facts:
    if lamp.package == Package.MESSAGES:
        return _messages(tx, lamp.number)
    if lamp.package == Package.REGISTRATION:
        return Registrations(tuple(tx.bindings.list(aor=lamp.number)), frozenset({lamp.number}))
    return _queue_key(tx, lamp, codes) if lamp.code else _seat(tx, lamp.number)


def _seat(tx: Transaction, number: str) -> Seat:
    phone = tx.phones.get(number=number)
    if phone is not None:
        person = _person_at(tx, number)
        people = (person.number,) if person else ()
        return Seat((number,), people, logged_in=person is not None, is_user=False)
    user = tx.users.get(number=number)
    places = tuple(dict.fromkeys(places_of(tx, user))) if user is not None else ()
    return Seat(places, (number,), logged_in=bool(places), is_user=True)


def _person_at(tx: Transaction, aor: str) -> User | None:
    caller = caller_at(tx, aor)
    return caller.user if caller is not None else None


def _messages(tx: Transaction, number: str) -> Messages:
    person = _person_at(tx, number)
    if person is None:
        return Messages("", Mailbox(0, 0), frozenset({number}))
    box = tx.mailboxes.get(user_id=person.id) or Mailbox(0, person.id)
    return Messages(person.number, box, frozenset({number, person.number}))


def _queue_key(tx: Transaction, lamp: Lamp, codes: _Codes) -> QueueKey:
    person = _person_at(tx, lamp.number)
    verb, queue = codes.meaning.get(lamp.code, (QueueVerb.TOGGLE, None))
    if person is None or lamp.code not in codes.meaning:
        return QueueKey(QueueState.NOBODY, lit=False, numbers=frozenset({lamp.number}))
    queues = [each for each in queues_of(tx, person) if queue is None or each.id == queue.id]
    is_reachable = reachable(tx, person)
    states = [_state(tx.attendances.get(queue_id=each.id, user_id=person.id), is_reachable) for each in queues]
    shown = queue_state(states)
    return QueueKey(shown, is_lit(verb, shown), frozenset({lamp.number, person.number, *places_of(tx, person)}))


def _state(attendance: Attendance | None, is_reachable: bool) -> QueueState:
    if attendance is None or not attendance.logged_in:
        return QueueState.LOGGED_OUT
    if not is_reachable:
        return QueueState.UNREGISTERED
    return QueueState.PAUSED if attendance.paused_at is not None else QueueState.LOGGED_IN
