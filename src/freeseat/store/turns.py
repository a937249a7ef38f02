"""Turns of writing processes on one SQLite file.

SQLite's own lock is taken by whoever happens to try while it is free, and who waits tries ever more seldom: a process
that writes all the time keeps the others waiting for seconds. Here who waits stands in line: he holds the file `next`
until he has the file `turn`, so that nobody who just wrote overtakes him. The system frees what a killed process held.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from freeseat.domain.errors import Unavailable

_INTERVAL = 0.001


class Turns:
    """The turns at one database file, by two empty files beside it. One thread of a process uses them."""

    def __init__(self, path: str, longest: float) -> None:
        """`longest` is how many seconds to wait for a turn."""
        self._path, self._longest = path, longest
        self._next = self._turn = -1

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn for the block. Raises Unavailable if it does not come, or the files cannot be made."""
        deadline = time.monotonic() + self._longest
        try:
            if self._next < 0:
                self._next = self._open("next")
            if self._turn < 0:
                self._turn = self._open("turn")
            self._lock(self._next, deadline)
            try:
                self._lock(self._turn, deadline)
            finally:
                fcntl.flock(self._next, fcntl.LOCK_UN)
        except OSError as error:
            raise Unavailable(f"the database cannot be used: {error}") from error
        try:
            yield
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give up the files; they stay, since others may wait at them."""
        for each in (self._next, self._turn):
            if each >= 0:
                os.close(each)
        self._next = self._turn = -1

    def _open(self, name: str) -> int:
        """A file that everybody who may read it can lock, also if root made it."""
        return os.open(f"{self._path}-{name}", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @staticmethod
    def _lock(file: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(_INTERVAL)
            else:
                return
