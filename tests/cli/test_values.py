"""Values as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.cli.values import clock, duration, moment, seconds_of, truth
from freeseat.domain.errors import InvalidValue

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@given(st.none() | st.integers(0, 1_000_000))
def test_a_duration_is_read_as_it_is_shown(seconds: int | None) -> None:
    assert seconds_of("x", duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("8h", 28_800), ("30m", 1_800), ("1h30m", 5_400), ("2d", 172_800), ("90", 90), ("90s", 90)]
)
def test_durations(text: str, seconds: int) -> None:
    assert seconds_of("x", text) == seconds


@given(st.text(max_size=8))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    for read in (
        lambda: seconds_of("field", text),
        lambda: moment("field", text, NOW),
        lambda: truth("field", text),
    ):
        try:
            read()
        except InvalidValue as error:
            assert str(error).startswith("field: ")  # noqa: PT017 - the other outcome is right as well


def test_moments_are_utc_unless_they_have_a_zone() -> None:
    assert moment("since", "2026-05-01", NOW) == NOW - timedelta(hours=12)
    assert moment("since", "2026-05-01T12:00+02:00", NOW) == NOW - timedelta(hours=2)
    assert moment("since", "2h", NOW) == NOW - timedelta(hours=2)


def test_clock() -> None:
    assert clock(NOW) == clock(NOW.timestamp()) == "2026-05-01 12:00:00"
    assert clock(None) == ""
