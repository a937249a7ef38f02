"""`freeseat import` and `freeseat export`: users, phones and queues as CSV (R1.7)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from freeseat.application.bulk import (
    BulkKind,
    Import,
    Imported,
    columns_of,
    decoded,
    export_csv,
    import_csv,
)
from freeseat.application.bulk.steps import Progress
from freeseat.cli.command import alone
from freeseat.cli.errors import BAD_INPUT
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.domain.drawing import draw_secret

What = Annotated[BulkKind, typer.Argument(help="What the file holds.", show_default=False)]


@alone(example="freeseat import users people.csv --dry-run")
def import_(
    here: Here,
    what: What,
    file: Annotated[
        Path, typer.Argument(help="A CSV file whose first line names the columns; - reads standard input.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, and report every bad line.")] = False,
    change: Annotated[
        bool, typer.Option("--change", help="Lines may name what exists, which is then changed.")
    ] = False,
) -> None:
    """Import a CSV file: all of it or, if any line is bad, nothing.

    `freeseat export` gives the columns; users may also have pin, phones secret (otherwise made at random).
    """
    data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    wish = Import(what, decoded(data), change, dry_run)
    with _bar(here) as progress:
        found = import_csv(here.database, wish, here.actor, here.now, lambda: draw_secret(here.randomness), progress)
    if found.applied:
        here.follow()
    _give(here, what, found)
    if found.faults:
        raise typer.Exit(BAD_INPUT)


@alone(example="freeseat export users > people.csv")
def export(here: Here, what: What) -> None:
    """Print all of them as CSV, which imports again unchanged. PINs and secrets are never exported."""
    text = here.read(lambda tx: export_csv(tx, what))
    give(here, {"kind": what, "columns": columns_of(what), "csv": text}, text.removesuffix("\n"))


@contextmanager
def _bar(here: Here) -> Iterator[Progress]:
    """A bar on standard error where somebody looks at it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (TextColumn("checking and applying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console, transient=True, disable=here.as_json or not console.is_terminal) as bars:
        task = bars.add_task("", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _give(here: Here, what: BulkKind, found: Imported) -> None:
    data = {
        "kind": what,
        "applied": found.applied,
        "added": found.added,
        "changed": found.changed,
        "unchanged": found.unchanged,
        "faults": [
            {"line": each.line, "field": each.field, "value": each.value, "expected": each.expected}
            for each in found.faults
        ],
    }
    counts = f"{found.added} new, {found.changed} changed, {found.unchanged} as they are"
    if found.faults:
        rows = [(str(each.line), each.field, each.value, each.expected) for each in found.faults]
        lines = len({each.line for each in found.faults})
        give(
            here,
            data,
            Listing(("line", "column", "value", "what is wrong"), rows),
            f"{lines} bad lines: nothing is done",
        )
    elif found.applied:
        give(here, data, f"{what}: {counts}")
    else:
        give(here, data, f"{what}: {counts}; nothing is done, this was a dry run")
