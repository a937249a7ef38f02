"""The control plane: one asyncio process that answers Kamailio's asks and keeps every projection."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime

import structlog

from freeseat.application.run_timers import run_timers, timers_due
from freeseat.bootstrap.database import open_database, open_listener
from freeseat.bootstrap.node import CONTROL, addresses
from freeseat.bootstrap.ready import mark_ready
from freeseat.bootstrap.warnings import log_warnings
from freeseat.domain.errors import Unavailable
from freeseat.edge.switch.applied import Applied
from freeseat.edge.switch.asks import RegisterAsks
from freeseat.edge.switch.channel import Boot, Channel, Disconnected
from freeseat.edge.switch.follower import TableFollower
from freeseat.edge.switch.kamailio import control_secret, lamps_secret
from freeseat.edge.switch.lamps import PUBLISHED_SECONDS, LampFollower
from freeseat.edge.switch.observing import JournalFollower
from freeseat.edge.switch.publisher import Publisher
from freeseat.settings import Settings
from freeseat.store.database import Database

log = structlog.get_logger(__name__)

_BEAT_SECONDS = 1.0
_SWITCH_SECONDS = 0.0005
"""The loop, the database writer and readers take turns this often: a login passes through all of them."""
_TIMER_SECONDS = 1.0


async def run_control(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises Unavailable if the database can't be opened at all."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    database = await _opened(settings)
    applied = Applied()
    asks = RegisterAsks(database, applied, settings.sip.max_expires_user)

    async def booted(boot: Boot) -> None:
        await follower.booted(boot)
        await lamps.booted(boot)

    channel = Channel(
        "127.0.0.1",
        settings.sip.asks_port,
        control_secret(settings.runtime_dir),
        node=settings.node,
        on_ask=asks.answer,
        on_boot=booted,
        on_wrong_pin=asks.count,
        on_watch=lambda package, name: lamps.watched(package, name),
    )
    follower = TableFollower(database, open_listener(settings, "tables"), channel, applied, settings.sip.realm)
    lamps = _lamps(settings, database)
    observing = JournalFollower(database, settings.runtime_dir, settings.node, on_lines=lamps.heard)
    await channel.start()
    work = [
        follower.run(),
        observing.run(),
        lamps.run(),
        applied.serve(settings.runtime_dir),
        _beat(channel),
        _run_timers(database),
        log_warnings(database, open_listener(settings, "warnings")),
    ]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
            _stop_on_signal(tasks)
            mark_ready(settings.runtime_dir, CONTROL)
            log.info("control.ready", node=settings.node)
    finally:
        await channel.close()
        await asyncio.to_thread(database.close)


def _lamps(settings: Settings, database: Database) -> LampFollower:
    kamailio = (str(addresses(settings)[0]), settings.sip.port)
    secret = lamps_secret(settings.runtime_dir)
    publisher = Publisher(kamailio, secret, settings.sip.realm, PUBLISHED_SECONDS)
    listener = open_listener(settings, "lamps")
    return LampFollower(database, listener, publisher, settings.runtime_dir, settings.node, settings.sip.realm)


def _stop_on_signal(tasks: list[asyncio.Task[None]]) -> None:
    def stop() -> None:
        for task in tasks:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


async def _opened(settings: Settings) -> Database:
    """The database; waits for one that cannot be reached yet, since phones that are registered go on without it."""
    while True:
        try:
            return await asyncio.to_thread(open_database, settings)
        except Unavailable as error:
            log.error("control.waits_for_database", error=str(error))
            await asyncio.sleep(_BEAT_SECONDS)


async def _beat(channel: Channel) -> None:
    """Tell Kamailio once a second that somebody is here to be asked."""
    while True:
        try:
            await channel.beat(time.time())
        except Disconnected:
            await channel.connected()
            continue
        await asyncio.sleep(_BEAT_SECONDS)


async def _run_timers(database: Database) -> None:
    """Timed and scheduled logouts (R2.12). On several nodes each does it; the second finds nothing left to do."""
    while True:
        try:
            if await asyncio.to_thread(database.read, lambda tx: timers_due(tx, datetime.now(UTC))):
                done = await asyncio.wrap_future(database.submit(lambda tx: run_timers(tx, datetime.now(UTC))))
                log.info("timers.run", timed=done.timed, scheduled=done.scheduled, calls_closed=done.calls_closed)
        except Unavailable as error:
            log.warning("timers.wait_for_database", error=str(error))
        await asyncio.sleep(_TIMER_SECONDS)
