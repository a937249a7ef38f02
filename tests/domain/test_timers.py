"""Automatic and scheduled logout (R2.12): maximum time, idle time, cron-like times with a zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.checks import check_class
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import Schedule, Scope
from freeseat.domain.errors import InvalidValue
from freeseat.domain.timers import LONGEST_LOGIN_SECONDS, check_schedule, concerns, next_run, timed_end
from tests.domain.entities import COS, NOW, login, phone, user

BERLIN = "Europe/Berlin"


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def test_nothing_ends_by_itself_by_default() -> None:
    assert timed_end(login(started_at=ago(10**8)), COS, None, NOW) is None


@given(
    since=st.integers(0, 10_000),
    longest=st.none() | st.integers(1, 10_000),
    idle=st.none() | st.integers(1, 10_000),
    call=st.none() | st.integers(0, 10_000),
)
def test_time_is_up(since: int, longest: int | None, idle: int | None, call: int | None) -> None:
    cos = replace(COS, max_login_seconds=longest, idle_logout_seconds=idle)
    found = timed_end(login(started_at=ago(since)), cos, None if call is None else ago(call), NOW)
    still = since if call is None else min(since, call)
    if longest is not None and since >= longest:
        assert found is EndReason.MAX_TIME
    elif idle is not None and still >= idle:
        assert found is EndReason.IDLE, "idle time counts from the last call here, or the login"
    else:
        assert found is None


@pytest.mark.parametrize("field", ["max_login_seconds", "idle_logout_seconds"])
def test_at_most_168_hours(field: str) -> None:
    assert LONGEST_LOGIN_SECONDS == 168 * 60 * 60
    value: Any
    for value in (None, 1, 168 * 3600):
        check_class(replace(COS, **{field: value}))
    for value in (0, -1, 168 * 3600 + 1):
        with pytest.raises(InvalidValue, match="168 hours"):
            check_class(replace(COS, **{field: value}))


def schedule(cron: str, timezone: str = "UTC", **fields: Any) -> Schedule:
    return replace(Schedule(1, cron, timezone), **fields)


def runs(cron: str, timezone: str, after: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        due = next_run(schedule(cron, timezone), after)
        assert due is not None
        assert due.utcoffset() == timedelta(0), "a time in UTC"
        found.append(due)
        after = due
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_workday_at_eight_in_the_evening() -> None:
    assert runs("0 20 * * 1-5", "UTC", utc("2026-03-05 12:00"), 3) == [
        utc("2026-03-05 20:00"),
        utc("2026-03-06 20:00"),
        utc("2026-03-09 20:00"),
    ]


def test_the_clock_on_the_wall_counts_over_the_change_to_summer_time() -> None:
    """29 March 2026: 20:00 in Berlin is 19:00 UTC before and 18:00 UTC after."""
    assert runs("0 20 * * *", BERLIN, utc("2026-03-28 00:00"), 2) == [utc("2026-03-28 19:00"), utc("2026-03-29 18:00")]


def test_an_hour_that_does_not_exist_is_not_left_out() -> None:
    """On 29 March 2026 there is no 02:30 in Berlin; people are still logged out that night."""
    found = runs("30 2 * * *", BERLIN, utc("2026-03-28 12:00"), 2)
    assert found[0].date() == datetime(2026, 3, 29).date()  # noqa: DTZ001
    assert found[1] == utc("2026-03-30 00:30")


def test_an_hour_that_exists_twice_counts_once() -> None:
    """On 25 October 2026 02:30 comes twice in Berlin."""
    found = runs("30 2 * * *", BERLIN, utc("2026-10-24 12:00"), 2)
    assert [each.astimezone(ZoneInfo(BERLIN)).day for each in found] == [25, 26]


def test_zones_differ() -> None:
    new_york, tokyo = (runs("0 18 * * *", zone, NOW, 1)[0] for zone in ("America/New_York", "Asia/Tokyo"))
    assert (new_york, tokyo) == (utc("2026-03-02 23:00"), utc("2026-03-03 09:00"))


@given(
    st.sampled_from(["*/5 * * * *", "0 20 * * 1-5", "30 2 * * *", "0 0 1 * *", "15 6-9 * * *"]),
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_next_run_is_always_later(cron: str, timezone: str, after: datetime) -> None:
    found = [after, *runs(cron, timezone, after, 3)]
    assert all(one < other for one, other in pairwise(found))


@pytest.mark.parametrize(
    "wrong",
    ["", "20:00", "* * * *", "61 * * * *", "0 25 * * *", "0 0 32 * *", "a b c d e", "0 0 30 2 *", "* * * * * *"],
)
def test_wrong_times_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="cron"):
        check_schedule(schedule(wrong))


@pytest.mark.parametrize(
    "wrong", ["", "Berlin", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "\x00", "Europe"]
)
def test_wrong_zones_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="timezone"):
        check_schedule(schedule("0 20 * * *", wrong))


@pytest.mark.parametrize("scope", [Scope.SITE, Scope.QUEUE])
def test_a_scope_that_needs_a_name_has_one(scope: Scope) -> None:
    with pytest.raises(InvalidValue, match="scope_value"):
        check_schedule(schedule("0 20 * * *", scope=scope))
    check_schedule(schedule("0 20 * * *", scope=scope, scope_value="North"))


INSIDE, OUTSIDE = login(), login(phone_id=None, method=Method.EXTERNAL)


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        (Scope.ALL, True, True),
        (Scope.INTERNAL, True, False),
        (Scope.EXTERNAL, False, True),
        (Scope.SITE, True, False),
        (Scope.QUEUE, False, False),
    ],
)
def test_whom_a_schedule_concerns(scope: Scope, inside: bool, outside: bool) -> None:
    evening = schedule("0 20 * * *", scope=scope, scope_value="North")
    assert concerns(evening, INSIDE, user(), phone(site="North")) is inside
    assert concerns(evening, OUTSIDE, user(), None) is outside


def test_another_site_is_not_concerned() -> None:
    assert not concerns(
        schedule("0 20 * * *", scope=Scope.SITE, scope_value="South"), INSIDE, user(), phone(site="North")
    )


@pytest.mark.parametrize("scope", Scope)
def test_permanent_logins_are_spared_outside_only(scope: Scope) -> None:
    evening = schedule("0 20 * * *", scope=scope, scope_value="North")
    assert not concerns(evening, OUTSIDE, user(permanent_login=True), None)
    inside = concerns(evening, INSIDE, user(permanent_login=True), phone(site="North"))
    assert inside is concerns(evening, INSIDE, user(), phone(site="North"))
