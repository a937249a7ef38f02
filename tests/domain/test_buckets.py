"""Buckets of reports: without gap, whole hours, days and months of the local clock, across every jump (R10.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.buckets import MOST_BUCKETS, Span, Unit, bucket_of, buckets, overlapped
from freeseat.domain.errors import InvalidValue

BERLIN, LORD_HOWE, BEIRUT = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Beirut")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Beirut",
         "Pacific/Apia", "America/Sao_Paulo")  # fmt: skip
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def hours(spans: list[Span]) -> list[float]:
    return [(span.end.astimezone(UTC) - span.start.astimezone(UTC)).total_seconds() / 3600 for span in spans]


@given(MOMENTS, st.floats(0.001, 200), st.sampled_from(list(Unit)), st.sampled_from(ZONES))
def test_a_period_is_covered_once(since: datetime, length: float, unit: Unit, zone: str) -> None:
    """Each bucket begins where the one before ended; all but the first begin where the local clock shows a new one."""
    until = since + timedelta(hours=length)
    spans = buckets(since, until, unit, ZoneInfo(zone))
    assert (spans[0].start, spans[-1].end) == (since, until)
    for one, next_ in pairwise(spans):
        assert one.end.astimezone(UTC) == next_.start.astimezone(UTC)
        begins, before = next_.start, (next_.start.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
        jumped = before.utcoffset() != begins.utcoffset()
        assert begins.second == begins.microsecond == 0
        assert begins.minute == 0 or jumped
        if unit is not Unit.HOUR:
            assert begins.date() > before.date()
        if unit is Unit.MONTH:
            assert begins.month != before.month
    assert sum(hours(spans)) == pytest.approx(length)
    assert max(hours(spans)) <= {Unit.HOUR: 1, Unit.DAY: 25, Unit.MONTH: 31 * 24 + 1}[unit]


@given(MOMENTS, st.floats(0.1, 100), st.floats(-50, 100), st.floats(0, 100), st.sampled_from(ZONES))
def test_time_is_counted_once(since: datetime, length: float, offset: float, lasting: float, zone: str) -> None:
    """What a login adds to all buckets is what of it lies within the period."""
    until, start = since + timedelta(hours=length), since + timedelta(hours=offset)
    end = start + timedelta(hours=lasting)
    spans = buckets(since, until, Unit.HOUR, ZoneInfo(zone))
    touched = list(overlapped(spans, start, end))
    assert touched == [index for index, span in enumerate(spans) if span.start < end and span.end > start]
    counted = sum(spans[index].seconds_within(start, end) for index in touched)
    assert counted == pytest.approx(Span(since, until).seconds_within(start, end), abs=0.001)


@given(MOMENTS, st.floats(0, 47.99), st.sampled_from(ZONES))
def test_every_moment_has_its_bucket(since: datetime, offset: float, zone: str) -> None:
    spans = buckets(since, since + timedelta(hours=48), Unit.HOUR, ZoneInfo(zone))
    at = since + timedelta(hours=offset)
    index = bucket_of(spans, at)
    assert index is not None
    assert spans[index].start <= at < spans[index].end
    assert bucket_of(spans, since - timedelta(seconds=1)) is None
    assert bucket_of(spans, spans[-1].end) is None


def test_days_of_23_and_25_hours() -> None:
    march, october = datetime(2026, 3, 28, tzinfo=BERLIN), datetime(2026, 10, 24, tzinfo=BERLIN)
    assert hours(buckets(march, datetime(2026, 3, 31, tzinfo=BERLIN), Unit.DAY, BERLIN)) == [24, 23, 24]
    assert hours(buckets(october, datetime(2026, 10, 27, tzinfo=BERLIN), Unit.DAY, BERLIN)) == [24, 25, 24]


def test_an_hour_that_comes_twice_is_two_buckets() -> None:
    spans = buckets(datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC), Unit.HOUR, BERLIN)
    assert [f"{span.start:%H:%M %z}" for span in spans] == ["02:00 +0200", "02:00 +0100", "03:00 +0100"]


def test_a_jump_of_half_an_hour() -> None:
    """Lord Howe Island: from 2:00 to 2:30 in October, from 2:00 back to 1:30 in April."""
    october, april = datetime(2026, 10, 4, tzinfo=LORD_HOWE), datetime(2026, 4, 5, tzinfo=LORD_HOWE)
    assert hours(buckets(october, october.replace(hour=5), Unit.HOUR, LORD_HOWE)) == [1, 1, 0.5, 1, 1]
    assert hours(buckets(april, april.replace(hour=3), Unit.HOUR, LORD_HOWE)) == [1, 1, 0.5, 1]


def test_a_midnight_that_is_skipped() -> None:
    """Beirut's clocks go from 0:00 to 1:00."""
    spans = buckets(datetime(2026, 3, 28, tzinfo=BEIRUT), datetime(2026, 3, 30, tzinfo=BEIRUT), Unit.DAY, BEIRUT)
    assert [(f"{span.start:%d %H:%M}", length) for span, length in zip(spans, hours(spans), strict=True)] == [
        ("28 00:00", 24),
        ("29 01:00", 23),
    ]


def test_months() -> None:
    spans = buckets(datetime(2026, 1, 15, tzinfo=BERLIN), datetime(2026, 4, 2, tzinfo=BERLIN), Unit.MONTH, BERLIN)
    assert [f"{span.start:%m-%d}" for span in spans] == ["01-15", "02-01", "03-01", "04-01"]


def test_periods_that_are_refused() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(InvalidValue):
        buckets(at, at, Unit.DAY, BERLIN)
    with pytest.raises(InvalidValue):
        buckets(at, at + timedelta(hours=MOST_BUCKETS + 1), Unit.HOUR, BERLIN)
