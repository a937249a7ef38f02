"""Taking the journal into the database: each batch commits together with the position read up to.

The file of bindings that Kamailio loads at its next start is brought up first: doing it twice does no harm.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import structlog

from freeseat.application.observe import Observation, SwitchStarted, Unbound, observe
from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord, Database, Transaction
from freeseat.domain.errors import Unavailable
from freeseat.edge.switch import journal
from freeseat.edge.switch.bindings_file import BindingsFile
from freeseat.edge.switch.journal_hint import JournalHint

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.1
"""Between two looks while there is news: lines are read together, and lamps show a call this much later."""
_ANYWAY_SECONDS = 2.0
_HOLD_SECONDS = 0.25
_LINES_AT_ONCE = 200
_RETRY_SECONDS = 1.0


class JournalFollower:
    """Reads the journal in a runtime directory on from where the database stands, until cancelled.

    Lines about calls are held for a moment, so that one commit takes many; bindings are taken at once. No commit waits
    for the disk: after a loss of power the journal is read again from where the database then stands. `on_lines` hears
    of lines as soon as they are read; after a restart it may hear some again.
    """

    def __init__(
        self,
        database: Database,
        runtime_dir: Path,
        node: str,
        on_lines: Callable[[Sequence[journal.Line]], None] | None = None,
    ) -> None:
        self._database, self._node, self._on_lines = database, node, on_lines
        self._name = f"journal@{node}"
        self._runtime_dir = runtime_dir
        self._reader = journal.JournalReader(runtime_dir)
        self._held: list[journal.Line] = []
        self._held_since = 0.0
        self._read_to = journal.Position()
        self._taken = journal.Position()
        self._compared = False

    async def run(self) -> None:
        """Follow until cancelled."""
        with (
            closing(BindingsFile(self._runtime_dir / "bindings.sqlite")) as bindings,
            closing(JournalHint(self._runtime_dir)) as hint,
        ):
            await self._begin()
            while True:
                try:
                    hint.forget()
                    if not await self._look(bindings):
                        await self._news(hint)
                except Unavailable as error:
                    log.warning("journal.waits_for_database", error=str(error))
                    await asyncio.sleep(_RETRY_SECONDS)

    async def _news(self, hint: JournalHint) -> None:
        """Wait until Kamailio has written, and a moment longer for more; or until it is time to look anyway."""
        if self._held or not self._compared or await hint.wait(_ANYWAY_SECONDS):
            await asyncio.sleep(_LOOK_SECONDS)

    async def _begin(self) -> None:
        """Find out where the database stands."""
        while True:
            try:
                self._taken = self._read_to = await asyncio.to_thread(self._remembered)
                return
            except Unavailable as error:
                log.warning("journal.waits_for_database", error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _look(self, bindings: BindingsFile) -> bool:
        """Read on and take what is due; whether there is likely to be more to read at once."""
        batch = self._reader.read(self._read_to, time.time())
        if batch.unreadable:
            log.error("journal.unreadable", lines=batch.unreadable)
        if batch.lines and self._on_lines is not None:
            self._on_lines(batch.lines)
        if batch.lines and not self._held:
            self._held_since = time.monotonic()
        self._held += batch.lines
        moved, self._read_to = batch.position != self._read_to, batch.position
        if self._held and self._is_due():
            await self._take(bindings)
        if not moved and not self._compared and not self._held:
            await self._compare(bindings)
        return len(batch.lines) >= _LINES_AT_ONCE

    def _is_due(self) -> bool:
        return (
            len(self._held) >= _LINES_AT_ONCE
            or time.monotonic() - self._held_since >= _HOLD_SECONDS
            or any(isinstance(line, journal.Bound | journal.Unbound) for line in self._held)
        )

    async def _take(self, bindings: BindingsFile) -> None:
        lines, position = self._held, self._read_to
        bindings.apply(lines)
        await asyncio.wrap_future(self._database.submit(lambda tx: self._observe(tx, lines, position), durable=False))
        self._held = []
        if position.hour != self._taken.hour:
            self._reader.delete_consumed(position, time.time())
        self._taken = position

    async def _compare(self, bindings: BindingsFile) -> None:
        """Once, after having caught up: bindings that the file has lost (the machine was restarted) are gone."""
        there = bindings.contacts()
        lost = await asyncio.wrap_future(self._database.submit(lambda tx: self._forget_others(tx, there)))
        self._compared = True
        if lost:
            log.info("journal.bindings_lost", count=lost)

    def _forget_others(self, tx: Transaction, there: frozenset[tuple[str, str]]) -> int:
        now = datetime.now(UTC)
        lost = [each for each in tx.bindings.list(node=self._node) if (each.aor, each.contact) not in there]
        observe(tx, [Unbound(self._node, b.aor, b.contact, "lost", now.timestamp()) for b in lost], now)
        return len(lost)

    def _remembered(self) -> journal.Position:
        text = self._database.read(lambda tx: tx.followed(self._name))
        hour, _, offset = text.partition(":")
        return journal.Position(int(hour), int(offset)) if text else journal.Position()

    def _observe(self, tx: Transaction, lines: Sequence[journal.Line], position: journal.Position) -> None:
        seen = [each for line in lines if (each := observation(line, self._node)) is not None]
        observe(tx, seen, datetime.now(UTC))
        tx.set_followed(self._name, f"{position.hour}:{position.offset}")


def observation(line: journal.Line, node: str) -> Observation | None:
    """A journal line in the use case's words; None for lines that are not kept."""
    match line:
        case journal.Bound():
            return Binding(
                id=0,
                node=node,
                aor=line.aor,
                contact=line.contact[:512],
                at=line.at,
                expires=line.expires,
                granted=line.granted,
                received=line.received[:255],
                path=line.path[:512],
                socket=line.socket,
                call_id=line.call_id[:255],
                cseq=line.cseq,
                instance=line.instance[:255],
                user_agent=line.user_agent[:255],
                source=line.source,
            )
        case journal.Unbound():
            return Unbound(node, line.aor, line.contact[:512], line.why, line.at)
        case journal.CallBegan():
            return CallRecord(
                id=0,
                node=node,
                call_id=line.id[:255],
                started_at=line.at,
                caller=line.caller,
                caller_phone=line.phone,
                dialled=line.dialled[:64],
                called=line.called[:64],
                kind=line.kind,
                source=line.source,
                queue=line.queue[:32],
            )
        case journal.CallAnswered():
            return CallAnswered(node, line.id[:255], line.at, line.phone[:64])
        case journal.CallEnded():
            return CallEnded(node, line.id[:255], line.at, line.code, line.cause[:64])
        case journal.Started():
            return SwitchStarted(node, line.at)
        case journal.CallRang():
            return None
