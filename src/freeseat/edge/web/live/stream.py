"""The stream of a page: server-sent events of the fragments it shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from freeseat.edge.web.live.fragments import Asked
from freeseat.edge.web.live.hub import Hub, Subscriber
from freeseat.edge.web.viewer import Viewer

_KEEPALIVE_SECONDS = 15.0
_RECHECK_SECONDS = 60.0
_RECONNECT_MILLISECONDS = 1000
HERE = b"event: here\ndata:\n\n"
"""Tells the browser after each time of silence that the connection stands; a comment its script would not see."""
GONE = b"event: gone\ndata:\n\n"
"""Tells the browser to load the page again, and that the stream ends."""
MOST_FRAGMENTS = 40
"""What one page may ask for."""


class Watch(Protocol):
    """Looks at what passes in a stream."""

    def passing(self, frames: Mapping[str, bytes]) -> list[bytes]:
        """New states of fragments by name, as they are about to be sent; gives those that may be."""
        ...

    def closed(self) -> None:
        """The stream has ended."""
        ...


async def stream(
    hub: Hub,
    viewer: Viewer,
    asked: Sequence[Asked],
    still_entitled: Callable[[], Awaitable[bool]],
    watch: Watch | None = None,
) -> StreamingResponse:
    """Answer with the present state of these fragments and each later one, until the browser goes.

    It ends, too, when `still_entitled` says no (asked once a minute), and when something that it shows is gone.
    Raises what `Hub.subscribe` raises.
    """
    subscriber = await hub.subscribe(viewer, asked)

    def ended() -> None:
        hub.unsubscribe(subscriber)
        if watch is not None:
            watch.closed()

    return _Stream(_frames(subscriber, still_entitled, watch), ended)


class _Stream(StreamingResponse):
    """A stream that tells when it has ended, even if the browser went before it began."""

    def __init__(self, frames: AsyncIterator[bytes], ended: Callable[[], None]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(frames, media_type="text/event-stream", headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


async def _frames(
    subscriber: Subscriber, still_entitled: Callable[[], Awaitable[bool]], watch: Watch | None
) -> AsyncIterator[bytes]:
    checked = time.monotonic()
    yield f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode()
    while True:
        try:
            async with asyncio.timeout(_KEEPALIVE_SECONDS):
                await subscriber.news.wait()
        except TimeoutError:
            yield HERE
        if subscriber.gone:
            yield GONE
            return
        frames = subscriber.take()
        if passing := list(frames.values()) if watch is None else watch.passing(frames):
            yield b"".join(passing)
        if time.monotonic() - checked > _RECHECK_SECONDS:
            if not await still_entitled():
                yield GONE
                return
            checked = time.monotonic()
