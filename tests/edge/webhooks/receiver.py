"""The other side of a webhook: a small HTTP server that remembers what it was told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Told:
    """A request."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers every request with what `answer` gives for it: a status line and perhaps headers; '' never answers."""

    answer: Callable[[Told], str] = lambda _: "204 No Content"
    told: list[Told] = field(default_factory=list)
    port: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *rest = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
            told = Told(line, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
            self.told.append(told)
            self.news.set()
            answer = self.answer(told)
            if not answer:
                await reader.read()
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the sender has had enough
        finally:
            writer.close()

    async def until(self, count: int, seconds: float = 10.0) -> list[Told]:
        """Wait until so many requests have come."""
        async with asyncio.timeout(seconds):
            while len(self.told) < count:
                self.news.clear()
                await self.news.wait()
        return self.told


@asynccontextmanager
async def receiving(receiver: Receiver, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens on a free port of loopback."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
