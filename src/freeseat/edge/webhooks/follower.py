"""The follower that delivers to webhooks: one task a hook, so that a slow one delays nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import structlog

from freeseat.application.ports import Database, Listener
from freeseat.application.webhooks.delivering import Outlook, delivered, next_delivery, outlooks
from freeseat.domain.errors import Unavailable
from freeseat.edge.webhooks.sending import Sender

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 2.0
_RETRY_SECONDS = 1.0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebhookFollower:
    """Delivers until cancelled. `owner` names this process among all that share the database."""

    def __init__(
        self,
        database: Database,
        listener: Listener,
        sender: Sender,
        owner: str,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database, self._listener, self._sender = database, listener, sender
        self._owner, self._clock = owner, clock
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Follow the feed until cancelled; deliveries under way are then cut off and made again at the next start."""
        try:
            while True:
                try:
                    wait = await self._look()
                except Unavailable as error:
                    log.warning("webhooks.wait_for_database", error=str(error))
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                await self._listener.wait(wait)
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _look(self) -> float:
        """Start what is due; gives the seconds after which to look again without news."""
        now = self._clock()
        found = await asyncio.to_thread(self._database.read, lambda tx: outlooks(tx, self._owner, now))
        for outlook in found:
            if outlook.due and outlook.hook_id not in self._running:
                task = asyncio.create_task(self._deliver(outlook.hook_id))
                self._running[outlook.hook_id] = task
                task.add_done_callback(partial(self._ended, outlook.hook_id))
        return _seconds_until_next(found, now)

    def _ended(self, hook_id: int, task: asyncio.Task[None]) -> None:
        del self._running[hook_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("webhooks.delivery_broke", hook=hook_id, exc_info=error)

    async def _deliver(self, hook_id: int) -> None:
        try:
            while await self._deliver_one(hook_id):
                continue
        except Unavailable as error:
            log.warning("webhooks.wait_for_database", hook=hook_id, error=str(error))

    async def _deliver_one(self, hook_id: int) -> bool:
        """Tell a hook of one event; whether it took it, so that the next may follow."""
        now = self._clock()
        due = await asyncio.wrap_future(
            self._database.submit(lambda tx: next_delivery(tx, hook_id, self._owner, now), durable=False)
        )
        if due is None:
            return False
        sent = await self._sender.send(due, int(now.timestamp()))
        then = self._clock()
        made = await asyncio.wrap_future(
            self._database.submit(
                lambda tx: delivered(tx, due, self._owner, sent.status, sent.error, sent.seconds, then)
            )
        )
        if sent.error:
            log.warning("webhooks.failed", hook=due.name, position=due.position, status=sent.status, error=sent.error)
        return made is not None and made.taken


def _seconds_until_next(found: list[Outlook], now: datetime) -> float:
    waits = [(each.next_at - now).total_seconds() for each in found if each.next_at is not None]
    return max(0.05, min([_LOOK_SECONDS, *waits]))
