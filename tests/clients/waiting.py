"""Waiting for something to become true, with a deadline instead of a sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.01
"""Seconds between two looks."""


class NeverHappenedError(AssertionError):
    """What was awaited did not become true before the deadline."""


def until(look: Callable[[], T | None], what: str, seconds: float = 15.0, interval: float = INTERVAL) -> T:
    """Call ``look`` until it gives something true, and give that.

    Raises NeverHappenedError naming ``what`` after ``seconds``. A last look is taken at the deadline itself.
    """
    deadline = time.monotonic() + seconds
    while True:
        late = time.monotonic() >= deadline
        found = look()
        if found:
            return found
        if late:
            raise NeverHappenedError(f"not within {seconds:g} s: {what}")
        time.sleep(interval)
