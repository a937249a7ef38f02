"""Wallboards: enter, change, delete, give read-only links (R6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.domain.actors import Actor
from freeseat.domain.boards import Board, check_board
from freeseat.domain.errors import NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.tokens import digest_of, digest_of_new

CHANGEABLE = frozenset(f.name for f in fields(Board)) - {"id", "digest", "revoked_at"}


def add_board(tx: Transaction, board: Board, actor: Actor, now: datetime) -> Board:
    """Enter a wallboard; it has no link yet. Raises InvalidValue, NotFound for a queue, or Clash."""
    new = replace(board, digest=None, revoked_at=None)
    _check(tx, new)
    added = tx.boards.add(new)
    _changed(tx, added.name, {"added": _shown(added)}, actor, now)
    return added


def change_board(tx: Transaction, name: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Board:
    """Change fields of a board; see CHANGEABLE. Raises NotFound, InvalidValue or Clash."""
    old = board_of(tx, name)
    new = changed_fields(old, changes, CHANGEABLE)
    if new == old:
        return old
    _check(tx, new)
    tx.boards.update(new)
    _changed(tx, new.name, {"was": old.name, "changes": _shown(new, old)}, actor, now)
    return new


def delete_board(tx: Transaction, name: str, actor: Actor, now: datetime) -> None:
    """Delete a board; its link shows nothing any more. Raises NotFound."""
    board = board_of(tx, name)
    tx.boards.delete(board)
    _changed(tx, name, {"deleted": _shown(board)}, actor, now)


def give_board_link(tx: Transaction, name: str, token: str, actor: Actor, now: datetime) -> Board:
    """Let a token (256 random bits) show a board; the one before shows nothing any more.

    Raises NotFound, or InvalidValue for a token that could be guessed.
    """
    new = replace(board_of(tx, name), digest=digest_of_new(token), revoked_at=None)
    tx.boards.update(new)
    _changed(tx, name, {"link": "given"}, actor, now)
    return new


def revoke_board_link(tx: Transaction, name: str, actor: Actor, now: datetime) -> Board:
    """The board's link shows nothing any more. Raises NotFound."""
    new = replace(board_of(tx, name), digest=None, revoked_at=now)
    tx.boards.update(new)
    _changed(tx, name, {"link": "revoked"}, actor, now)
    return new


def board_of(tx: Transaction, name: str) -> Board:
    """The board of a name. Raises NotFound."""
    board = tx.boards.get(name=name)
    if board is None:
        raise NotFound("board", name)
    return board


def board_by_token(tx: Transaction, token: str) -> Board | None:
    """The board that a token shows; None for a wrong or revoked one."""
    return tx.boards.get(digest=digest_of(token))


def _check(tx: Transaction, board: Board) -> None:
    check_board(board)
    for number in board.queues:
        queue_of(tx, number)


def _shown(board: Board, since: Board | None = None) -> dict[str, object]:
    return {name: value for name, value in shown(board, since).items() if name != "digest"}


def _changed(tx: Transaction, name: str, data: dict[str, object], actor: Actor, now: datetime) -> None:
    tx.events.append(Event(now, Kind.BOARD_CHANGED, actor, data={"board": name, **data}))
