"""Which pages of desks are open here: the streams' opening and closing is the agent client's presence (R5.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from freeseat.application.ports import Database, Transaction
from freeseat.application.workplaces.clients import client_started, client_stopped, clients_lost
from freeseat.application.workplaces.place import desk_of
from freeseat.domain.errors import Unavailable
from freeseat.domain.workplaces import DeskKey

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 5.0
"""Well within the grace that a closed page has: another node that starts anew takes all pages for lost."""


@dataclass(slots=True)
class _Open:
    queue: str
    streams: int = 0


class Presence:
    """The open pages of this process. What is told is written down in order, and nobody waits for it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: dict[tuple[DeskKey, str], _Open] = {}

    def opened(self, desk: DeskKey, page: str, queue: str) -> None:
        """A stream of a page is open; `queue` is the one it is a window for ('' = all)."""
        known = self._open.setdefault((desk, page), _Open(queue))
        known.streams += 1

    def tell(self, desk: DeskKey, page: str) -> None:
        """A page is open, or has become somebody else's."""
        known = self._open.get((desk, page))
        if known is not None:
            self._started(desk, page, known.queue)

    def closed(self, desk: DeskKey, page: str) -> None:
        """A stream has ended. A page that is loaded anew has the next one open already, or soon."""
        known = self._open.get((desk, page))
        if known is None:
            return
        known.streams -= 1
        if known.streams > 0:
            return
        del self._open[desk, page]
        self._submit(lambda tx: client_stopped(tx, desk, page, datetime.now(UTC)))

    async def run(self) -> None:
        """Take pages of a former process for lost, then see to it that the open ones count; goes on until cancelled."""
        self._submit(lambda tx: clients_lost(tx, datetime.now(UTC)))
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if not self._open:
                continue
            try:
                found = await asyncio.to_thread(self._database.read, lambda tx: tx.open_pages.list())
            except Unavailable as error:
                log.warning("presence.wait_for_database", error=str(error))
                continue
            counted = {(page.desk, page.page) for page in found if page.stops_at is None}
            for (desk, page), known in list(self._open.items()):
                if (desk, page) not in counted:
                    self._started(desk, page, known.queue)

    def _started(self, desk: DeskKey, page: str, queue: str) -> None:
        def start(tx: Transaction) -> None:
            there = desk_of(tx, desk)
            if there is not None:
                client_started(tx, there, page, datetime.now(UTC), queue)

        self._submit(start)

    def _submit(self, use_case: Callable[[Transaction], object]) -> None:
        try:
            self._database.submit(use_case).add_done_callback(_told)
        except Unavailable as error:  # it is being closed: the next process takes all pages for lost
            log.info("presence.not_written", error=str(error))


def _told(done: Future[object]) -> None:
    error = done.exception()
    if error is not None:
        log.warning("presence.not_written", error=str(error))
