"""Reading the journal Kamailio writes (docs/switch-contract.md, "Journal lines").

A position is a file (its unix hour) and an offset in it; whoever reads keeps it together with what it made of the
lines, so that nothing is taken twice or left out.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

_NAME = re.compile(r"^journal-(\d+)\.jsonl$")
_BATCH_BYTES = 1 << 16


@dataclass(frozen=True, order=True)
class Position:
    """Where to read on: `hour` names the file, `offset` is bytes into it. The default is before all."""

    hour: int = 0
    offset: int = 0


@dataclass(frozen=True)
class Bound:
    """A binding was made or changed. `at` and `expires` are unix time, `granted` seconds; `source` is an IP address."""

    at: float
    aor: str
    contact: str
    received: str
    path: str
    socket: str
    expires: int
    granted: int
    call_id: str
    cseq: int
    instance: str
    user_agent: str
    source: str


@dataclass(frozen=True)
class Unbound:
    """A binding ended; `why` is expired, unregistered or removed."""

    at: float
    aor: str
    contact: str
    why: str


@dataclass(frozen=True)
class CallBegan:
    """A call came in. `caller` is a user or a number outside or empty, `phone` the AoR it came from, `kind` and `queue`
    as in the contract.
    """

    at: float
    id: str
    caller: str
    phone: str
    dialled: str
    called: str
    kind: str
    source: str
    queue: str = ""


@dataclass(frozen=True)
class CallRang:
    """`phone` (an AoR, or empty for what is none) rings."""

    at: float
    id: str
    phone: str


@dataclass(frozen=True)
class CallAnswered:
    """`phone` has answered."""

    at: float
    id: str
    phone: str


@dataclass(frozen=True)
class CallEnded:
    """A call is over; `code` is the SIP status, `cause` as in the contract, `by` caller, callee or system."""

    at: float
    id: str
    code: int
    cause: str
    by: str


@dataclass(frozen=True)
class Started:
    """Kamailio was started anew; its transactions are gone."""

    at: float


Line = Bound | Unbound | CallBegan | CallRang | CallAnswered | CallEnded | Started
_KINDS: dict[str, type[Line]] = {
    "bind": Bound,
    "unbind": Unbound,
    "call": CallBegan,
    "ringing": CallRang,
    "answer": CallAnswered,
    "end": CallEnded,
    "start": Started,
}
_FIELDS = {cls: tuple(f.name for f in fields(cls) if f.default is MISSING) for cls in _KINDS.values()}
_MAYBE = {cls: tuple(f.name for f in fields(cls) if f.default is not MISSING) for cls in _KINDS.values()}


@dataclass(frozen=True)
class Batch:
    """Lines in the order they were written, where to read on after them, and how many lines made no sense."""

    lines: tuple[Line, ...]
    position: Position
    unreadable: int = 0


class JournalReader:
    """Follows the journal in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, position: Position, now: float) -> Batch:
        """The next batch after `position`, at most 64 KiB of it; an empty one where there is nothing new.

        A file is left for the next only when it is read to its end and its hour is over at `now` (unix time): a writer
        may still be a moment late. Raises OSError.
        """
        batch = self._read_file(position)
        if batch is not None and (batch.position != position or not self._is_over(position.hour, now)):
            return batch  # nearly always: the directory is listed only to find the next file
        for hour in self._hours():
            if hour > position.hour:
                batch = self._read_file(Position(hour))
                if batch is not None and (batch.position.offset or not self._is_over(hour, now)):
                    break
        return batch or Batch((), position)

    def delete_consumed(self, position: Position, now: float) -> list[Path]:
        """Delete the files that lie wholly before `position` and whose hour is over; gives them. Raises OSError."""
        deleted = []
        for hour in self._hours():
            path = self._path(hour)
            read = hour < position.hour or (hour == position.hour and path.stat().st_size <= position.offset)
            if read and self._is_over(hour, now):
                path.unlink()
                deleted.append(path)
        return deleted

    def _hours(self) -> list[int]:
        found = (_NAME.match(path.name) for path in self._directory.iterdir())
        return sorted(int(match.group(1)) for match in found if match)

    def _path(self, hour: int) -> Path:
        return self._directory / f"journal-{hour}.jsonl"

    @staticmethod
    def _is_over(hour: int, now: float) -> bool:
        return now > (hour + 1) * 3600 + 5

    def _read_file(self, position: Position) -> Batch | None:
        """What follows in the file of `position`; None if there is no such file."""
        try:
            file = os.open(self._path(position.hour), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            data = os.pread(file, _BATCH_BYTES, position.offset)
        finally:
            os.close(file)
        whole = data.rfind(b"\n") + 1
        lines, unreadable = [], 0
        for raw in data[:whole].splitlines():
            line = parse(raw)
            if line is None:
                unreadable += 1
            else:
                lines.append(line)
        return Batch(tuple(lines), Position(position.hour, position.offset + whole), unreadable)


def parse(raw: bytes) -> Line | None:
    """One journal line, or None where it is not one that this version knows."""
    try:
        values = json.loads(raw)
        cls = _KINDS[values["t"]]
        given = {name: values[name] for name in _FIELDS[cls]}
        return cls(**given, **{name: values[name] for name in _MAYBE[cls] if name in values})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
