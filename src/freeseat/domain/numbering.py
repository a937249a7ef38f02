"""Dialable strings: their form, the shared phones' ranges, and clashes between them (R1.3, R1.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from freeseat.domain.errors import InvalidValue

_DIALABLE = re.compile(r"[0-9*#+][0-9*#]{0,31}")
_NUMBER = re.compile(r"[0-9]{1,15}")


def check_number(field: str, value: str) -> str:
    """A user's or phone's number: 1 to 15 digits. Gives it back; raises InvalidValue."""
    if not _NUMBER.fullmatch(value):
        raise InvalidValue(field, value, "use 1 to 15 digits")
    return value


def check_dialable(field: str, value: str) -> str:
    """Anything that can be dialled: digits, `*` and `#`, perhaps after a `+`. Gives it back; raises InvalidValue."""
    if not _DIALABLE.fullmatch(value):
        raise InvalidValue(field, value, "use digits, * and #, at most 32 of them")
    return value


def is_international(number: str, national: Iterable[str], international: Iterable[str]) -> bool:
    """Whether an external number is international: its longest matching prefix decides, none means national."""
    return _longest(international, number) > _longest(national, number)


def _longest(prefixes: Iterable[str], number: str) -> int:
    return max((len(prefix) for prefix in prefixes if number.startswith(prefix)), default=0)


@dataclass(frozen=True, slots=True)
class NumberRange:
    """An inclusive range of numbers of one length, written `3000-3999`."""

    first: str
    last: str

    @classmethod
    def parse(cls, text: str) -> NumberRange:
        """Read `first-last`; raises InvalidValue."""
        first, dash, last = text.partition("-")
        last = last if dash else first
        if not (_NUMBER.fullmatch(first) and _NUMBER.fullmatch(last) and len(first) == len(last) and first <= last):
            raise InvalidValue("range", text, "write two numbers of equal length, like 3000-3999")
        return cls(first, last)

    def __contains__(self, number: str) -> bool:
        return len(number) == len(self.first) and self.first <= number <= self.last

    def numbers(self) -> Iterator[str]:
        """Every number of it, in order."""
        return (f"{n:0{len(self.first)}}" for n in range(int(self.first), int(self.last) + 1))

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


def check_shared_phone_number(number: str, ranges: Iterable[NumberRange]) -> None:
    """A shared phone's number lies in a range of shared phones; raises InvalidValue naming the ranges (R1.3)."""
    ranges = tuple(ranges)
    if not any(number in each for each in ranges):
        raise InvalidValue("number", number, f"use a number in the shared phones' range {_words(ranges)}")


def check_not_shared_phone_number(number: str, ranges: Iterable[NumberRange]) -> None:
    """Nobody else's number lies in the shared phones' ranges; raises InvalidValue naming the range (R1.3)."""
    for each in ranges:
        if number in each:
            raise InvalidValue("number", number, f"use a number outside {each}, which is the shared phones' range")


def _words(ranges: tuple[NumberRange, ...]) -> str:
    return " or ".join(str(each) for each in ranges) if ranges else "(none is defined: set shared_phone_ranges)"


@dataclass(frozen=True, slots=True)
class Claim:
    """A dialable string and its owner, in words such as `user 2019`. A prefix may be followed by more digits."""

    string: str
    owner: str
    is_prefix: bool = False

    def clashes_with(self, other: Claim) -> bool:
        """Whether somebody who dials could mean both (R1.5)."""
        if self.string == other.string:
            return True
        return (self.is_prefix and other.string.startswith(self.string)) or (
            other.is_prefix and self.string.startswith(other.string)
        )
