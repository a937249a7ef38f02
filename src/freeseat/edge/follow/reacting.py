"""Does what a change of the occupant asks for, one after the other; what has become old meanwhile is passed over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from freeseat.edge.follow.commands import Running, Tell, run
from freeseat.edge.follow.occupant import Change, Occupant, change, values

Arguments = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The commands, each an argument list with placeholders ({user}, {name}, {phone}, {previous}); () = none.

    `run` is the one that runs on while somebody is there. Without `on_switch` a switch is a logout and a login.
    `hook_seconds` bounds the short ones; `patience` is what `run` has between SIGTERM and SIGKILL, in seconds.
    """

    on_login: Arguments = ()
    on_switch: Arguments = ()
    on_logout: Arguments = ()
    run: Arguments = ()
    hook_seconds: float = 60.0
    patience: float = 5.0


class Reacting:
    """Brings the PC to the newest state that it was told. `carry_out` goes on until cancelled."""

    def __init__(self, wanted: Wanted, tell: Tell) -> None:
        self._wanted, self._tell = wanted, tell
        self._running = Running(wanted.run, wanted.patience, tell) if wanted.run else None
        self._now: Occupant | None = None
        self._newest: Occupant | None = None
        self._news = asyncio.Event()

    def told(self, occupant: Occupant | None) -> None:
        """The newest state; does nothing if it is the one that the PC is in."""
        self._newest = occupant
        self._news.set()

    async def carry_out(self) -> None:
        """Do what is to be done, whenever there is something."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._become(self._newest)

    async def leave(self) -> None:
        """The companion ends: so does what it started, as if nobody were there any more."""
        await self._become(None)

    async def _become(self, now: Occupant | None) -> None:
        before, what = self._now, change(self._now, now)
        self._now = now
        if what is None:
            return
        given = values(what, before, now)
        self._tell(_words(what, given))
        if self._running is not None and before is not None:
            await self._running.stop()
        if what is Change.SWITCH and not self._wanted.on_switch:
            await self._hook(Change.LOGOUT, values(Change.LOGOUT, before, None))
            await self._hook(Change.LOGIN, values(Change.LOGIN, before, now))
        else:
            await self._hook(what, given)
        if self._running is not None and now is not None:
            await self._running.start(given)

    async def _hook(self, what: Change, given: dict[str, str]) -> None:
        wanted = self._wanted
        command = {
            Change.LOGIN: wanted.on_login,
            Change.SWITCH: wanted.on_switch,
            Change.LOGOUT: wanted.on_logout,
        }[what]
        if command:
            await run(command, given, wanted.hook_seconds, self._tell)


def _words(what: Change, given: dict[str, str]) -> str:
    who = f"{given['user']} {given['name']} at phone {given['phone']}"
    return f"{what.value}: {who}" + (f", instead of {given['previous']}" if what is Change.SWITCH else "")
