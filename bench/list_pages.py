"""Whole pages of lists from a running web process, as a browser gets them: `bench.lists` asks the store alone."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from tests.clients.ports import free_port

from bench.processes import stop
from bench.signed_in import administrators_cookie
from freeseat.store.database import Database

_PATIENCE = 60.0

PAGES: Mapping[str, str] = {
    "users": "/portal/users",
    "users, search of a name": "/portal/users?search=person+7777",
    "users, search that finds nothing": "/portal/users?search=nobody+xyz",
    "users, logged in": "/portal/users?logged_in=yes",
    "desks": "/portal/desks",
    "desks, search": "/portal/desks?search=02:00:00:00:1f",
    "desks, free": "/portal/desks?state=free",
    "logged in now": "/portal/desks/now",
    "past logins": "/portal/desks/past",
    "calls": "/portal/calls",
    "calls, not answered": "/portal/calls?answered=no",
    "workplaces": "/portal/workplaces",
    "workplaces, search of an address": "/portal/workplaces?search=10.7.77",
    "accounts": "/portal/accounts",
    "audit": "/portal/audit",
    "audit, of a user": "/portal/audit?user=200077",
    "audit, from an address that nothing came from": "/portal/audit?source=192.0.2.1",
    "API, users, search of a name": "/api/v1/users?search=person+7777",
    "API, events": "/api/v1/events",
}
"""Addresses by what they show."""


@contextmanager
def browser(directory: Path, url: str, key: bytes, database: Database) -> Iterator[httpx2.Client]:
    """Run `freeseat web` over the database; gives a browser in which an administrator has signed in."""
    with _web(directory, url, key) as port:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        headers = {"Cookie": administrators_cookie(database, datetime.now(UTC)), "Accept": "text/html"}
        with httpx2.Client(base_url=f"https://127.0.0.1:{port}", verify=context, timeout=30.0, headers=headers) as made:
            yield made


def seconds_of(client: httpx2.Client, address: str) -> tuple[float, int]:
    """How long a page takes until its last octet is here, and its octets. Raises RuntimeError if it is no page."""
    began = time.perf_counter()
    answer = client.get(address)
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code} {answer.text[:200]}")
    return took, len(answer.content)


@contextmanager
def _web(directory: Path, url: str, key: bytes) -> Iterator[int]:
    data = directory / "data"
    data.mkdir(mode=0o700)
    key_file = data / "secrets.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(base64.b64encode(key) + b"\n")
    port = free_port()
    own = {
        "FREESEAT_DATA_DIR": str(data),
        "FREESEAT_RUNTIME_DIR": str(directory / "run"),
        "FREESEAT_DATABASE__URL": url,
        "FREESEAT_LOG__DIR": str(directory / "log"),
        "FREESEAT_SIP__LISTEN": "127.0.0.1",
        "FREESEAT_WEB__LISTEN": "127.0.0.1",
        "FREESEAT_WEB__PORT": str(port),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FREESEAT_")}
    command = [sys.executable, "-m", "freeseat", "web"]
    log = (directory / "web.log").open("ab")
    with log:
        process = subprocess.Popen(command, env={**inherited, **own}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_for(process, port, directory / "web.log")
        yield port
    finally:
        stop(process, patience=30.0)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        with suppress(httpx2.TransportError):
            if httpx2.get(f"https://127.0.0.1:{port}/api/v1/health", verify=False, timeout=5.0).status_code == 200:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"freeseat web did not become ready:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)
