"""What a wallboard shows now (R6.4): a few statements a queue, however many calls it has had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from freeseat.application.ports import Transaction
from freeseat.application.queues.status import QueueSeen, queue_seen
from freeseat.domain.boards import Board, BoardColumn, DayCounts, day_began
from freeseat.domain.queues import Queue, Readiness


@dataclass(frozen=True, slots=True)
class BoardQueue:
    """A queue on a board. `longest_since`: since when the longest waiting caller waits, None if nobody does.

    `today` counts those who entered since midnight in the board's time zone, `red` are the figures over threshold.
    """

    number: str
    name: str
    waiting: int
    longest_since: datetime | None
    agents: Mapping[Readiness, int]
    logged_in: int
    today: DayCounts
    red: frozenset[BoardColumn]


@dataclass(frozen=True, slots=True)
class BoardSeen:
    """A board at one moment: its queues in its order, and all of them together."""

    board: Board
    at: datetime
    queues: tuple[BoardQueue, ...]
    total: BoardQueue


def board_seen(tx: Transaction, board: Board, now: datetime) -> BoardSeen:
    """What a board shows now; queues that are gone are passed over."""
    queues = _queues(tx, board)
    today = tx.queue_counts.since([queue.id for queue in queues], day_began(now, board.timezone), board.service_seconds)
    seen = [queue_seen(tx, queue, now) for queue in queues]
    shown = tuple(_queue(board, each, today.get(each.queue.id, DayCounts()), now) for each in seen)
    return BoardSeen(board, now, shown, _total(board, seen, shown, now))


def _queues(tx: Transaction, board: Board) -> Sequence[Queue]:
    by_number = {queue.number: queue for queue in tx.queues.list()}
    return [by_number[number] for number in board.queues or sorted(by_number) if number in by_number]


def _queue(board: Board, seen: QueueSeen, today: DayCounts, now: datetime) -> BoardQueue:
    since = min((caller.since for caller in seen.waiting), default=None)
    return _figures(board, seen.queue, len(seen.waiting), since, seen.counts, seen.logged_in, today, now)


def _total(board: Board, seen: Sequence[QueueSeen], shown: Sequence[BoardQueue], now: datetime) -> BoardQueue:
    """All queues together. A member of several queues counts once, with the state in which he does most."""
    states: dict[str, Readiness] = {}
    for member in (member for each in seen for member in each.members):
        known = states.get(member.user)
        if known is None or _ORDER[member.readiness] > _ORDER[known]:
            states[member.user] = member.readiness
    agents = {each: sum(state is each for state in states.values()) for each in Readiness}
    today = reduce(DayCounts.plus, (each.today for each in shown), DayCounts())
    since = min((each.longest_since for each in shown if each.longest_since is not None), default=None)
    logged_in = len(states) - agents[Readiness.LOGGED_OUT]
    return _figures(board, None, sum(each.waiting for each in shown), since, agents, logged_in, today, now)


_ORDER = {each: place for place, each in enumerate(Readiness)}


def _figures(
    board: Board,
    queue: Queue | None,
    waiting: int,
    since: datetime | None,
    agents: Mapping[Readiness, int],
    logged_in: int,
    today: DayCounts,
    now: datetime,
) -> BoardQueue:
    longest = (now - since).total_seconds() if since is not None else 0.0
    red = board.thresholds.over(
        waiting=waiting, longest_wait=longest, service_level=today.service_level, abandoned=today.abandoned
    )
    number, name = (queue.number, queue.name) if queue is not None else ("", "")
    return BoardQueue(number, name, waiting, since, agents, logged_in, today, red)
