"""The streams of a desk: its page's, which is the agent client's presence, and that of `freeseat follow`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from freeseat.application.ports import Transaction
from freeseat.application.workplaces.desk import shown_queues
from freeseat.edge.web.context import source_of, web_of
from freeseat.edge.web.desk.entrance import LONGEST, AtDesk, Here, LinkOver, at_desk, workplace_of_token
from freeseat.edge.web.desk.fragments import MINE, OWN, QUEUE, WHO
from freeseat.edge.web.entrance import ForgedRequest
from freeseat.edge.web.live.fragments import Asked
from freeseat.edge.web.live.presence import Presence
from freeseat.edge.web.live.routes import asked_for
from freeseat.edge.web.live.stream import stream
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.protection import is_same_origin
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
_WHO = Asked(WHO.name)


class _Page:
    """Watches who is at the desk: tells the presence, and keeps back what is not his to see."""

    def __init__(self, presence: Presence, here: AtDesk, page: str, asked: Sequence[Asked]) -> None:
        self._presence, self._page, self._asked = presence, page, {str(each): each for each in asked}
        self._desk = here.desk.key
        self._queues: frozenset[str] = frozenset()
        self._user: object = object()
        presence.opened(self._desk, page, here.queue)

    def passing(self, frames: Mapping[str, bytes]) -> list[bytes]:
        """See `live.stream.Watch`."""
        if (told := frames.get(str(_WHO))) is not None:
            who = _data(told)
            self._queues = frozenset(cast("list[str]", who["queues"]))
            if who["user"] != self._user:
                self._presence.tell(self._desk, self._page)
            self._user = who["user"]
        return [frame for name, frame in frames.items() if self._may(name)]

    def closed(self) -> None:
        """See `live.stream.Watch`."""
        self._presence.closed(self._desk, self._page)

    def _may(self, name: str) -> bool:
        asked = self._asked.get(name)
        if asked is None:
            return False
        return asked.name != QUEUE.name or dict(asked.params).get("queue") in self._queues


def _data(frame: bytes) -> dict[str, object]:
    lines = frame.decode().splitlines()
    found = json.loads("\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: ")))
    assert isinstance(found, dict)
    return found


@router.get("/desk/{kind}/{which}/live/{page}")
async def live(request: Request, here: Here, kind: str, which: str, page: str) -> StreamingResponse:
    """Server-sent events of a desk's page, of which `page` is a random name."""
    web = web_of(request)
    if not is_same_origin(request):
        raise ForgedRequest("streams are for our own pages")
    web.rates.streams.take(source_of(request))
    wanted = asked_for(request.query_params.getlist("f"))
    queues = await web.read(lambda tx: _queues(tx, here))
    # What he may not see is passed over: the page has not seen yet that somebody else is there, and will ask anew.
    asked = [each for each in wanted if each.name in (OWN.name, MINE.name) or _is_of(each, queues)]

    async def still_entitled() -> bool:
        try:
            return (await at_desk(request, kind, which)).credential == here.credential
        except (LinkOver, NotSignedIn):
            return False

    watch = _Page(request.app.state.presence, here, page[:LONGEST], asked)
    try:
        return await stream(web.hub, here.viewer, [_WHO, *asked], still_entitled, watch)
    except BaseException:
        watch.closed()
        raise


@router.get("/desk/follow")
async def follow(request: Request) -> StreamingResponse:
    """Who is at a workplace, as JSON in server-sent events, for the companion on the PC (R6.5)."""
    web = web_of(request)
    web.rates.streams.take(source_of(request))
    workplace, credential = await workplace_of_token(request)

    async def still_entitled() -> bool:
        try:
            return (await workplace_of_token(request))[0].id == workplace.id
        except NotSignedIn:
            return False

    return await stream(web.hub, Viewer(credential), [_WHO], still_entitled)


def _queues(tx: Transaction, here: AtDesk) -> frozenset[str]:
    return frozenset(each.number for each in shown_queues(tx, here.desk, here.user)) if here.user else frozenset()


def _is_of(asked: Asked, queues: frozenset[str]) -> bool:
    return asked.name == QUEUE.name and dict(asked.params).get("queue") in queues
