"""Commands as processes: short ones that are waited for, and one that runs on while somebody is there. No shell."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping

from freeseat.edge.follow.occupant import filled

Tell = Callable[[str], None]
"""Where the companion says what it does."""


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: ours, and what it is told as FREESEAT_USER and so on."""
    return dict(os.environ) | {f"FREESEAT_{name.upper()}": value for name, value in given.items()}


async def run(arguments: tuple[str, ...], given: dict[str, str], seconds: float, tell: Tell) -> None:
    """Run a command to its end, at most so long. That it fails is told, and hinders nothing."""
    wanted = filled(arguments, given)
    try:
        process = await asyncio.create_subprocess_exec(
            *wanted, env=environment(given), stdin=asyncio.subprocess.DEVNULL
        )
    except OSError as error:
        tell(f"{wanted[0]}: {error.strerror or error}")
        return
    try:
        async with asyncio.timeout(seconds):
            code = await process.wait()
    except TimeoutError:
        tell(f"{wanted[0]}: not done after {seconds:.0f} s, it is ended")
        await _end(process, 2.0)
    except asyncio.CancelledError:
        await _end(process, 2.0)
        raise
    else:
        if code:
            tell(f"{wanted[0]}: ended with {code}")


class Running:
    """A command that runs on, such as a softphone: at most one process of it at a time."""

    def __init__(self, arguments: tuple[str, ...], patience: float, tell: Tell) -> None:
        self._arguments, self._patience, self._tell = arguments, patience, tell
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, given: dict[str, str]) -> None:
        """Start it, or tell why that can't be."""
        await self.stop()
        wanted = filled(self._arguments, given)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *wanted, env=environment(given), stdin=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            self._tell(f"{wanted[0]}: {error.strerror or error}")

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL for what has not ended in time; where it has ended by itself, that is told."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is not None:
            self._tell(f"{self._arguments[0]}: had ended with {process.returncode}")
            return
        await _end(process, self._patience)


async def _end(process: asyncio.subprocess.Process, patience: float) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(patience):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
