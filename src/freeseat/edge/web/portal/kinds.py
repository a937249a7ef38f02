"""Kinds of fields: how a value looks in a form, and how what somebody typed becomes a value again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Unreadable(Exception):
    """What was typed cannot be read; the text says what would be right."""


class Control(StrEnum):
    """The control that a browser shows."""

    TEXT = "text"
    NUMBER = "number"
    PASSWORD = "password"  # noqa: S105 - no secret
    CHECK = "check"
    CHOICE = "choice"
    SEVERAL = "several"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of field. `read` takes the text as typed (stripped) and raises Unreadable; `show` gives it back."""

    control: Control
    read: Callable[[str], Any]
    show: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: its value in the form, what it is called, and what it means."""

    value: str
    text: str
    help: str = ""


_UNITS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
_SHOWN_UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
_DURATION = re.compile(r"([0-9]{1,9}) ?([a-z]{0,3})")
_LARGEST = 10**9


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_LARGEST)):
        raise Unreadable("use a whole number")
    return int(text)


def _count_or_none(text: str) -> int | None:
    return _count(text) if text else None


def _seconds(text: str) -> int:
    found = _DURATION.fullmatch(text.lower())
    if found is None or (found[2] and found[2] not in _UNITS):
        raise Unreadable("write a length of time like 30 s, 15 min, 8 h or 2 d")
    return int(found[1]) * _UNITS[found[2] or "s"]


def _seconds_or_none(text: str) -> int | None:
    return _seconds(text) if text else None


def shown_seconds(seconds: int | None) -> str:
    """Seconds in the largest unit that fits them, such as 8 h; '' for None."""
    if seconds is None:
        return ""
    unit, size = next(((unit, size) for unit, size in _SHOWN_UNITS if seconds and seconds % size == 0), ("s", 1))
    return f"{seconds // size} {unit}"


def _items(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in re.split(r"[\s,;]+", text) if each))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


TEXT = Kind(Control.TEXT, str, _plain)
TEXT_OR_NONE = Kind(Control.TEXT, lambda text: text or None, _plain)
SECRET = Kind(Control.PASSWORD, str, lambda _: "")
"""What is never shown again."""
COUNT = Kind(Control.NUMBER, _count, _plain)
COUNT_OR_NONE = Kind(Control.NUMBER, _count_or_none, _plain)
DURATION = Kind(Control.TEXT, _seconds, shown_seconds)
DURATION_OR_NEVER = Kind(Control.TEXT, _seconds_or_none, shown_seconds)
ITEMS = Kind(Control.TEXT, _items, ", ".join)
"""Words between commas or blanks."""
LINES = Kind(Control.LINES, _lines, "\n".join)
"""One each line."""
CHECK = Kind(Control.CHECK, bool, lambda on: "1" if on else "")
CHOICE = Kind(Control.CHOICE, str, _plain)
SEVERAL = Kind(Control.SEVERAL, str, _plain)
"""Some of the options; the value is a tuple of what is read of each."""


def one_of(values: type[StrEnum]) -> Kind:
    """A choice among the values of an enumeration."""
    return Kind(Control.CHOICE, _member_of(values), _plain)


def some_of(values: type[StrEnum]) -> Kind:
    """Some of the values of an enumeration."""
    return Kind(Control.SEVERAL, _member_of(values), _plain)


def _member_of(values: type[StrEnum]) -> Callable[[str], StrEnum]:
    def read(text: str) -> StrEnum:
        try:
            return values(text)
        except ValueError:
            raise Unreadable("choose one of the options") from None

    return read
