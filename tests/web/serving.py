"""The real application behind a real server on a free port, over an office of the application's tests."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import uvicorn

from freeseat.bootstrap.web import web_parts
from freeseat.domain.permissions import Permission, Role
from freeseat.edge.switch.kamailio import self_signed
from freeseat.edge.web.app import create_app
from freeseat.edge.web.context import Web
from freeseat.edge.web.provider import Provider
from freeseat.store.database import Database
from freeseat.store.hints import DatagramHint, DatagramListener
from tests.application.accounts import HASHER, PASSWORD, Reception
from tests.application.office import Office
from tests.clients.ports import free_port
from tests.store.databases import VAULT

_CSRF = re.compile(r'"X-CSRF-Token": "([0-9a-f]+)"')


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1: browsers send our cookies by HTTPS only."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, directory: Path) -> Certificate:
        made = cls(directory / "web.crt", directory / "web.key")
        self_signed("freeseat", ("127.0.0.1:0",), made.certificate, made.key)
        return made


class _Server(uvicorn.Server):
    """One that ends as soon as it is told, not at a tick of its own."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.left = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.left.wait()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Browser(httpx2.Client):
    """Somebody's cookies, and the CSRF word of the page he saw last; follows no redirects."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, verify=False, timeout=20.0, headers={"Accept": "text/html"})
        self.csrf = ""

    def __enter__(self) -> Self:
        return self  # it has been used already, to sign in

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.close()

    def see(self, path: str, status: int = 200) -> str:
        """Load a page; gives its text."""
        answer = self.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:500]}"
        found = _CSRF.search(answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer.text

    def submit(self, path: str, **fields: Any) -> httpx2.Response:
        """Send a form of our page."""
        return self.post(path, data={"csrf": self.csrf, **fields})


class Served:
    """An office and its pages. The office's clock is the real one, for that is what pages go by."""

    def __init__(
        self,
        url: str,
        directory: Path,
        certificate: Certificate,
        *,
        root: bool = True,
        provider: Provider | None = None,
    ) -> None:
        self._hints = directory
        self.database = Database(url, VAULT, DatagramHint(directory))
        self.office = Office(self.database)
        self.office.now = datetime.now(UTC)
        self.reception = Reception(self.office, root=root)
        self._programs = 0
        self.web: Web | None = None
        self._provider = provider
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._certificate = certificate
        self._thread = threading.Thread(target=self._serve, name="web")
        self._server: _Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(20), "the server did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._server.left.set)
        self._thread.join(20)
        self.database.close()

    def browser(self, name: str = "root", password: str = PASSWORD) -> Browser:
        """A browser in which an account has signed in; `root` is an administrator. Without a name: nobody has."""
        browser = Browser(self.url)
        if name:
            answer = browser.post("/sign-in", data={"name": name, "password": password})
            assert answer.status_code == 303, answer.text
        return browser

    def account(self, name: str, role: Role, **fields: Any) -> Browser:
        """Enter an account and sign it in."""
        self.reception.add(name, role, **fields)
        return self.browser(name)

    def program(self, *scopes: Permission, **fields: Any) -> httpx2.Client:
        """A program with a token of these scopes; of all without any."""
        self._programs += 1
        token = self.reception.give(f"program {self._programs}", *(scopes or Permission), **fields)
        return httpx2.Client(
            base_url=self.url, verify=False, timeout=20.0, headers={"Authorization": f"Bearer {token}"}
        )

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        listener = DatagramListener(self._hints, "web")
        self.web = web_parts(self.database, listener, HASHER, tls=True, provider=self._provider)
        app = create_app(self.web)
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=self.port,
            log_config=None,
            access_log=False,
            ssl_certfile=self._certificate.certificate,
            ssl_keyfile=self._certificate.key,
            timeout_graceful_shutdown=1,
            lifespan="on",
        )
        self._loop = asyncio.get_running_loop()
        self._server = _Server(config)
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.005)
        self._started.set()
        await serving
        await listener.close()
