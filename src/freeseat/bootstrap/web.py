"""The web process: pages and REST API on one HTTPS port, over the same use cases as everything else."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version

import structlog
import uvicorn

from freeseat.application.accounts.ports import Hasher
from freeseat.application.accounts.signing_in import OidcRules
from freeseat.application.ports import Listener
from freeseat.bootstrap.database import open_database, open_listener
from freeseat.bootstrap.node import WEB, web_certificate
from freeseat.bootstrap.ready import mark_ready
from freeseat.domain.errors import Unavailable
from freeseat.domain.permissions import Role
from freeseat.edge.metrics.collecting import OfficeCollector, exposition, new_registry
from freeseat.edge.web.app import create_app
from freeseat.edge.web.context import Web
from freeseat.edge.web.live.fragments import Fragments
from freeseat.edge.web.live.hub import Hub
from freeseat.edge.web.provider import Provider
from freeseat.edge.web.rendering import render_fragment
from freeseat.edge.web.routes import FRAGMENTS
from freeseat.edge.webhooks.follower import WebhookFollower
from freeseat.edge.webhooks.sending import Sender, new_client
from freeseat.settings import Settings
from freeseat.store.database import Database
from freeseat.store.hasher import Argon2Hasher

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 1.0
_SWITCH_SECONDS = 0.0005
_BACKLOG = 1024
_END_SECONDS = 2


class _Server(uvicorn.Server):
    """A server that leaves signals to us: its own way raises them again before the database is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def run_web(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError where the port cannot be had."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    database = await _opened(settings)
    with closing(database), _bound(settings) as listening:
        web = web_parts(
            database, open_listener(settings, "web"), Argon2Hasher(), tls=settings.web.tls, provider=_provider(settings)
        )
        server = _Server(_config(settings, create_app(web)))
        _stop_on_signal(server)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        delivering = asyncio.create_task(_deliver_webhooks(settings, database))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            mark_ready(settings.runtime_dir, WEB)
            log.info("web.ready", node=settings.node, port=settings.web.port, tls=settings.web.tls)
        try:
            await serving
        finally:
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)


async def _deliver_webhooks(settings: Settings, database: Database) -> None:
    """Tell webhooks what happened until cancelled (R10.5): here, for it talks HTTP and must not delay SIP."""
    owner = f"{settings.node}:{os.getpid()}"
    async with new_client() as client:
        sender = Sender(client, version("freeseat"))
        await WebhookFollower(database, open_listener(settings, "webhooks"), sender, owner).run()


def web_parts(
    database: Database, listener: Listener, hasher: Hasher, *, tls: bool, provider: Provider | None = None
) -> Web:
    """What the application works with, over a database and what tells of its news."""
    fragments = Fragments()
    for fragment in FRAGMENTS:
        fragments.add(fragment)
    hub = Hub(database, listener, fragments, render_fragment)
    registry = new_registry(OfficeCollector(database))
    return Web(database, hub, fragments, hasher, provider, tls=tls, metrics=lambda: exposition(registry))


def _provider(settings: Settings) -> Provider | None:
    oidc = settings.oidc
    if not oidc.issuer:
        return None
    rules = OidcRules(oidc.link_by_email, Role(oidc.add_as) if oidc.add_as else None)
    secret = oidc.client_secret.get_secret_value()
    return Provider(oidc.issuer, oidc.client_id, secret, oidc.title, rules, oidc.certificates)


def _config(settings: Settings, app: object) -> uvicorn.Config:
    certificate, key = web_certificate(settings) if settings.web.tls else (None, None)
    proxies = [str(network) for network in settings.web.proxies]
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_END_SECONDS,
        lifespan="on",
    )


def _bound(settings: Settings) -> socket.socket:
    address = settings.web.listen
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it every page waits 40 ms for an ACK
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((str(address), settings.web.port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _stop_on_signal(server: uvicorn.Server) -> None:
    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


async def _opened(settings: Settings) -> Database:
    while True:
        try:
            return await asyncio.to_thread(open_database, settings)
        except Unavailable as error:
            log.error("web.waits_for_database", error=str(error))
            await asyncio.sleep(_RETRY_SECONDS)
