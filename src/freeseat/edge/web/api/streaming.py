"""`/stream`: the feed for programs, as server-sent events from a remembered position on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

import structlog
from fastapi import Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from freeseat.domain.errors import FreeseatError, InvalidValue, Unavailable
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body
from freeseat.edge.web.api.records import event_answer
from freeseat.edge.web.api.resource import Caller, Everywhere, Parts, Resource
from freeseat.edge.web.context import Web, source_of
from freeseat.edge.web.entrance import ForgedRequest, api_caller
from freeseat.edge.web.problems import TooMany
from freeseat.edge.web.protection import is_same_origin

log = structlog.get_logger(__name__)

streaming = Resource("stream", "What happens, as it happens.")

_MOST = 100
_AT_ONCE = 200
_KEEPALIVE_SECONDS = 15.0
_RECHECK_SECONDS = 60.0
_LOOK_SECONDS = 1.0
_LARGEST = 2**63 - 1
_open: set[object] = set()


class StreamAsked(Body):
    """Which events."""

    after: int | None = Field(
        None, ge=0, le=_LARGEST, description="Events behind this position; only new ones without. 0 is the beginning."
    )
    kinds: frozenset[Kind] = Field(frozenset(), description="Only these kinds.")


@streaming.get(
    "/stream",
    Everywhere(Permission.AUDIT_READ),
    response_class=StreamingResponse,
    responses={
        200: {"description": "Events; their data is an event of the audit log.", "content": {"text/event-stream": {}}}
    },
)
async def stream_events(
    caller: Caller,
    web: Parts,
    request: Request,
    asked: Annotated[StreamAsked, Query()],
    last_event_id: Annotated[str | None, Header(description="Where an interrupted stream goes on.")] = None,
) -> StreamingResponse:
    """Stream the feed as server-sent events: each has its position as `id` and its kind as `event`.

    After an interruption send the last `id` as `Last-Event-ID` (browsers do so by themselves): nothing is missed, and
    nothing comes twice. Every 15 seconds without an event there is a comment. It ends when the token holds no more.
    """
    if not is_same_origin(request):
        raise ForgedRequest("streams are for programs and our own pages")
    web.rates.streams.take(source_of(request))
    if len(_open) >= _MOST:
        raise TooMany(10)
    position = _position(last_event_id) if last_event_id else asked.after
    if position is None:
        position = await web.read(lambda tx: tx.events.last_position())
    frames = _frames(web, request, position, asked.kinds)
    return StreamingResponse(frames, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _frames(web: Web, request: Request, position: int, kinds: frozenset[Kind]) -> AsyncIterator[bytes]:
    mark = object()
    _open.add(mark)
    checked = told = time.monotonic()
    try:
        yield b"retry: 1000\n\n"
        while True:
            arrival = web.hub.arrival
            events = await _behind(web, position)
            if events:
                position = events[-1].position
                wanted = [event for event in events if not kinds or event.kind in kinds]
                if wanted:
                    told = time.monotonic()
                    yield b"".join(_frame(event) for event in wanted)
            if time.monotonic() - checked > _RECHECK_SECONDS:
                checked = time.monotonic()
                if not await _still_entitled(request):
                    return
            if len(events) < _AT_ONCE:
                await _wait(arrival)
            if time.monotonic() - told > _KEEPALIVE_SECONDS:
                told = time.monotonic()
                yield b": still here\n\n"
    finally:
        _open.discard(mark)


async def _behind(web: Web, position: int) -> list[Event]:
    try:
        return await web.read(lambda tx: tx.events.after(position, _AT_ONCE))
    except Unavailable as error:
        log.warning("stream.waits_for_database", error=str(error))
        await asyncio.sleep(_LOOK_SECONDS)
        return []


async def _wait(arrival: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_KEEPALIVE_SECONDS):
            await arrival.wait()
    except TimeoutError:
        return


async def _still_entitled(request: Request) -> bool:
    try:
        caller = await api_caller(request)
        caller.require_everywhere(Permission.AUDIT_READ)
    except Unavailable:
        return True
    except FreeseatError:
        return False
    return True


def _frame(event: Event) -> bytes:
    data = event_answer(event).model_dump_json()
    return f"id: {event.position}\nevent: {event.kind.value}\ndata: {data}\n\n".encode()


def _position(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST):
        raise InvalidValue("Last-Event-ID", text[:80], "use the `id` of the last event")
    return int(text)
