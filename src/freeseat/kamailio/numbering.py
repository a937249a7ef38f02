"""What a dialled number is: emergency, feature code or external, from the single entries of table x."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from freeseat.domain.numbering import is_international


@dataclass(frozen=True)
class FeatureCode:
    """A dialled feature code: its name, the code itself and the digits dialled after it."""

    name: str
    code: str
    digits: str


@dataclass(frozen=True)
class Numbering:
    """The single entries of table x, parsed once for each change of them."""

    codes: dict[str, str]
    longest_code: int
    emergency: dict[str, str]
    apart: frozenset[tuple[str, str]]
    international: tuple[str, ...]
    national: tuple[str, ...]

    @classmethod
    def parse(cls, codes: str, emergency: str, apart: str, national: str, international: str) -> Numbering:
        """Parse the values as docs/switch-contract.md writes them; empty strings mean "none"."""
        by_code = dict(_pairs(codes.split(","), "="))
        pairs = list(_pairs(apart.split(","), ":"))
        return cls(
            codes=by_code,
            longest_code=max((len(code) for code in by_code), default=0),
            emergency=dict(_pairs(emergency.split(","), ">")),
            apart=frozenset(pairs + [(b, a) for a, b in pairs]),
            international=_words(international),
            national=_words(national),
        )

    def feature(self, number: str) -> FeatureCode | None:
        """The feature code `number` starts with (the longest wins), or None. Only digits may follow it."""
        for length in range(min(self.longest_code, len(number)), 0, -1):
            name = self.codes.get(number[:length])
            if name is not None:
                digits = number[length:]
                return FeatureCode(name, number[:length], digits) if all(c in "0123456789*#" for c in digits) else None
        return None

    def is_international(self, number: str) -> bool:
        """Whether an external number is international."""
        return is_international(number, self.national, self.international)

    def are_apart(self, caller_group: str, callee_group: str) -> bool:
        """Whether two interconnect groups may not call each other (R4.6)."""
        return (caller_group, callee_group) in self.apart


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _pairs(items: Iterable[str], separator: str) -> list[tuple[str, str]]:
    pairs = (item.strip().partition(separator) for item in items if item.strip())
    return [(left, right) for left, _, right in pairs]
