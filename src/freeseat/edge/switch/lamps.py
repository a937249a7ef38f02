"""The follower that keeps lamps: documents of what is watched, published to Kamailio's presence engine (docs/lamps.md).

Facts come from the database when the feed tells of a change, calls from the journal as it is read. What is watched is
read from the file in which Kamailio keeps its subscriptions; that somebody begins to watch is told as a hint before.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import structlog

from freeseat.application.lamps import Facts, lamp_facts, open_calls, touched_after
from freeseat.application.ports import Database, Listener
from freeseat.domain.errors import Unavailable
from freeseat.domain.lamps import Lamp, LoggedOutLamp
from freeseat.edge.switch import watchers_file
from freeseat.edge.switch.channel import Boot
from freeseat.edge.switch.journal import Line
from freeseat.edge.switch.lamp_documents import Document, document
from freeseat.edge.switch.live_calls import LiveCalls
from freeseat.edge.switch.publisher import Publisher

log = structlog.get_logger(__name__)

PUBLISHED_SECONDS = 3600
_EVENTS_AT_ONCE = 500
_LAMPS_AT_ONCE = 500
_LOOK_SECONDS = 2.0
_GULP_SECONDS = 0.01
_RETRY_SECONDS = 0.5
_FILE_SECONDS = 1.0
_REREAD_SECONDS = 30.0
_HINT_SECONDS = 3 * watchers_file.WRITTEN_SECONDS
_TIDY_SECONDS = 30.0
_UNTOLD_SECONDS = 60.0


class LampFollower:
    """Keeps the lamps of one Kamailio. `run` goes on until cancelled; all else is called in its loop.

    `booted`, `watched` and `heard` are the callbacks of the channel and the journal.
    """

    def __init__(
        self, database: Database, listener: Listener, publisher: Publisher, runtime_dir: Path, node: str, realm: str
    ) -> None:
        self._database, self._listener, self._publisher = database, listener, publisher
        self._watchers, self._node, self._realm = runtime_dir / watchers_file.NAME, node, realm
        self._facts: dict[Lamp, Facts | None] = {}
        self._by_number: defaultdict[str, set[Lamp]] = defaultdict(set)
        self._published: dict[Lamp, tuple[Document, float]] = {}
        self._hinted: dict[Lamp, float] = {}
        self._dirty: set[Lamp] = set()
        self._calls = LiveCalls()
        self._logged_out = LoggedOutLamp.HELD
        self._position = 0
        self._boot = ""
        self._news = asyncio.Event()

    async def booted(self, boot: Boot) -> None:
        """Kamailio is there. If it has just started, it has no documents."""
        if boot.id == self._boot:
            return
        self._boot = boot.id
        self._published.clear()
        self._ask_for(self._facts)

    async def watched(self, package: str, name: str) -> None:
        """Somebody begins to watch."""
        lamp = Lamp(package, name)
        self._hinted[lamp] = time.monotonic()
        if lamp not in self._facts:
            self._facts[lamp] = None
            self._ask_for([lamp])

    def heard(self, lines: Sequence[Line]) -> None:
        """The journal has new lines."""
        self._show_all({number for line in lines for number in self._calls.hear(line)})

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            for work in (self._publisher.run(), self._follow(), self._look_who_watches(), self._tidy()):
                group.create_task(work)

    async def _follow(self) -> None:
        await self._patiently(self._begin)
        while True:
            await self._patiently(self._round)

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, waiting for a database that is away."""
        while True:
            try:
                await work()
                return
            except Unavailable as error:
                log.warning("lamps.wait_for_database", error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _begin(self) -> None:
        position, calls = await asyncio.to_thread(
            self._database.read, lambda tx: (tx.events.last_position(), open_calls(tx, self._node))
        )
        self._position = position
        self._show_all(self._calls.begin_with(calls))

    async def _round(self) -> None:
        """Take over the next events and look at what has to be looked at; wait if there is nothing.

        As long as nothing is watched the feed is not read. A crowd that logs in is taken in gulps.
        """
        if not self._facts:
            await self._news.wait()
            self._position = await asyncio.to_thread(self._database.read, lambda tx: tx.events.last_position())
        position = self._position
        self._position, numbers = await asyncio.to_thread(
            self._database.read, lambda tx: touched_after(tx, position, _EVENTS_AT_ONCE)
        )
        if numbers is None:
            self._dirty.update(self._facts)
        else:
            self._dirty |= self._lamps_of(numbers)
        if self._dirty:
            await self._look()
        elif self._position == position:
            await self._wait()
        if self._position != position:
            await asyncio.sleep(_GULP_SECONDS)

    async def _look(self) -> None:
        """Read the facts of some lamps that may have changed, and show them."""
        lamps = [lamp for lamp, _ in zip(self._dirty, range(_LAMPS_AT_ONCE), strict=False)]
        found = await asyncio.to_thread(self._database.read, lambda tx: lamp_facts(tx, lamps))
        self._dirty.difference_update(lamps)
        self._logged_out = found.logged_out
        for lamp, facts in found.facts.items():
            if lamp in self._facts:
                self._keep(lamp, facts)
                self._show(lamp)

    async def _wait(self) -> None:
        """Wait for a hint, for somebody who begins to watch, or until it is time to look anyway."""
        waits = [
            asyncio.ensure_future(self._listener.wait(_LOOK_SECONDS)),
            asyncio.ensure_future(self._news.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._news.clear()
            for each in waits:
                each.cancel()

    def _ask_for(self, lamps: Iterable[Lamp]) -> None:
        self._dirty.update(lamps)
        self._news.set()

    # -- documents

    def _keep(self, lamp: Lamp, facts: Facts | None) -> None:
        """Remember the facts of a lamp, None to forget it."""
        old = self._facts.pop(lamp, None)
        for number in old.numbers if old is not None else ():
            self._by_number[number].discard(lamp)
            if not self._by_number[number]:
                del self._by_number[number]
        if facts is not None:
            self._facts[lamp] = facts
            for number in facts.numbers:
                self._by_number[number].add(lamp)

    def _lamps_of(self, numbers: Iterable[str]) -> set[Lamp]:
        return {lamp for number in numbers for lamp in self._by_number.get(number, ())}

    def _show_all(self, numbers: Iterable[str]) -> None:
        for lamp in self._lamps_of(numbers):
            self._show(lamp)

    def _show(self, lamp: Lamp, *, renew: bool = False) -> None:
        """Publish a lamp's document if it is another than before."""
        facts = self._facts.get(lamp)
        if facts is None:
            return
        now = time.time()
        new = document(lamp, facts, self._calls.touching(facts.numbers), self._logged_out, self._realm, now)
        old = self._published.get(lamp)
        if renew or old is None or old[0] != new:
            self._published[lamp] = (new, now)
            self._publisher.want(lamp, new)

    # -- what is watched

    async def _look_who_watches(self) -> None:
        """Read the file when Kamailio has written it, and from time to time anyway, because subscriptions end."""
        stamp: tuple[int, ...] = ()
        read_at = 0.0
        while True:
            try:
                now = watchers_file.stamp(self._watchers)
                if now != stamp or time.monotonic() - read_at > _REREAD_SECONDS:
                    stamp, read_at = now, time.monotonic()
                    found = await asyncio.to_thread(watchers_file.watched, self._watchers, time.time())
                    self._watch_only({Lamp(package, name) for package, name in found})
                    self._renew(time.time() - PUBLISHED_SECONDS / 2)
            except (sqlite3.Error, OSError) as error:
                log.error("lamps.watchers_unreadable", error=str(error))
            await asyncio.sleep(_FILE_SECONDS)

    def _watch_only(self, lamps: set[Lamp]) -> None:
        """These are watched, and those of which we were told so recently that the file may not have them yet."""
        recent = time.monotonic() - _HINT_SECONDS
        self._hinted = {lamp: at for lamp, at in self._hinted.items() if at > recent}
        lamps |= self._hinted.keys()
        for lamp in self._facts.keys() - lamps:
            self._keep(lamp, None)
            self._published.pop(lamp, None)
            self._publisher.forget(lamp)
            self._dirty.discard(lamp)
        new = lamps - self._facts.keys()
        self._facts.update(dict.fromkeys(new))
        if new:
            self._ask_for(new)

    def _renew(self, before: float) -> None:
        """Publish again what was last published before then (unix time): documents end after PUBLISHED_SECONDS."""
        for lamp in [lamp for lamp, (_, at) in self._published.items() if at < before]:
            self._show(lamp, renew=True)

    async def _tidy(self) -> None:
        """Forget calls whose end nobody told, once the database has given them up (docs/switch-contract.md)."""
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            await self._patiently(self._forget_lost_calls)

    async def _forget_lost_calls(self) -> None:
        before = time.time() - _UNTOLD_SECONDS
        there = await asyncio.to_thread(self._database.read, lambda tx: open_calls(tx, self._node))
        self._show_all(self._calls.keep_only(frozenset(call.id for call in there), before))
