"""The address of the streams of pages of somebody who has signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from freeseat.domain.errors import InvalidValue
from freeseat.edge.web.context import source_of, web_of
from freeseat.edge.web.entrance import ForgedRequest, SignedIn, signed_in
from freeseat.edge.web.live.fragments import Asked
from freeseat.edge.web.live.stream import MOST_FRAGMENTS, stream
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.protection import is_same_origin

router = APIRouter(include_in_schema=False)


@router.get("/live")
async def live(request: Request, visitor: SignedIn, f: Annotated[list[str], Query()]) -> StreamingResponse:
    """Server-sent events of the fragments named by `f`."""
    web = web_of(request)
    if not is_same_origin(request):
        raise ForgedRequest("streams are for our own pages")
    web.rates.streams.take(source_of(request))

    async def still_entitled() -> bool:
        try:
            return (await signed_in(request)).viewer.key == visitor.viewer.key
        except NotSignedIn:
            return False

    return await stream(web.hub, visitor.viewer, asked_for(f), still_entitled)


def asked_for(names: list[str]) -> list[Asked]:
    """The fragments that a stream's address names. Raises InvalidValue or NotFound."""
    if len(names) > MOST_FRAGMENTS:
        raise InvalidValue("f", len(names), f"name at most {MOST_FRAGMENTS} fragments")
    return [Asked.parse(name) for name in names]
