"""`freeseat queue add`, `show`, `list`, `change`, `delete` (R5.1, R5.5, R5.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.directory import add_queue, change_queue, delete_queue
from freeseat.cli.command import command
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, Sheet, give
from freeseat.cli.queues.app import Number, app
from freeseat.cli.values import duration, seconds_of, yes
from freeseat.domain.errors import InvalidValue
from freeseat.domain.queues import Queue, QueueVerb, Strategy, queue_codes

_TIMES = {
    "ring_seconds": "ring",
    "wrap_up_seconds": "wrap-up",
    "max_wait_seconds": "max-wait",
    "announce_seconds": "announce-every",
}
_NO_BOUND = "none"


def _text(flag: str, meaning: str, metavar: str = "TEXT") -> Any:
    return Annotated[str | None, typer.Option(flag, metavar=metavar, help=meaning)]


def _flag(flag: str, meaning: str) -> Any:
    return Annotated[bool | None, typer.Option(flag, help=meaning, show_default=False)]


FIELDS: dict[str, Any] = {
    "number": _text("--number", "What callers dial.", "NUMBER"),
    "code": _text("--code", "What members dial to log in or out; code + 1 logs in, code + 0 out.", "NUMBER"),
    "name": _text("--name", "Name."),
    "strategy": Annotated[Strategy | None, typer.Option("--strategy", help="Whom a caller is offered to.")],
    "ring_seconds": _text("--ring", "How long a member is rung, such as 20s.", "TIME"),
    "wrap_up_seconds": _text(
        "--wrap-up", "How long a member is left in peace after a call, such as 30s; 0: not.", "TIME"
    ),
    "misses_until_pause": Annotated[
        int | None,
        typer.Option("--misses", metavar="COUNT", help="Unanswered offers in a row that pause a member; 0: none does."),
    ],
    "max_wait_seconds": _text("--max-wait", "Longest wait, such as 10m; or never.", "TIME"),
    "max_length": _text("--max-length", f"Most callers that may wait; or {_NO_BOUND}.", "COUNT"),
    "overflow_to": _text("--overflow-to", "Where callers go then: announce:PROMPT, number:N or reject."),
    "no_agents_to": _text("--no-agents-to", "Where they go with nobody there to take them; empty: they wait."),
    "announce_seconds": _text("--announce-every", "How often position and wait are told, such as 30s.", "TIME"),
    "language": _text("--language", "Language of what callers hear: two letters, such as en."),
    "reversed_digits": _flag(
        "--reversed-digits/--usual-digits", "Code + 0 logs in and code + 1 out, instead of the other way round (R5.1)."
    ),
    "logout_at_desk_logout": _flag(
        "--logout-at-desk-logout/--no-logout-at-desk-logout", "A desk logout is a queue logout, too (R5.5)."
    ),
    "logout_if_unregistered": _flag(
        "--logout-if-unregistered/--no-logout-if-unregistered", "Who is registered no more is logged out (R5.5)."
    ),
    "login_when_registered": _flag(
        "--login-when-registered/--no-login-when-registered", "And logged in when registered again (R5.5)."
    ),
    "no_unreg_warning": _flag(
        "--no-unreg-warning/--unreg-warning", "Do not warn of members who are logged in but not registered (R5.6)."
    ),
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A queue, how many members it has, and how many of them are logged in."""

    queue: Queue
    members: int
    logged_in: int


@command(app, "add", fields=FIELDS, example="freeseat queue add --number 800 --code 811 --name Sales --wrap-up 30s")
def add(
    here: Here,
    number: Annotated[str, typer.Option("--number", metavar="NUMBER", help="What callers dial.")],
    code: Annotated[str, typer.Option("--code", metavar="NUMBER", help="What members dial; see `change --help`.")],
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Name.")],
    **fields: Any,
) -> None:
    """Enter a queue."""
    queue = Queue(id=0, number=number, code=code, name=name, **_changes(fields))
    _give(here, here.write(lambda tx: _shown(tx, add_queue(tx, queue, here.actor, here.now))))


@command(app, "show", example="freeseat queue show 800")
def show(here: Here, number: Number) -> None:
    """Show a queue's codes and rules; how it stands tells `queue status`."""
    _give(here, here.read(lambda tx: _shown(tx, queue_of(tx, number))))


@command(app, "list", example="freeseat queue list --json")
def list_(here: Here) -> None:
    """List the queues."""
    seen = here.read(lambda tx: [_shown(tx, each) for each in sorted(tx.queues.list(), key=lambda each: each.number)])
    heads = ("number", "name", "code", "strategy", "ring", "wrap-up", "longest wait", "most waiting", "members")
    empty = "No queues yet; add one: freeseat queue add --help"
    give(here, [as_data(each) for each in seen], Listing(heads, [_row(each) for each in seen], empty))


@command(app, "change", fields=FIELDS, example="freeseat queue change 800 --strategy ring_all --max-wait 10m")
def change(here: Here, which: Number, **fields: Any) -> None:
    """Change a queue; callers who wait go on waiting."""
    _give(here, here.write(lambda tx: _shown(tx, change_queue(tx, which, _changes(fields), here.actor, here.now))))


@command(app, "delete", example="freeseat queue delete 800")
def delete(here: Here, number: Number) -> None:
    """Delete a queue nobody waits in; its members are logged out first."""
    here.write(lambda tx: delete_queue(tx, number, here.actor, here.now))
    give(here, {"deleted": {"queue": number}}, f"queue {number} is deleted")


def as_data(shown: _Shown) -> dict[str, object]:
    """A queue for programs; times in seconds, null where there is no bound; `codes` by what dialling them does."""
    queue = shown.queue
    return {
        "number": queue.number,
        "name": queue.name,
        "code": queue.code,
        "codes": _codes(queue),
        "strategy": queue.strategy,
        "ring_seconds": queue.ring_seconds,
        "wrap_up_seconds": queue.wrap_up_seconds,
        "misses_until_pause": queue.misses_until_pause,
        "max_wait_seconds": queue.max_wait_seconds,
        "max_length": queue.max_length,
        "overflow_to": queue.overflow_to,
        "no_agents_to": queue.no_agents_to,
        "announce_seconds": queue.announce_seconds,
        "language": queue.language,
        "reversed_digits": queue.reversed_digits,
        "logout_at_desk_logout": queue.logout_at_desk_logout,
        "logout_if_unregistered": queue.logout_if_unregistered,
        "login_when_registered": queue.login_when_registered,
        "no_unreg_warning": queue.no_unreg_warning,
        "members": shown.members,
        "logged_in": shown.logged_in,
    }


def _shown(tx: Transaction, queue: Queue) -> _Shown:
    attendances = tx.attendances.list(queue_id=queue.id)
    return _Shown(queue, len(tx.members.list(queue_id=queue.id)), sum(each.logged_in for each in attendances))


_VERBS = {QueueVerb.TOGGLE: "toggle", QueueVerb.LOG_IN: "log_in", QueueVerb.LOG_OUT: "log_out"}


def _codes(queue: Queue) -> dict[str, str]:
    by_verb = {verb: code for code, verb in queue_codes(queue).items()}
    return {word: by_verb[verb] for verb, word in _VERBS.items()}


def _changes(fields: dict[str, Any]) -> dict[str, Any]:
    """The given options as fields of a queue."""
    changes = dict(fields)
    for name, option in _TIMES.items():
        if name in changes:
            seconds = seconds_of(option, changes[name])
            if seconds is None and name != "max_wait_seconds":
                raise InvalidValue(option, changes[name], "use a duration like 20s or 1m")
            changes[name] = seconds
    if "max_length" in changes:
        changes["max_length"] = _bound(changes["max_length"])
    return changes


def _bound(text: str) -> int | None:
    if text in (_NO_BOUND, ""):
        return None
    if not text.isascii() or not text.isdigit():
        raise InvalidValue("max-length", text, f"use a whole number, or {_NO_BOUND}")
    return int(text)


def _give(here: Here, shown: _Shown) -> None:
    queue, codes = shown.queue, _codes(shown.queue)
    fields = {
        "name": queue.name,
        "members dial": f"{codes['toggle']} in or out, {codes['log_in']} in, {codes['log_out']} out",
        "offered by": queue.strategy.value.replace("_", " "),
        "rung for": duration(queue.ring_seconds),
        "wrap-up": duration(queue.wrap_up_seconds),
        "paused after": f"{queue.misses_until_pause} unanswered offers" if queue.misses_until_pause else "never",
        "longest wait": duration(queue.max_wait_seconds),
        "most waiting": str(queue.max_length or "any number"),
        "then to": queue.overflow_to,
        "without agents to": queue.no_agents_to or "they wait",
        "position told every": duration(queue.announce_seconds),
        "language": queue.language,
        "logged out at desk logout": yes(queue.logout_at_desk_logout),
        "logged out if unregistered": yes(queue.logout_if_unregistered),
        "logged in when registered again": yes(queue.login_when_registered),
        "unreg warning": yes(not queue.no_unreg_warning),
        "members": f"{shown.members}, {shown.logged_in} of them logged in",
    }
    give(here, as_data(shown), Sheet(f"Queue {queue.number}", fields))


def _row(shown: _Shown) -> tuple[str, ...]:
    queue = shown.queue
    return (
        queue.number,
        queue.name,
        queue.code,
        queue.strategy.value,
        duration(queue.ring_seconds),
        duration(queue.wrap_up_seconds),
        duration(queue.max_wait_seconds),
        str(queue.max_length or "-"),
        f"{shown.members} ({shown.logged_in} in)",
    )
