"""Carrying out an import: lines are checked in a snapshot, beside the writers; only the changes hold the writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from freeseat.application.bulk import devices, people, work_queues
from freeseat.application.bulk.lines import Fault, Line, read_csv
from freeseat.application.bulk.steps import Checked, Progress
from freeseat.application.csv_text import written
from freeseat.application.ports import Database, Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.errors import FreeseatError, Unavailable


class BulkKind(StrEnum):
    """What a file holds."""

    USERS = "users"
    PHONES = "phones"
    QUEUES = "queues"


class _Kind(Protocol):
    """What each kind's module has."""

    @property
    def ALL(self) -> tuple[str, ...]: ...  # noqa: N802
    @property
    def EXPORTED(self) -> tuple[str, ...]: ...  # noqa: N802
    @property
    def REQUIRED(self) -> tuple[str, ...]: ...  # noqa: N802

    def check_lines(
        self, tx: Transaction, lines: Sequence[Line], *, change: bool, new_secret: Callable[[], str], progress: Progress
    ) -> Checked:
        """Check all lines."""
        ...

    def exported(self, tx: Transaction) -> Iterator[list[str]]:
        """The rows of an export."""
        ...


_KINDS: dict[BulkKind, _Kind] = {
    BulkKind.USERS: people,
    BulkKind.PHONES: devices,
    BulkKind.QUEUES: work_queues,
}
_EVERY = 50


@dataclass(frozen=True, slots=True)
class Import:
    """A wish to import: `text` is CSV. With `change` lines may name what exists, else only new ones are added."""

    kind: BulkKind
    text: str
    change: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What was done (`applied`), or would be: counts of entities, and every fault, by line; with a fault nothing is."""

    added: int
    changed: int
    unchanged: int
    faults: tuple[Fault, ...] = ()
    applied: bool = False


class _Undone(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def columns_of(kind: BulkKind) -> tuple[str, ...]:
    """The columns that a file of a kind may have."""
    return _KINDS[kind].ALL


def check_csv(tx: Transaction, wish: Import, new_secret: Callable[[], str], progress: Progress) -> Checked:
    """What a file would do, and every line that is wrong, with what would be right. Writes nothing."""
    kind = _KINDS[wish.kind]
    table = read_csv(wish.text, kind.ALL, kind.REQUIRED)
    checked = kind.check_lines(tx, table.lines, change=wish.change, new_secret=new_secret, progress=progress)
    checked.faults[:] = sorted({*table.faults, *checked.faults}, key=lambda fault: (fault.line, fault.field))
    return checked


def import_csv(
    database: Database,
    wish: Import,
    actor: Actor,
    now: datetime,
    new_secret: Callable[[], str],
    progress: Progress = lambda done, total: None,
) -> Imported:
    """Check a file and, unless that finds a fault or was all that is wanted, apply it in one transaction (R1.7).

    `new_secret` gives a random SIP secret. `progress` counts lines checked, then lines applied, so to twice their
    number; it is called from other threads. What somebody else changed meanwhile may undo everything: a fault, too.
    Raises Unavailable.
    """

    def first(done: int, total: int) -> None:
        if done % _EVERY == 0:
            progress(done, 2 * total)

    checked = database.read(lambda tx: check_csv(tx, wish, new_secret, first))
    found = Imported(checked.count(is_new=True), checked.count(is_new=False), checked.unchanged, tuple(checked.faults))
    if found.faults or wish.dry_run:
        return found
    try:
        database.submit(lambda tx: _apply(tx, checked, actor, now, progress)).result()
    except _Undone as undone:
        return Imported(found.added, found.changed, found.unchanged, (undone.fault,))
    return Imported(found.added, found.changed, found.unchanged, applied=True)


def export_csv(tx: Transaction, kind: BulkKind) -> str:
    """All entities of a kind as a file that imports again without changing anything; no PINs, no secrets."""
    return written(_KINDS[kind].EXPORTED, _KINDS[kind].exported(tx))


def _apply(tx: Transaction, checked: Checked, actor: Actor, now: datetime, progress: Progress) -> None:
    total = len(checked.steps)
    for done, step in enumerate(checked.steps, start=1):
        if step.do is not None:
            try:
                step.do(tx, actor, now)
            except Unavailable:
                raise
            except FreeseatError as error:
                raise _Undone(Fault.of(step.line, error)) from error
        if done % _EVERY == 0 or done == total:
            progress(total + done, 2 * total)
