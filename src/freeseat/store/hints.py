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

from sqlalchemy import make_url


class Hint(Protocol):
    """Somebody who can tell the followers to look."""

    def give(self) -> None:
        """Tell them; never raises, never waits."""
        ...

    def close(self) -> None:
        """Give up what telling needs."""
        ...


class Listener(Protocol):
    """A follower's ear for hints; usable in one asyncio loop."""

    async def wait(self, seconds: float) -> bool:
        """Wait for a hint, at most that long; True if there was one."""
        ...

    async def close(self) -> None:
        """Give up what listening needs."""
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


def hint_for(url: str, directory: Path) -> Hint:
    """The kind of hint that fits the database; what PostgreSQL needs is loaded only for it."""
    if make_url(url).get_backend_name() == "sqlite":
        return DatagramHint(directory)
    from freeseat.store.notify import NotifyHint

    return NotifyHint(url)


def listener_for(url: str, directory: Path, name: str) -> Listener:
    """The listener that fits the database."""
    if make_url(url).get_backend_name() == "sqlite":
        return DatagramListener(directory, name)
    from freeseat.store.notify import NotifyListener

    return NotifyListener(url)
