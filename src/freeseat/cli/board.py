"""`freeseat board`: wallboards (R6.4)."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from freeseat.application.boards.directory import (
    CHANGEABLE,
    add_board,
    board_of,
    change_board,
    delete_board,
    give_board_link,
    revoke_board_link,
)
from freeseat.application.boards.status import BoardQueue, BoardSeen, board_seen
from freeseat.application.ports import Transaction
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.values import duration, items, seconds_of
from freeseat.domain.boards import Board, BoardColumn, Thresholds
from freeseat.domain.drawing import draw_token
from freeseat.domain.errors import InvalidValue
from freeseat.domain.queues import Readiness
from freeseat.domain.tokens import BOARD_LINK
from freeseat.domain.workplaces import Theme

app = noun("Wallboards: queues across the room, red when over threshold, by a read-only link.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the wallboard.")]


def _text(flag: str, meaning: str, metavar: str = "TEXT") -> Any:
    return Annotated[str | None, typer.Option(flag, metavar=metavar, help=meaning)]


FIELDS: dict[str, Any] = {
    "name": _text("--name", "A new name."),
    "queues": _text("--queues", "Its queues, by number, with commas; empty: all.", "LIST"),
    "columns": _text("--columns", f"What it shows, with commas: {', '.join(BoardColumn)}.", "LIST"),
    "language": _text("--language", "Two letters, such as en."),
    "theme": Annotated[Theme | None, typer.Option("--theme", help="How it looks.", show_default=False)],
    "timezone": _text("--timezone", "Where its days begin at midnight, such as Europe/Berlin."),
    "service": _text("--service", "Calls answered within this are in time, such as 20s.", "TIME"),
    "waiting": _text("--red-waiting", "Red with more waiting callers; never.", "COUNT"),
    "longest_wait": _text("--red-wait", "Red when somebody waits longer, such as 2m; never.", "TIME"),
    "service_level": _text("--red-service-level", "Red below so many percent in time; never.", "PERCENT"),
    "abandoned": _text("--red-abandoned", "Red with more who hung up today; never.", "COUNT"),
}


@command(app, "add", fields=FIELDS, example="freeseat board add sales --queues 800 --red-waiting 3 --red-wait 2m")
def add(here: Here, name: Name, **fields: Any) -> None:
    """Enter a wallboard."""
    board = _changed(Board(0, name), fields)
    _give(here, here.write(lambda tx: add_board(tx, board, here.actor, here.now)))


@command(app, "show", example="freeseat board show sales")
def show(here: Here, name: Name) -> None:
    """Show a wallboard and what it shows now."""
    _give(here, here.read(lambda tx: board_of(tx, name)))


@command(app, "list", example="freeseat board list")
def list_(here: Here) -> None:
    """List the wallboards."""
    boards = sorted(here.read(lambda tx: tx.boards.list()), key=lambda each: each.name)
    rows = [(each.name, ", ".join(each.queues) or "all", each.timezone, _link(each)) for each in boards]
    empty = "No wallboards. Add one: freeseat board add --help"
    give(here, [as_data(each) for each in boards], Listing(("name", "queues", "time zone", "link"), rows, empty))


@command(app, "change", fields=FIELDS, example="freeseat board change sales --theme light --red-service-level 80")
def change(here: Here, which: Name, **fields: Any) -> None:
    """Change a wallboard; where it hangs it changes at once."""

    def use_case(tx: Transaction) -> Board:
        old = board_of(tx, which)
        new = _changed(old, fields)
        changes = {name: getattr(new, name) for name in CHANGEABLE if getattr(new, name) != getattr(old, name)}
        return change_board(tx, which, changes, here.actor, here.now)

    _give(here, here.write(use_case))


@command(app, "delete", example="freeseat board delete sales")
def delete(here: Here, name: Name) -> None:
    """Delete a wallboard; its link shows nothing any more."""
    here.write(lambda tx: delete_board(tx, name, here.actor, here.now))
    give(here, {"deleted": {"board": name}}, f"board {name} is deleted")


@command(app, "link", example="freeseat board link sales")
def link(here: Here, name: Name) -> None:
    """Make a new link; it is shown this once, and the one before shows nothing any more."""
    from freeseat.bootstrap.first_run import web_address

    token = draw_token(here.randomness)
    here.write(lambda tx: give_board_link(tx, name, token, here.actor, here.now))
    url = web_address(here.settings) + BOARD_LINK + token
    give(here, {"board": name, "url": url}, url)


@command(app, "unlink", example="freeseat board unlink sales")
def unlink(here: Here, name: Name) -> None:
    """Let its link show nothing any more."""
    here.write(lambda tx: revoke_board_link(tx, name, here.actor, here.now))
    give(here, {"board": name, "url": None}, f"board {name} has no link any more")


_PLAIN = ("name", "language", "theme", "timezone")
_FIELDS_OF_BOARD = ("name", "queues", "columns", "language", "theme", "timezone", "thresholds")


def as_data(board: Board) -> dict[str, object]:
    """A wallboard for programs; never its token."""
    return {name: getattr(board, name) for name in _FIELDS_OF_BOARD if name != "thresholds"} | {
        "thresholds": asdict(board.thresholds),
        "service_seconds": board.service_seconds,
        "has_link": board.digest is not None,
    }


def _changed(board: Board, fields: dict[str, Any]) -> Board:
    """The board with the given options. Raises InvalidValue."""
    plain: dict[str, Any] = {name: fields[name] for name in _PLAIN if name in fields}
    if "queues" in fields:
        plain["queues"] = items(fields["queues"])
    if "columns" in fields:
        plain["columns"] = tuple(_column(each) for each in items(fields["columns"]))
    if "service" in fields:
        plain["service_seconds"] = seconds_of("service", fields["service"]) or 0
    red: dict[str, int | None] = {}
    for name, option in (
        ("waiting", "waiting"),
        ("service_level_percent", "service_level"),
        ("abandoned", "abandoned"),
    ):
        if option in fields:
            red[name] = _count(option, fields[option])
    if "longest_wait" in fields:
        red["longest_wait_seconds"] = seconds_of("red-wait", fields["longest_wait"])
    return replace(board, thresholds=replace(board.thresholds, **red), **plain)


def _column(text: str) -> BoardColumn:
    if text not in [*BoardColumn]:
        raise InvalidValue("columns", text, f"use some of {', '.join(BoardColumn)}")
    return BoardColumn(text)


def _count(option: str, text: str) -> int | None:
    if text in ("never", ""):
        return None
    if not text.isascii() or not text.isdigit():
        raise InvalidValue(f"red-{option.replace('_', '-')}", text, "use a whole number, or never")
    return int(text)


def _link(board: Board) -> str:
    if board.digest is not None:
        return "yes"
    return "revoked" if board.revoked_at is not None else "no"


def _give(here: Here, board: Board) -> None:
    seen = here.read(lambda tx: board_seen(tx, board, here.now))
    red = board.thresholds
    fields = {
        "queues": ", ".join(board.queues) or "all",
        "columns": ", ".join(board.columns),
        "language": board.language,
        "theme": board.theme,
        "days begin in": board.timezone,
        "in time within": duration(board.service_seconds),
        "red when": _words(red),
        "link": _link(board),
    }
    heads = ("queue", "name", "waiting", "longest wait", "ready", "on call", "answered", "abandoned", "in time")
    rows = [_row(seen, each) for each in seen.queues]
    now = {"now": [_figures(seen, each) for each in seen.queues]}
    give(here, as_data(board) | now, Sheet(f"Board {board.name}", fields), Listing(heads, rows, "no queues"))


def _words(red: Thresholds) -> str:
    parts = [f"more than {red.waiting} wait"] if red.waiting is not None else []
    parts += (
        [f"somebody waits for {duration(red.longest_wait_seconds)}"] if red.longest_wait_seconds is not None else []
    )
    parts += [f"less than {red.service_level_percent} % in time"] if red.service_level_percent is not None else []
    return (
        ", ".join([*parts, *([f"more than {red.abandoned} hung up"] if red.abandoned is not None else [])]) or "never"
    )


def _figures(seen: BoardSeen, queue: BoardQueue) -> dict[str, object]:
    wait = (seen.at - queue.longest_since).total_seconds() if queue.longest_since is not None else 0.0
    return {
        "queue": queue.number, "waiting": queue.waiting, "longest_wait": round(wait), "agents": dict(queue.agents),
        "answered": queue.today.answered, "abandoned": queue.today.abandoned,
        "service_level": queue.today.service_level, "red": sorted(queue.red),
    }  # fmt: skip


def _row(seen: BoardSeen, queue: BoardQueue) -> tuple[str, ...]:
    figures, level = _figures(seen, queue), queue.today.service_level
    return (
        queue.number, queue.name, str(queue.waiting), f"{figures['longest_wait']} s",
        str(queue.agents[Readiness.READY]), str(queue.agents[Readiness.ON_CALL]),
        str(queue.today.answered), str(queue.today.abandoned), "" if level is None else f"{level:.0f} %",
    )  # fmt: skip
