"""What checking the lines of a file leads to: steps to carry out, and faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from freeseat.application.bulk.lines import Fault
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor

Progress = Callable[[int, int], None]
"""Takes how much is done, and of how much."""
Do = Callable[[Transaction, Actor, datetime], object]


@dataclass(frozen=True, slots=True)
class Step:
    """A line's change, as the use case that carries it out; `do` is None where nothing has to change."""

    line: int
    is_new: bool
    do: Do | None


@dataclass(slots=True)
class Checked:
    """Steps and faults, growing while lines are checked."""

    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def count(self, *, is_new: bool) -> int:
        """How many entities are new, or changed."""
        return sum(step.do is not None and step.is_new == is_new for step in self.steps)

    @property
    def unchanged(self) -> int:
        """How many are as the file says already."""
        return sum(step.do is None for step in self.steps)


def exists_already(line: int, number: str) -> Fault:
    """Only new ones were to be added."""
    return Fault(line, "number", number, "it exists already; import with changes allowed, or take the line out")
