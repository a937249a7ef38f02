"""The rows of one kind of entity, as every use case sees them; `freeseat.store` implements them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Rows(Protocol[T]):
    """The rows of one kind of entity. `where` names columns by keyword; all must be equal."""

    def get(self, **where: object) -> T | None:
        """The one row that fits, or None."""
        ...

    def list(self, **where: object) -> list[T]:
        """All rows that fit, by id."""
        ...

    def among(self, column: str, values: Iterable[object], **where: object) -> Sequence[T]:
        """All rows whose column is one of these values and that fit; in few statements, however many values."""
        ...

    def add(self, row: T) -> T:
        """Insert; gives it back with its id. Raises Clash where the database's uniqueness forbids it."""
        ...

    def update(self, row: T) -> None:
        """Replace the row of the same id. Raises Clash like `add`."""
        ...

    def delete(self, row: T) -> None:
        """Delete the row of that id."""
        ...
