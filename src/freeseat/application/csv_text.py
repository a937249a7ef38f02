"""CSV as text, safe to open in a spreadsheet (RFC 4180; OWASP: CSV injection)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins with = + - or @ gets an apostrophe before it.

    One that looks guarded already gets one more, so that `unguarded` always gives back what was there.
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell


def written(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Heads and rows as CSV, every cell guarded, lines ended by a newline."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def table_of(kind: type[DataclassInstance], rows: Iterable[DataclassInstance]) -> str:
    """Rows of one dataclass as CSV: its fields are the columns, times are UTC, what is None is empty."""
    names = [field.name for field in fields(kind)]
    return written(names, ([_cell(getattr(row, name)) for name in names] for row in rows))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{round(value, 3):g}" if abs(value) < 1000 else f"{value:.3f}"
        case Enum():
            return str(value.value)
        case tuple():
            return " ".join(_cell(each) for each in value)
        case _:
            return str(value)
