"""How values look in forms, and are read again."""

from __future__ import annotations

import pytest

from freeseat.domain.directory import Right
from freeseat.edge.web.portal.kinds import COUNT, DURATION, DURATION_OR_NEVER, ITEMS, LINES, Unreadable, some_of


@pytest.mark.parametrize(
    ("typed", "seconds", "shown"),
    [
        ("30", 30, "30 s"),
        ("90 s", 90, "90 s"),
        ("15min", 900, "15 min"),
        ("8 h", 28_800, "8 h"),
        ("2 D", 172_800, "2 d"),
        ("0", 0, "0 s"),
    ],
)
def test_lengths_of_time_are_written_as_people_write_them(typed: str, seconds: int, shown: str) -> None:
    assert DURATION.read(typed) == seconds
    assert DURATION.show(seconds) == shown


@pytest.mark.parametrize("typed", ["", "soon", "8 weeks", "-1", "1.5 h"])
def test_what_is_no_length_of_time_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        DURATION.read(typed)


def test_never_is_an_empty_field() -> None:
    assert DURATION_OR_NEVER.read("") is None
    assert DURATION_OR_NEVER.show(None) == ""


@pytest.mark.parametrize("typed", ["", "x", "-1", "1e3", "٣", "9" * 30])
def test_counts_are_digits(typed: str) -> None:
    with pytest.raises(Unreadable):
        COUNT.read(typed)


def test_lists_are_words_or_lines() -> None:
    assert ITEMS.read("0, 00;+ 0") == ("0", "00", "+")
    assert LINES.read(" main office \n\nnorth") == ("main office", "north")


def test_only_options_are_read() -> None:
    assert some_of(Right).read("internal") is Right.INTERNAL
    with pytest.raises(Unreadable):
        some_of(Right).read("everything")
