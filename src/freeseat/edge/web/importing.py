"""Imports under way in this process (R1.7): started by portal and API alike, watched while they go on."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import structlog

from freeseat.application.bulk import Import, Imported, import_csv
from freeseat.application.ports import Database
from freeseat.domain.actors import Actor
from freeseat.domain.errors import FreeseatError, InUse, NotFound

log = structlog.get_logger(__name__)

_KEPT = 50
_AT_ONCE = 2


class ImportState(StrEnum):
    """Where an import stands."""

    RUNNING = "running"
    DONE = "done"
    """Checked, and applied unless faults were found or only a dry run was wanted."""
    FAILED = "failed"
    """It could not be carried out; nothing was applied."""


@dataclass(eq=False, slots=True)
class ImportJob:
    """An import: who wished it, how far it has come (`done` of `total` steps; 0 of 0 at first), and what came of it."""

    id: str
    wish: Import
    actor: Actor
    started_at: datetime
    done: int = 0
    total: int = 0
    state: ImportState = ImportState.RUNNING
    result: Imported | None = None
    error: str = ""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def progress(self, seconds: float) -> AsyncIterator[None]:
        """Comes round at once, whenever it has gone on, and every so many seconds; a last time when it is over."""
        while True:
            news = self._news
            yield
            if self.state is not ImportState.RUNNING:
                return
            try:
                async with asyncio.timeout(seconds):
                    await news.wait()
            except TimeoutError:
                continue

    def tell(self) -> None:
        """Wake who watches."""
        self._news.set()
        self._news = asyncio.Event()


class Imports:
    """The imports of this process; the newest are remembered."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, ImportJob] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, database: Database, wish: Import, actor: Actor, new_secret: Callable[[], str]) -> ImportJob:
        """Begin an import; it goes on by itself. Raises InUse while too many go on."""
        if len(self._tasks) >= _AT_ONCE:
            raise InUse("import", wish.kind, f"{len(self._tasks)} imports that go on; wait for their end")
        job = ImportJob(secrets.token_hex(8), wish, actor, datetime.now(UTC))
        self._jobs[job.id] = job
        while len(self._jobs) > _KEPT:
            self._jobs.popitem(last=False)
        task = asyncio.create_task(_carry_out(database, job, new_secret))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def get(self, id: str) -> ImportJob:
        """The import of that id. Raises NotFound, also for one of another process or of long ago."""
        found = self._jobs.get(id)
        if found is None:
            raise NotFound("import", id)
        return found


async def _carry_out(database: Database, job: ImportJob, new_secret: Callable[[], str]) -> None:
    loop = asyncio.get_running_loop()

    def gone_on(done: int, total: int) -> None:
        job.done, job.total = done, total
        loop.call_soon_threadsafe(job.tell)

    try:
        now = datetime.now(UTC)
        job.result = await asyncio.to_thread(import_csv, database, job.wish, job.actor, now, new_secret, gone_on)
        job.state = ImportState.DONE
    except FreeseatError as error:
        job.state, job.error = ImportState.FAILED, str(error)
    except Exception as error:
        log.error("import.fault", job=job.id, exc_info=error)
        job.state, job.error = ImportState.FAILED, "something went wrong on our side; it was logged"
    finally:
        job.tell()
