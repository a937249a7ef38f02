"""Columns: how a cell becomes a field's value and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from freeseat.application.bulk.lines import Fault, Line
from freeseat.domain.errors import InvalidValue

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the name of an entity's field. `read` raises InvalidValue with field `name`.

    An empty cell leaves the field as it is, or at its default where the entity is new, unless `empty_counts`.
    """

    name: str
    read: Callable[[str], Any]
    show: Callable[[Any], str] = str
    empty_counts: bool = False


def texts(*names: str, empty_counts: bool = True) -> list[Column]:
    """Columns of plain text."""
    return [Column(name, str, empty_counts=empty_counts) for name in names]


def flags(*names: str) -> list[Column]:
    """Columns of yes and no."""
    return [Column(name, partial(_truth, name), _yes) for name in names]


def counts(*names: str, bounded: bool = True) -> list[Column]:
    """Columns of whole numbers; where they need not be `bounded`, none is a value."""

    def show(value: int | None) -> str:
        return _NONE if value is None else str(value)

    return [Column(name, partial(_count, name, bounded=bounded), show) for name in names]


def words(name: str, enumeration: type[StrEnum]) -> Column:
    """A column of one of several words."""

    def read(cell: str) -> StrEnum:
        try:
            return enumeration(cell.strip().lower())
        except ValueError:
            raise InvalidValue(name, cell, f"use one of {', '.join(enumeration)}") from None

    return Column(name, read, lambda value: str(value.value))


def given(line: Line, columns: Iterable[Column], faults: list[Fault]) -> dict[str, Any]:
    """The fields that a line gives; what cannot be read is added to the faults."""
    values: dict[str, Any] = {}
    for column in columns:
        cell = line.cells.get(column.name)
        if cell is None or (not cell.strip() and not column.empty_counts):
            continue
        try:
            values[column.name] = column.read(cell)
        except InvalidValue as error:
            faults.append(Fault.of(line.number, error))
    return values


def twice(lines: Iterable[Line], column: str, normal: Callable[[str], str] = str.strip) -> list[Fault]:
    """Lines that give a column a value which a line before has."""
    seen: dict[str, int] = {}
    faults = []
    for line in lines:
        value = normal(line.cells.get(column, ""))
        if value and value in seen:
            faults.append(Fault(line.number, column, value, f"line {seen[value]} has it already"))
        elif value:
            seen[value] = line.number
    return faults


def id_of(names: Mapping[str, int], column: str, kind: str) -> Callable[[str], int]:
    """Reads a name as the id behind it."""

    def read(cell: str) -> int:
        found = names.get(cell.strip())
        if found is None:
            raise InvalidValue(column, cell, f"there is no such {kind}")
        return found

    return read


def _truth(name: str, cell: str) -> bool:
    word = cell.strip().lower()
    if word in _YES + _NO:
        return word in _YES
    raise InvalidValue(name, cell, "use yes or no")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _count(name: str, cell: str, *, bounded: bool) -> int | None:
    word = cell.strip().lower()
    if not bounded and word == _NONE:
        return None
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise InvalidValue(name, cell, "use a whole number" + ("" if bounded else f" or {_NONE}"))
    return int(word)
