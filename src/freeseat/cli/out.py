"""What commands print: tables and sheets for people, JSON for programs."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from freeseat.cli.here import Here

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_RICH_ROWS = 500
"""Longer tables are printed as plain columns: measuring them cell by cell would take minutes."""
_UNBOUNDED = 10_000


@dataclass(frozen=True, slots=True)
class Listing:
    """A table: heads, rows of cells, what to say if there are no rows."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str = "nothing"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One thing with its fields, in order; empty values are shown dimmed."""

    title: str
    fields: Mapping[str, str]


Shown = Listing | Sheet | str


def give(here: Here, data: object, *shown: Shown) -> None:
    """Print the data as JSON if that was asked for, else what is shown to people."""
    if here.as_json:
        print(json.dumps(data, default=plain, ensure_ascii=False, indent=2))
        return
    for each in shown:
        match each:
            case str():
                print(each)
            case Listing(rows=[]):
                print(each.empty)
            case Listing(rows=rows) if len(rows) > _RICH_ROWS:
                _print_columns(each)
            case _:
                console().print(rendered(each))


def rendered(shown: Shown) -> RenderableType:
    """What is shown to people, as rich draws it."""
    match shown:
        case Listing():
            return _table(shown)
        case Sheet():
            return _sheet(shown)
        case _:
            from rich.text import Text

            return Text(shown, style=_STYLES.get(shown.partition(":")[0], ""))


def plain(value: object) -> object:
    """A value that JSON does not know, as one that it knows."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Enum():
            return value.value
        case frozenset() | set():
            return sorted(str(plain(each)) for each in value)
        case _:
            return str(value)


def console() -> Console:
    """Standard output; where it is no terminal, nothing is cut off or wrapped."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _UNBOUNDED
    return Console(width=wide, highlight=False)


def _table(listing: Listing) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold cyan", pad_edge=False)
    for head in listing.heads:
        table.add_column(head, overflow="fold")
    for row in listing.rows:
        table.add_row(*(Text(cell, style=_style(cell)) for cell in row))
    return table


def _sheet(sheet: Sheet) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(sheet.title), title_justify="left", title_style="bold", box=None, show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in sheet.fields.items():
        table.add_row(name, Text(value or "-", style=_style(value)))
    return table


_STYLES = {"yes": "green", "ok": "green", "no": "dim", "": "dim", "-": "dim", "never": "dim",
           "warn": "yellow", "warning": "yellow", "fail": "bold red", "pending": "yellow"}  # fmt: skip


def _style(cell: str) -> str:
    return _STYLES.get(cell, "")


def _print_columns(listing: Listing) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(listing.heads, *listing.rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (listing.heads, *listing.rows)
    )
    sys.stdout.write("\n".join(lines) + "\n")
