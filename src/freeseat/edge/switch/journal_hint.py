"""Kamailio's word that it has written to the journal, so that nobody has to look for nothing.

Only a hint: an empty datagram to a socket beside the journal (docs/switch-contract.md). Who misses one looks anyway.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

NAME = "journal.sock"


class JournalHint:
    """The socket in the journal's directory; usable in one asyncio loop. Raises OSError if it cannot be made."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(self._path))
        self._path.chmod(0o660)

    async def wait(self, seconds: float) -> bool:
        """Wait for a hint, at most that long; whether there was one."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.get_running_loop().sock_recv(self._socket, 1)
        except TimeoutError:
            return False
        return True

    def forget(self) -> None:
        """Drop the hints that have come: who reads the journal after this reads all that they told of."""
        while True:
            try:
                self._socket.recv(1)
            except BlockingIOError:
                return

    def close(self) -> None:
        """Give up the socket."""
        self._socket.close()
        self._path.unlink(missing_ok=True)
