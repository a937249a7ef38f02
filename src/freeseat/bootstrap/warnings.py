"""What an administrator should hear about, as lines of the log: read from the feed as it happens (R5.6, R5.8)."""

from __future__ import annotations

import asyncio

import structlog

from freeseat.application.ports import Database, Listener, Transaction
from freeseat.domain.errors import Unavailable
from freeseat.domain.events import Event, Kind

log = structlog.get_logger(__name__)

WARNINGS = {
    Kind.QUEUE_UNREG: "queue.unreg",
    Kind.PIN_LOCKED: "pin.locked",
}
"""Kinds of events that warn, and their names in the log."""

_LOOK_SECONDS = 2.0
_EVENTS_AT_ONCE = 500
_GULP_SECONDS = 0.5
"""Pause after each look: nobody waits for a line of the log, and each commit of a crowd gives a hint."""


async def log_warnings(database: Database, listener: Listener) -> None:
    """Log warnings until cancelled, from now on: what is past stands in the audit log."""
    position: int | None = None
    while True:
        try:
            position = await asyncio.to_thread(database.read, lambda tx, after=position: _warn_after(tx, after))
        except Unavailable as error:
            log.warning("warnings.wait_for_database", error=str(error))
        await asyncio.sleep(_GULP_SECONDS)
        await listener.wait(_LOOK_SECONDS)


def _warn_after(tx: Transaction, position: int | None) -> int:
    """Log what came behind a position, None = what is still to come; gives the position reached."""
    if position is None:
        return tx.events.last_position()
    while events := tx.events.after(position, _EVENTS_AT_ONCE):
        for event in events:
            warn(event)
        position = events[-1].position
    return position


def warn(event: Event) -> None:
    """Log one event, if it is a warning."""
    if event.kind is Kind.QUEUE_PAUSED and event.data.get("reason") == "no_answer":
        log.warning("queue.paused_without_answer", user=event.user, **event.data)
    elif event.kind in WARNINGS:
        log.warning(WARNINGS[event.kind], user=event.user, source=event.actor.source, **event.data)
