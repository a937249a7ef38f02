"""The follower that keeps Kamailio's tables: reads the feed on from its position, rebuilds from nothing when it must.

The tables live in Kamailio's memory. A Kamailio that has just started, or one whose position is ahead of the database
(a backup was restored), gets everything anew while calls go on.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from freeseat.application.ports import Database, Listener, Transaction
from freeseat.application.switch_tables import TableChange, changes_after, whole_tables
from freeseat.domain.errors import Unavailable
from freeseat.edge.switch.applied import Applied
from freeseat.edge.switch.channel import Boot, Channel, Disconnected, Entries

log = structlog.get_logger(__name__)

_EVENTS_AT_ONCE = 500
_REBUILD_CHUNK = 2000
_LOOK_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_GULP_SECONDS = 0.005
"""Pause after each change that was taken over: the first of a crowd goes at once, the others together."""


class TableFollower:
    """Keeps one Kamailio's tables. `booted` is the channel's callback; `run` goes on until cancelled."""

    def __init__(self, database: Database, listener: Listener, channel: Channel, applied: Applied, realm: str) -> None:
        self._database, self._listener, self._channel = database, listener, channel
        self._applied, self._realm = applied, realm
        self._position = 0
        self._booted = asyncio.Event()

    async def booted(self, boot: Boot) -> None:
        """Kamailio is there (again): go on from what it has, at once."""
        self._position = boot.position
        self._applied.position = boot.position
        self._booted.set()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                await self._channel.connected()
                if self._position == 0:
                    await self._rebuild(clear=False)
                elif not await self._follow():
                    await self._news()
            except Disconnected:
                continue
            except Unavailable as error:
                log.warning("switch.tables_wait_for_database", error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _news(self) -> None:
        """Wait for a hint, for a Kamailio that has just started, or until it is time to look anyway."""
        waits = [
            asyncio.ensure_future(self._listener.wait(_LOOK_SECONDS)),
            asyncio.ensure_future(self._booted.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._booted.clear()
            for each in waits:
                each.cancel()

    async def _follow(self) -> bool:
        """Take over the next events; False if there are likely to be no more."""
        position = self._position
        change = await asyncio.to_thread(self._database.read, lambda tx: _next(tx, position, self._realm))
        if change is None:
            await self._rebuild(clear=True)
        elif change.everything:
            await self._rebuild(clear=False)
            await self._unbind(change)
        elif change.position == position:
            return False
        else:
            await self._channel.put(_entries(change), change.position)
            await self._unbind(change)
            self._reached(change.position)
            await asyncio.sleep(_GULP_SECONDS)
            return change.position - position >= _EVENTS_AT_ONCE
        return True

    async def _rebuild(self, *, clear: bool) -> None:
        started = time.monotonic()
        if clear:
            await self._channel.clear()
        entries, position = 0, 1
        for change in await asyncio.to_thread(self._chunks):
            await self._channel.put(_entries(change), 0)
            entries, position = entries + len(change.numbers), max(change.position, 1)
        await self._channel.put(Entries(singles={"ready": "1"}), position)
        self._reached(position)
        seconds = round(time.monotonic() - started, 3)
        log.info("switch.tables_rebuilt", entries=entries, position=position, seconds=seconds)

    def _chunks(self) -> list[TableChange]:
        return self._database.read(lambda tx: list(whole_tables(tx, self._realm, _REBUILD_CHUNK)))

    async def _unbind(self, change: TableChange) -> None:
        if change.unbind:
            await self._channel.unbind(change.unbind)

    def _reached(self, position: int) -> None:
        self._position = position
        self._applied.reach(position)


def _next(tx: Transaction, position: int, realm: str) -> TableChange | None:
    """The next change, or None if the database is behind the tables: it was restored from a backup."""
    change = changes_after(tx, position, realm, _EVENTS_AT_ONCE)
    return None if change.position == position and tx.events.last_position() < position > 1 else change


def _entries(change: TableChange) -> Entries:
    return Entries(
        numbers={number: entry for number, entry in change.numbers.items() if entry is not None},
        singles=change.single,
        drop_numbers=[number for number, entry in change.numbers.items() if entry is None],
    )
