"""Hints that there is something new in the feed. Only a hint: followers also look by themselves from time to time.

On SQLite all processes are on one machine: a hint is an empty datagram to every socket in a directory. On PostgreSQL it
is NOTIFY, so that other nodes get it too.
"""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import make_url

_CHANNEL = "freeseat"


class Hint(Protocol):
    """Somebody who can tell the followers to look."""

    def give(self) -> None:
        """Tell them; never raises, never waits."""
        ...

    def close(self) -> None:
        """Give up what telling needs."""
        ...


class NoHint:
    """Nobody to tell: followers find out by looking."""

    def give(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class DatagramHint:
    """Empty datagrams to every socket in a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def give(self) -> None:
        """Send one to each; a full or dead socket is passed over, since its owner looks by itself anyway."""
        try:
            names = os.listdir(self.directory)  # noqa: PTH208 - once a commit: the quick way
        except OSError:
            return
        for name in names:
            try:
                self._socket.sendto(b"", f"{self.directory}/{name}")
            except OSError as error:
                if isinstance(error, ConnectionRefusedError):
                    (self.directory / name).unlink(missing_ok=True)

    def close(self) -> None:
        """Give up the socket."""
        self._socket.close()


class DatagramListener:
    """A follower's own socket in that directory; usable in one asyncio loop."""

    def __init__(self, directory: Path, name: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / f"{name}-{os.getpid()}.sock"
        self.path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self.path))

    async def wait(self, seconds: float) -> bool:
        """Wait for a hint, at most that long; True if there was one. Hints that queued up count as one."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await loop.sock_recv(self._socket, 1)
        except TimeoutError:
            return False
        while True:
            try:
                self._socket.recv(1)
            except BlockingIOError:
                return True

    async def close(self) -> None:
        """Give up the socket."""
        self._socket.close()
        self.path.unlink(missing_ok=True)


class NotifyHint:
    """PostgreSQL's NOTIFY on a connection of its own, remade when it was lost."""

    def __init__(self, url: str) -> None:
        self._url = _libpq(url)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def give(self) -> None:
        """Notify; a lost connection is remade at the next one, since followers look by themselves anyway."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=3)
            self._connection.execute(f"NOTIFY {_CHANNEL}")
        except psycopg.Error:
            self._connection = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()


class NotifyListener:
    """LISTEN on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._url = _libpq(url)
        self._connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None

    async def wait(self, seconds: float) -> bool:
        """Wait for a hint, at most that long; True if there was one. Without a database: waits, False."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=3)
                await self._connection.execute(f"LISTEN {_CHANNEL}")
            async for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                return True
        except psycopg.Error:
            self._connection = None
            await asyncio.sleep(seconds)
        return False

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()


Listener = DatagramListener | NotifyListener


def hint_for(url: str, directory: Path) -> Hint:
    """The kind of hint that fits the database."""
    return DatagramHint(directory) if make_url(url).get_backend_name() == "sqlite" else NotifyHint(url)


def listener_for(url: str, directory: Path, name: str) -> Listener:
    """The listener that fits the database."""
    if make_url(url).get_backend_name() == "sqlite":
        return DatagramListener(directory, name)
    return NotifyListener(url)


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
