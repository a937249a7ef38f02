"""Taking the journal into the database: each batch commits together with the position read up to.

The file of bindings that Kamailio loads at its next start is brought up first: doing it twice does no harm.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

from freeseat.application.observe import Observation, Unbound, observe
from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord, Database, Transaction
from freeseat.domain.errors import Unavailable
from freeseat.edge.switch import journal
from freeseat.edge.switch.bindings_file import BindingsFile

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.05
_RETRY_SECONDS = 1.0


class JournalFollower:
    """Reads the journal in a runtime directory on from where the database stands, until cancelled."""

    def __init__(self, database: Database, runtime_dir: Path, node: str) -> None:
        self._database, self._node = database, node
        self._name = f"journal@{node}"
        self._reader = journal.JournalReader(runtime_dir)
        self._bindings_path = runtime_dir / "bindings.sqlite"

    async def run(self) -> None:
        """Follow until cancelled."""
        position: journal.Position | None = None
        bindings = BindingsFile(self._bindings_path)
        try:
            while True:
                try:
                    if position is None:
                        position = await asyncio.to_thread(self._remembered)
                    position = await self._take(position, bindings)
                except Unavailable as error:
                    log.warning("journal.waits_for_database", error=str(error))
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            bindings.close()

    async def _take(self, position: journal.Position, bindings: BindingsFile) -> journal.Position:
        batch = self._reader.read(position, time.time())
        if batch.unreadable:
            log.error("journal.unreadable", lines=batch.unreadable)
        if batch.position == position:
            await asyncio.sleep(_LOOK_SECONDS)
            return position
        if batch.lines:
            bindings.apply(batch.lines)
            await asyncio.wrap_future(self._database.submit(lambda tx: self._observe(tx, batch)))
        if batch.position.hour != position.hour:
            self._reader.delete_consumed(batch.position, time.time())
        return batch.position

    def _remembered(self) -> journal.Position:
        text = self._database.read(lambda tx: tx.followed(self._name))
        hour, _, offset = text.partition(":")
        return journal.Position(int(hour), int(offset)) if text else journal.Position()

    def _observe(self, tx: Transaction, batch: journal.Batch) -> None:
        seen = [each for line in batch.lines if (each := observation(line, self._node)) is not None]
        observe(tx, seen, datetime.now(UTC))
        tx.set_followed(self._name, f"{batch.position.hour}:{batch.position.offset}")


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
            )
        case journal.CallAnswered():
            return CallAnswered(node, line.id[:255], line.at, line.phone[:64])
        case journal.CallEnded():
            return CallEnded(node, line.id[:255], line.at, line.code, line.cause[:64])
        case journal.CallRang():
            return None
