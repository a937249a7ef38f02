"""Steps of a self-test: each does something, checks what came of it, and is timed."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from freeseat.domain.errors import FreeseatError
from freeseat.edge.voice.softphone import CallFailed

Progress = Callable[[str], None]
"""Takes the title of the step that begins."""


class Failed(Exception):
    """A check that did not hold; the text says what was expected and what was seen."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step done: what, whether it held, milliseconds, and what was seen."""

    title: str
    ok: bool
    milliseconds: float
    seen: str


@dataclass(slots=True)
class Steps:
    """Runs steps in order; after the first that fails, the rest are not begun."""

    progress: Progress
    done: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all have held so far."""
        return all(step.ok for step in self.done)

    async def run(self, title: str, work: Callable[[], Awaitable[str]]) -> None:
        """Run a step, which gives what it saw; a failure is written down, not raised."""
        if not self.ok:
            return
        self.progress(title)
        started = time.monotonic()
        try:
            ok, seen = True, await work()
        except (Failed, FreeseatError) as error:
            ok, seen = False, str(error)
        except CallFailed as error:
            ok, seen = False, f"the call was answered {error}"
        except TimeoutError:
            ok, seen = False, "nothing happened in time"
        except OSError as error:
            ok, seen = False, str(error)
        self.done.append(Step(title, ok, (time.monotonic() - started) * 1000, seen))


def expect(expected: object, seen: object, what: str) -> None:
    """Check that something is as expected. Raises Failed."""
    if expected != seen:
        raise Failed(f"{what}: expected {expected!r}, saw {seen!r}")
