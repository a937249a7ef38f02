"""Who is offered the next waiting caller (R5.8): strategies as pure choices over ready members."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from freeseat.domain.queues import Attendance, Strategy

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReadyMember:
    """A member that may be offered a call: his user id, priority, and attendance."""

    user_id: int
    priority: int
    attendance: Attendance


Order = Callable[[ReadyMember], tuple[object, ...]]


def _turn(member: ReadyMember) -> tuple[object, ...]:
    """Who was offered a call longest ago comes first; ties by user id, so that the order is the same everywhere."""
    return (member.attendance.last_offered_at or _NEVER, member.user_id)


def _idle(member: ReadyMember) -> tuple[object, ...]:
    """Who has been idle longest: since the last queue call, or the queue login."""
    attendance = member.attendance
    since = max(attendance.last_call_at or _NEVER, attendance.logged_in_at or _NEVER)
    return (since, *_turn(member))


def _calls(member: ReadyMember) -> tuple[object, ...]:
    return (member.attendance.answered, *_idle(member))


def _priority(member: ReadyMember) -> tuple[object, ...]:
    return (member.priority, *_idle(member))


_ORDERS: dict[Strategy, Order] = {
    Strategy.RING_ALL: _turn,
    Strategy.ROUND_ROBIN: _turn,
    Strategy.LONGEST_IDLE: _idle,
    Strategy.FEWEST_CALLS: _calls,
    Strategy.PRIORITY: _priority,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One caller, offered to one member, or under *ring all* to several at once."""

    call_id: int
    user_ids: tuple[int, ...]


def distribute(
    strategy: Strategy,
    waiting: Sequence[int],
    ready: Sequence[ReadyMember],
    declined: Mapping[int, Mapping[int, int]] | None = None,
) -> list[Offer]:
    """Offers for now: waiting callers (oldest first, not being offered) to ready members, each member at most once.

    `declined` counts for a caller how often each member did not answer him; of those who are ready, the ones who did so
    least come first, so that offers go round. Under *ring all* the oldest caller rings everybody who is ready.
    """
    order = _ORDERS[strategy]
    free = sorted(ready, key=order)
    offers: list[Offer] = []
    for call_id in waiting:
        if not free:
            break
        chosen = free if strategy is Strategy.RING_ALL else [_first(free, (declined or {}).get(call_id, {}))]
        offers.append(Offer(call_id, tuple(member.user_id for member in chosen)))
        free = [member for member in free if member not in chosen]
    return offers


def _first(free: Sequence[ReadyMember], missed: Mapping[int, int]) -> ReadyMember:
    """Of those who are ready, in order, the first of those who missed a caller least often."""
    return min(free, key=lambda member: missed.get(member.user_id, 0))


def estimated_wait(ahead: int, serving: int, mean_call_seconds: float) -> float | None:
    """Seconds a caller with so many ahead of him may wait, with so many members serving; None if nobody serves."""
    if serving < 1:
        return None
    return (ahead + 1) * mean_call_seconds / serving
