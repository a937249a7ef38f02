"""A CSV file as lines with cells by column, and everything that is wrong with its form."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from freeseat.application.csv_text import unguarded
from freeseat.domain.errors import Clash, FreeseatError, InvalidValue, NotFound

MOST_LINES = 100_000
_LONGEST_CELL = 4096
_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line: the file's line number (1 is the heads; 0 the whole file), column, value, remedy."""

    line: int
    field: str
    value: str
    expected: str

    @classmethod
    def of(cls, line: int, error: FreeseatError) -> Fault:
        """An error of the rules at a line."""
        match error:
            case InvalidValue():
                return cls(line, error.field, str(error.value), error.expected)
            case Clash():
                return cls(line, error.field, error.value, f"it is taken by {error.taken_by}")
            case NotFound():
                return cls(line, error.kind, error.key, "name one that exists")
            case _:
                return cls(line, "", "", str(error))

    def __str__(self) -> str:
        return f"line {self.line}: {self.field} {self.value!r}: {self.expected}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its number in the file, and its cells by column, guards taken off."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file, and the faults of its form."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]


def decoded(data: bytes) -> str:
    """A file's octets as text: UTF-8, with or without its mark, or UTF-16 with it. Raises InvalidValue."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidValue("file", f"octet {error.start}", "save it as CSV UTF-8") from None


def read_csv(text: str, columns: Collection[str], required: Collection[str]) -> Table:
    """Read a file whose first line names columns, in any order; cells are separated by commas, semicolons or tabs."""
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    separator = max(_SEPARATORS, key=(lines[0] if lines else "").count)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        heads = [head.strip().lower() for head in next(reader, [])]
        faults = _faults_of_heads(heads, columns, required)
        if faults:
            return Table((), tuple(faults))
        found: list[Line] = []
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found += _line(begins, heads, cells, faults)
            begins = reader.line_num + 1
    except csv.Error as error:
        return Table((), (Fault(reader.line_num, "", "", f"this is not CSV: {error}"),))
    if len(found) > MOST_LINES:
        return Table((), (Fault(0, "", str(len(found)), f"import at most {MOST_LINES} lines at once"),))
    return Table(tuple(found), tuple(faults))


def _faults_of_heads(heads: list[str], columns: Collection[str], required: Collection[str]) -> list[Fault]:
    known = ", ".join(columns)
    faults = [Fault(1, head, head, f"there is no such column; use {known}") for head in heads if head not in columns]
    faults += [Fault(1, head, head, "name each column once") for head in columns if heads.count(head) > 1]
    return faults + [Fault(1, head, "", "this column is needed") for head in required if head not in heads]


def _line(number: int, heads: list[str], cells: list[str], faults: list[Fault]) -> list[Line]:
    if len(cells) > len(heads):
        faults.append(Fault(number, "", cells[len(heads)], f"there are {len(heads)} columns but {len(cells)} cells"))
        return []
    if any(len(cell) > _LONGEST_CELL for cell in cells):
        faults.append(Fault(number, "", "", f"a cell has more than {_LONGEST_CELL} letters"))
        return []
    return [Line(number, {head: unguarded(cell) for head, cell in zip(heads, cells, strict=False)})]
