"""A period cut into hours, days or months of a time zone: what reports count in (R10.3).

Local time jumps: a day may have 23 or 25 hours, an hour may come twice, and Lord Howe Island has one of 30 minutes.
Buckets are therefore spans of real time that begin and end where the local clock shows a full hour, midnight or the
first of a month, or where it jumps between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from zoneinfo import ZoneInfo

from freeseat.domain.errors import InvalidValue

MOST_BUCKETS = 10_000
_START, _END = attrgetter("start"), attrgetter("end")
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class Unit(StrEnum):
    """How long a bucket is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until before `end`, aware times."""

    start: datetime
    end: datetime

    def seconds_within(self, start: datetime, end: datetime) -> float:
        """How many seconds of it lie within another span."""
        return max(0.0, (min(self.end, end) - max(self.start, start)).total_seconds())


def buckets(since: datetime, until: datetime, unit: Unit, zone: ZoneInfo) -> list[Span]:
    """The period from `since` until before `until` (aware) in buckets without gap; the first and last may be cut.

    Starts and ends are in the zone. Raises InvalidValue for an empty period or too many buckets.
    """
    if until <= since:
        raise InvalidValue("until", until.isoformat(), f"use a time after {since.isoformat()}")
    found: list[Span] = []
    start, last = since.astimezone(UTC), until.astimezone(UTC)
    while start < last:
        end = min(_next(start, unit, zone), last)
        found.append(Span(start.astimezone(zone), end.astimezone(zone)))
        if len(found) > MOST_BUCKETS:
            raise InvalidValue("unit", unit.value, f"use a longer one, or a shorter period: at most {MOST_BUCKETS}")
        start = end
    return found


def overlapped(spans: Sequence[Span], start: datetime, end: datetime) -> range:
    """The indexes of the buckets that a time from `start` until before `end` touches."""
    first = bisect_right(spans, start, key=_END)
    return range(first, max(first, bisect_left(spans, end, key=_START)))


def bucket_of(spans: Sequence[Span], at: datetime) -> int | None:
    """The index of the bucket that holds a moment; None if none does."""
    return next(iter(overlapped(spans, at, at + timedelta(microseconds=1))), None)


def _next(start: datetime, unit: Unit, zone: ZoneInfo) -> datetime:
    """When the bucket that holds `start` (UTC) ends (UTC)."""
    local = start.astimezone(zone)
    match unit:
        case Unit.HOUR:
            return _next_hour(start, zone)
        case Unit.DAY:
            following = local.date() + timedelta(days=1)
        case Unit.MONTH:
            following = (local.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return max(_midnight(following, zone), start + timedelta(microseconds=1))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins; where midnight is skipped, at the jump."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _next_hour(start: datetime, zone: ZoneInfo) -> datetime:
    local = start.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    end = start + _HOUR - past
    offset = local.utcoffset()
    if end.astimezone(zone).utcoffset() == offset:
        return end
    at = start.replace(second=0, microsecond=0) + _MINUTE
    while at < end and at.astimezone(zone).utcoffset() == offset:
        at += _MINUTE
    return min(at, end)
