"""What became of a queue's callers on one day, in half hours: for supervisors (R10.3 is about longer times)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.queues.ports import Outcome
from freeseat.application.reports.ports import CallSeen
from freeseat.domain.boards import day_began
from freeseat.domain.queues import Queue

_HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class HalfHour:
    """The callers who came in half an hour, by what became of them; `open` ones wait, `elsewhere` is overflow."""

    start: datetime
    answered: int
    abandoned: int
    elsewhere: int
    open: int

    @property
    def offered(self) -> int:
        """All of them."""
        return self.answered + self.abandoned + self.elsewhere + self.open


@dataclass(frozen=True, slots=True)
class QueueDay:
    """A day so far: its half hours up to now, and figures of the whole; waits in seconds, None before the first."""

    half_hours: tuple[HalfHour, ...]
    answered: int
    abandoned: int
    elsewhere: int
    mean_wait: float | None
    longest_wait: float | None

    @property
    def offered(self) -> int:
        """How many have come."""
        return sum(each.offered for each in self.half_hours)

    @property
    def share_answered(self) -> float | None:
        """In percent of those whose wait is over."""
        over = self.answered + self.abandoned + self.elsewhere
        return 100 * self.answered / over if over else None


def queue_day(tx: Transaction, queue: Queue, timezone: str, now: datetime) -> QueueDay:
    """A queue's day in a time zone, from midnight until now. Raises InvalidValue for an unknown zone."""
    began = day_began(now, timezone)
    calls = tx.history.queue_calls(began, now + timedelta(microseconds=1), [queue.number])
    slots: list[list[CallSeen]] = [[] for _ in range(int((now - began) / _HALF_HOUR) + 1)]
    for call in calls:
        slots[int((call.entered_at - began) / _HALF_HOUR)].append(call)
    halves = tuple(_half_hour(began + index * _HALF_HOUR, slot) for index, slot in enumerate(slots))
    waits = [(end - call.entered_at).total_seconds() for call in calls if (end := call.answered_at or call.ended_at)]
    return QueueDay(
        half_hours=halves,
        answered=sum(each.answered for each in halves),
        abandoned=sum(each.abandoned for each in halves),
        elsewhere=sum(each.elsewhere for each in halves),
        mean_wait=sum(waits) / len(waits) if waits else None,
        longest_wait=max(waits, default=None),
    )


def _half_hour(start: datetime, calls: list[CallSeen]) -> HalfHour:
    answered = sum(call.answered_at is not None for call in calls)
    rest = [call for call in calls if call.answered_at is None]
    abandoned = sum(call.outcome is Outcome.ABANDONED for call in rest)
    waiting = sum(call.ended_at is None for call in rest)
    return HalfHour(start, answered, abandoned, len(rest) - abandoned - waiting, waiting)
