"""A wallboard's page, its fragment and its stream. The token in the address is the only credential (R6.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from freeseat.application.boards.directory import board_by_token
from freeseat.application.boards.status import board_seen
from freeseat.application.ports import Transaction
from freeseat.domain.boards import Board, day_began
from freeseat.domain.errors import FreeseatError
from freeseat.domain.tokens import BOARD_LINK
from freeseat.edge.web.boards.words import COLUMNS
from freeseat.edge.web.context import page, source_of, web_of
from freeseat.edge.web.entrance import ForgedRequest
from freeseat.edge.web.live import interests
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen
from freeseat.edge.web.live.stream import stream
from freeseat.edge.web.problems import NotSignedIn
from freeseat.edge.web.protection import is_same_origin
from freeseat.edge.web.signing_in import viewer_of_nobody
from freeseat.edge.web.texts import language_for
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
_INTO_NEXT_DAY = timedelta(hours=26)
"""From midnight; days have 23 to 25 hours."""


class BoardOver(FreeseatError):
    """The board's link shows nothing any more."""

    code = "not_found"


@dataclass(frozen=True, slots=True)
class BoardCredential:
    """What opens a board: the token that gave this digest."""

    board_id: int
    digest: str

    @property
    def shared_key(self) -> str:
        """One board is the same on every wall."""
        return f"board {self.board_id} {self.digest}"


@router.get(BOARD_LINK + "{token}")
async def show(request: Request, token: str) -> HTMLResponse:
    """The board."""
    web = web_of(request)
    web.rates.streams.take(source_of(request))
    board = await web.read(lambda tx: board_by_token(tx, token))
    if board is None:
        return await page(request, viewer_of_nobody(request), "boards/over.html", status=404)
    values = {"board": board, "stream": f"{BOARD_LINK}{token}/live"}
    return await page(request, _viewer(board), "boards/board.html", values, live=[Asked(BOARD.name)])


@router.get(BOARD_LINK + "{token}/live")
async def live(request: Request, token: str) -> StreamingResponse:
    """Its figures, as server-sent events. The stream ends with the link."""
    web = web_of(request)
    if not is_same_origin(request):
        raise ForgedRequest("streams are for our own pages")
    web.rates.streams.take(source_of(request))
    board = await web.read(lambda tx: board_by_token(tx, token))
    if board is None:
        raise BoardOver("this link shows nothing any more")

    async def still_entitled() -> bool:
        found = await web.read(lambda tx: board_by_token(tx, token))
        return found is not None and found.id == board.id

    return await stream(web.hub, _viewer(board), [Asked(BOARD.name)], still_entitled)


def _viewer(board: Board) -> Viewer:
    return Viewer(BoardCredential(board.id, board.digest or ""), language_for(board.language, ""), board.theme.value)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    credential = viewer.credential
    if not isinstance(credential, BoardCredential):
        raise NotSignedIn("this is a wallboard")
    board = tx.boards.get(id=credential.board_id)
    if board is None or board.digest != credential.digest:
        raise BoardOver("this link shows nothing any more")
    seen = board_seen(tx, board, now)
    shown = {each.number for each in seen.queues}
    keys, again = interests.of_queues(tx, [queue for queue in tx.queues.list() if queue.number in shown], now)
    times = [again, day_began(day_began(now, board.timezone) + _INTO_NEXT_DAY, board.timezone)]
    bound = board.thresholds.longest_wait_seconds
    if bound is not None:
        ends = [
            each.longest_since + timedelta(seconds=bound, milliseconds=50) for each in seen.queues if each.longest_since
        ]
        times += [each for each in ends if each > now]
    context = {"seen": seen, "columns": COLUMNS, "shown": seen.queues, "across": _across(len(seen.queues))}
    keys |= interests.QUEUES | {"kind:board_changed"}
    return Seen(context, keys, min(each for each in times if each is not None))


def _across(count: int) -> int:
    """How many tiles side by side fill a wide screen best."""
    return max(1, count) if count <= 3 else min(8, ceil(sqrt(count)))


BOARD = Fragment("board", "boards/parts/board.html", _seen)
