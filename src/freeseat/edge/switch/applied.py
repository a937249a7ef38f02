"""Read your own writes: wait until this node's Kamailio carries an event, before telling a person that it holds.

The control plane answers on a Unix socket: a client sends a feed position as a line of decimal digits and gets the same
line back once the tables carry it. Voice, command line and web come through here.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

SOCKET_NAME = "applied.sock"


class Applied:
    """How far the tables are, and who waits for more. Lives in the control plane's loop."""

    def __init__(self) -> None:
        self.position = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def reach(self, position: int) -> None:
        """The tables carry this position now."""
        self.position = max(self.position, position)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if each[0] > self.position:
                self._waiting.append(each)
            elif not each[1].done():
                each[1].set_result(None)

    async def wait(self, position: int) -> None:
        """Wait until they do."""
        if self.position < position:
            reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((position, reached))
            await reached

    async def serve(self, runtime_dir: Path) -> None:
        """Answer on the socket in the runtime directory until cancelled."""
        path = runtime_dir / SOCKET_NAME
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._answer, path)
        path.chmod(0o660)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, ValueError, asyncio.IncompleteReadError):
                while line := await reader.readline():
                    await self.wait(int(line))
                    writer.write(line)
                    await writer.drain()
        finally:
            writer.close()


async def wait_applied(runtime_dir: Path, position: int, seconds: float) -> bool:
    """Wait, at most that long, until this node's Kamailio carries the event at a position; whether it does.

    False if the control plane does not run or is late: the login stands all the same.
    """
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_unix_connection(runtime_dir / SOCKET_NAME)
            try:
                writer.write(b"%d\n" % position)
                await writer.drain()
                return bool(await reader.readline())
            finally:
                writer.close()
    except (TimeoutError, OSError):
        return False
