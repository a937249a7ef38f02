"""How queues stand: who waits, and each member's three separate states (R5.6). A few statements a queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.offers import state_of
from freeseat.application.queues.ports import MemberState, OfferRow, QueueCall
from freeseat.domain.queues import UNREG_WARNING, Queue, Readiness


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """A member as a supervisor sees him: registered, queue-logged-in and ready are three different states (R5.6).

    `readiness` says why he is not ready. `since` is the time of his queue login, `paused_since` of his pause;
    `priority` 1 is offered first, `misses` are unanswered offers in a row, `answered` his calls so far.
    """

    user: str
    name: str
    priority: int
    registered: bool
    logged_in: bool
    readiness: Readiness
    since: datetime | None
    paused_since: datetime | None
    pause_reason: str
    wrap_up_until: datetime | None
    misses: int
    answered: int

    @property
    def ready(self) -> bool:
        """Whether he is offered the next caller."""
        return self.readiness is Readiness.READY

    @property
    def unregistered(self) -> bool:
        """Whether he was left in the queue although he cannot be reached."""
        return self.readiness in UNREG_WARNING


@dataclass(frozen=True, slots=True)
class CallerSeen:
    """A waiting caller: position 1 is next; `waits` in seconds; `offered_to` are the users who are being rung."""

    position: int
    number: str
    name: str
    since: datetime
    waits: float
    offered_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """A queue at one moment: waiting callers, next first, and members by number."""

    queue: Queue
    waiting: tuple[CallerSeen, ...]
    members: tuple[MemberSeen, ...]

    @property
    def longest_wait(self) -> float:
        """Seconds that the longest waiting caller has waited; 0 if nobody waits."""
        return max((caller.waits for caller in self.waiting), default=0.0)

    @property
    def counts(self) -> dict[Readiness, int]:
        """How many members are in each state, every state named."""
        counted = Counter(member.readiness for member in self.members)
        return {each: counted[each] for each in Readiness}

    @property
    def logged_in(self) -> int:
        """How many members are queue-logged-in, whether or not they can be reached."""
        return sum(member.logged_in for member in self.members)

    @property
    def ready(self) -> int:
        """How many are ready."""
        return self.counts[Readiness.READY]

    @property
    def unregistered(self) -> tuple[MemberSeen, ...]:
        """Who is queue-logged-in but cannot be reached: counted apart from ready (R5.6)."""
        return tuple(member for member in self.members if member.unregistered)

    @property
    def warns(self) -> bool:
        """Whether that is to be warned of: *no unreg warning* silences it, the table shows it all the same."""
        return bool(self.unregistered) and not self.queue.no_unreg_warning


def queue_seen(tx: Transaction, queue: Queue, now: datetime, *, logged_in: bool = False) -> QueueSeen:
    """How a queue stands now; with `logged_in` only those members are told who are, which is less to ask."""
    states = tx.queue_states.of_queue(queue, logged_in=logged_in)
    members = tuple(_member(state, now) for state in states)
    numbers = {state.member.user_id: state.user for state in states}
    offers = tx.waiting.offered(queue.id)
    waiting = tuple(
        _caller(position, call, offers, numbers, now)
        for position, call in enumerate(tx.waiting.of_queue(queue.id), start=1)
    )
    return QueueSeen(queue, waiting, members)


def member_seen(tx: Transaction, queue: Queue, user: str, now: datetime) -> MemberSeen | None:
    """How one member (a number) stands at a queue; None for who is no member."""
    return next((_member(state, now) for state in tx.queue_states.of_queue(queue, user=user)), None)


def queues_seen(tx: Transaction, numbers: Sequence[str], now: datetime) -> list[QueueSeen]:
    """These queues, or without a number all of them, by number. Raises NotFound."""
    queues = [queue_of(tx, number) for number in numbers] or tx.queues.list()
    return [queue_seen(tx, queue, now) for queue in sorted(queues, key=lambda queue: queue.number)]


def _member(state: MemberState, now: datetime) -> MemberSeen:
    attendance = state.attendance
    return MemberSeen(
        user=state.user,
        name=state.name,
        priority=state.member.priority,
        registered=state.reachable,
        logged_in=attendance is not None and attendance.logged_in,
        readiness=state_of(state, now),
        since=attendance.logged_in_at if attendance else None,
        paused_since=attendance.paused_at if attendance else None,
        pause_reason=attendance.pause_reason if attendance else "",
        wrap_up_until=attendance.wrap_up_until if attendance else None,
        misses=attendance.misses if attendance else 0,
        answered=attendance.answered if attendance else 0,
    )


def _caller(
    position: int, call: QueueCall, offers: Sequence[OfferRow], numbers: dict[int, str], now: datetime
) -> CallerSeen:
    rung = tuple(numbers.get(each.user_id, "?") for each in offers if each.queue_call_id == call.id)
    waits = max(0.0, (now - call.entered_at).total_seconds())
    return CallerSeen(position, call.caller, call.caller_name, call.entered_at, waits, rung)
