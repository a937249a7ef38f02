"""`/boards`: wallboards, what they show now, and their read-only links (R6.4)."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, StrictInt

from freeseat.application.accounts.principal import Principal
from freeseat.application.boards.directory import (
    add_board,
    board_of,
    change_board,
    delete_board,
    give_board_link,
    revoke_board_link,
)
from freeseat.application.boards.status import BoardQueue, BoardSeen, board_seen
from freeseat.application.ports import Transaction
from freeseat.domain.boards import Board, BoardColumn, DayCounts, Thresholds
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.domain.queues import Readiness
from freeseat.edge.web.api.bodies import Body, Listed, Use, answer_of, derived, whole
from freeseat.edge.web.api.resource import Caller, Everywhere, Name, Parts, Resource
from freeseat.edge.web.context import now
from freeseat.edge.web.drawing import new_link

boards = Resource("boards", "Wallboards: what is shown across the room (R6.4).")

_INNER = ("id", "digest", "revoked_at", "thresholds")


class Bounds(Body):
    """From where on a figure is red; null: never. The service level is red below its threshold, others above."""

    waiting: StrictInt | None = None
    longest_wait_seconds: StrictInt | None = None
    service_level_percent: StrictInt | None = None
    abandoned: StrictInt | None = None

    def thresholds(self) -> Thresholds:
        """As the board has them."""
        return Thresholds(**self.filled())


@derived(Board, Use.NEW, without=_INNER)
class NewBoard(Body):
    """A board to enter; without queues it shows all."""

    thresholds: Bounds = Field(default_factory=Bounds)


def _nothing() -> Bounds:
    """What was not named stays as it is."""
    return Bounds()


@derived(Board, Use.CHANGES, without=_INNER)
class BoardChanges(Body):
    """What to change of a board."""

    thresholds: Bounds = Field(default_factory=_nothing)


@derived(Board, Use.ANSWER, without=_INNER)
class BoardAnswer(Body):
    """A board; never its link."""

    thresholds: Bounds
    has_link: bool


class BoardLink(Body):
    """A board's link: told this once."""

    token: str


class Today(Body):
    """Callers who entered since midnight in the board's time zone."""

    answered: int
    in_time: int = Field(description="Those of them who waited no longer than the service level allows.")
    abandoned: int
    service_level: float | None = Field(description="In percent; null before the first call.")


@derived(BoardQueue, Use.ANSWER, without=("today", "agents"))
class BoardLine(Body):
    """A queue on a board."""

    agents: dict[Readiness, int] = Field(description="How many members are in each state.")
    today: Today


class BoardStatus(Body):
    """What a board shows at one moment."""

    name: str
    at: datetime
    columns: list[BoardColumn]
    queues: list[BoardLine]
    total: BoardLine


@boards.get("/boards", Permission.QUEUES_READ)
async def list_boards(caller: Caller, web: Parts) -> Listed[BoardAnswer]:
    """List the boards, by name: those whose queues the caller may all see."""
    found = await web.read(lambda tx: tx.boards.list())
    mine = (each for each in found if _covers(caller, each))
    return whole([_answer(each) for each in sorted(mine, key=lambda each: each.name)])


@boards.post("/boards", Everywhere(Permission.SETTINGS_WRITE), status_code=201)
async def create_board(caller: Caller, web: Parts, body: NewBoard) -> BoardAnswer:
    """Enter a board; it has no link yet."""
    given = body.filled()
    board = Board(0, **{**given, "thresholds": body.thresholds.thresholds()})
    return _answer(await web.write(lambda tx: add_board(tx, board, caller.actor, now())))


@boards.get("/boards/{name}", Permission.QUEUES_READ)
async def get_board(caller: Caller, web: Parts, name: Name) -> BoardAnswer:
    """Show how a board is set up."""
    return _answer(await web.read(lambda tx: _within(tx, name, caller)))


@boards.get("/boards/{name}/status", Permission.QUEUES_READ)
async def get_board_status(caller: Caller, web: Parts, name: Name) -> BoardStatus:
    """Tell what a board shows now."""
    return _status(await web.read(lambda tx: board_seen(tx, _within(tx, name, caller), now())))


@boards.patch("/boards/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def change_a_board(caller: Caller, web: Parts, name: Name, body: BoardChanges) -> BoardAnswer:
    """Change a board; `thresholds` are replaced as a whole."""
    given = body.given()
    if "thresholds" in given:
        given["thresholds"] = body.thresholds.thresholds()
    return _answer(await web.write(lambda tx: change_board(tx, name, given, caller.actor, now())))


@boards.delete("/boards/{name}", Everywhere(Permission.SETTINGS_WRITE))
async def delete_a_board(caller: Caller, web: Parts, name: Name) -> None:
    """Delete a board; its link shows nothing any more."""
    await web.write(lambda tx: delete_board(tx, name, caller.actor, now()))


@boards.put("/boards/{name}/link", Everywhere(Permission.SETTINGS_WRITE))
async def give_a_board_link(caller: Caller, web: Parts, name: Name) -> BoardLink:
    """Make a board's read-only link, which is in the answer, this once; the one before shows nothing any more."""
    token = new_link()
    await web.write(lambda tx: give_board_link(tx, name, token, caller.actor, now()))
    return BoardLink(token=token)


@boards.delete("/boards/{name}/link", Everywhere(Permission.SETTINGS_WRITE))
async def revoke_a_board_link(caller: Caller, web: Parts, name: Name) -> None:
    """A board's link shows nothing any more."""
    await web.write(lambda tx: revoke_board_link(tx, name, caller.actor, now()))


def _covers(caller: Principal, board: Board) -> bool:
    """Whether all that a board shows lies in the caller's sphere; one without queues shows all."""
    return caller.sphere.queues is None or (bool(board.queues) and caller.sphere.queues.issuperset(board.queues))


def _within(tx: Transaction, name: str, caller: Principal) -> Board:
    board = board_of(tx, name)
    if not _covers(caller, board):
        raise NotFound("board", name)
    return board


def _answer(board: Board) -> BoardAnswer:
    bounds = answer_of(Bounds, board.thresholds)
    return answer_of(BoardAnswer, board, {"thresholds": bounds, "has_link": board.digest is not None})


def _status(seen: BoardSeen) -> BoardStatus:
    return BoardStatus(
        name=seen.board.name,
        at=seen.at,
        columns=list(seen.board.columns),
        queues=[_line(each) for each in seen.queues],
        total=_line(seen.total),
    )


def _line(queue: BoardQueue) -> BoardLine:
    return answer_of(BoardLine, queue, {"agents": dict(queue.agents), "today": _today(queue.today)})


def _today(today: DayCounts) -> Today:
    return answer_of(Today, today, {"service_level": today.service_level})
