"""The stream of a page: server-sent events of the fragments it shows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from fastapi.responses import StreamingResponse

from freeseat.edge.web.live.fragments import Asked
from freeseat.edge.web.live.hub import Hub, Subscriber
from freeseat.edge.web.viewer import Viewer

_KEEPALIVE_SECONDS = 15.0
_RECHECK_SECONDS = 60.0
_RECONNECT_MILLISECONDS = 1000
MOST_FRAGMENTS = 40
"""What one page may ask for."""


async def stream(
    hub: Hub, viewer: Viewer, asked: Sequence[Asked], still_entitled: Callable[[], Awaitable[bool]]
) -> StreamingResponse:
    """Answer with the present state of these fragments and each later one, until the browser goes.

    It ends, too, when `still_entitled` says no (asked once a minute). Raises what `Hub.subscribe` raises.
    """
    subscriber = await hub.subscribe(viewer, asked)
    return StreamingResponse(
        _frames(hub, subscriber, still_entitled),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _frames(
    hub: Hub, subscriber: Subscriber, still_entitled: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    checked = time.monotonic()
    try:
        yield f"retry: {_RECONNECT_MILLISECONDS}\n\n".encode()
        while True:
            try:
                async with asyncio.timeout(_KEEPALIVE_SECONDS):
                    await subscriber.news.wait()
            except TimeoutError:
                yield b": still here\n\n"
            if frames := subscriber.take():
                yield b"".join(frames)
            if time.monotonic() - checked > _RECHECK_SECONDS:
                if not await still_entitled():
                    yield b"event: gone\ndata:\n\n"
                    return
                checked = time.monotonic()
    finally:
        hub.unsubscribe(subscriber)
