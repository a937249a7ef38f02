"""`freeseat queue login`, `logout`, `pause`, `resume`: on somebody's behalf (R5.4, R5.7)."""

from __future__ import annotations

from typing import Annotated

import typer

from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.queues.attendance import Pausing, TakingPart, ask_to_pause, ask_to_take_part, queue_of
from freeseat.cli.command import command
from freeseat.cli.here import Here
from freeseat.cli.out import give
from freeseat.cli.queues.app import app
from freeseat.domain.queues import Queue, QueueVerb

_ALL = "all"
Member = Annotated[str, typer.Option("--user", metavar="NUMBER", help="Who.")]
Which = Annotated[
    str, typer.Option("--queue", metavar="NUMBER|all", help="Which queue; all: every queue this user is a member of.")
]


@command(app, "login", example="freeseat queue login --user 2019 --queue 800")
def login(here: Here, user: Member, queue: Which = _ALL) -> None:
    """Log a member in to a queue: from now on he takes its calls, wherever he sits."""
    _take_part(here, user, queue, QueueVerb.LOG_IN)


@command(app, "logout", example="freeseat queue logout --user 2019")
def logout(here: Here, user: Member, queue: Which = _ALL) -> None:
    """Log a member out of a queue; a call that is up goes on."""
    _take_part(here, user, queue, QueueVerb.LOG_OUT)


@command(app, "pause", example="freeseat queue pause --user 2019 --reason lunch")
def pause(
    here: Here,
    user: Member,
    queue: Which = _ALL,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")] = "",
) -> None:
    """Pause a member where he is logged in: he stays so, but is offered no calls."""
    done = here.write(lambda tx: _pause(here, tx, user, reason, queue))
    _give(here, done.user.number, done.queues, paused=True, words=f"{done.user.number} ({done.user.name}) is paused")


@command(app, "resume", example="freeseat queue resume --user 2019")
def resume(here: Here, user: Member, queue: Which = _ALL) -> None:
    """End a member's pause and wrap-up where he is logged in."""
    done = here.write(lambda tx: _pause(here, tx, user, None, queue))
    words = f"{done.user.number} ({done.user.name}) takes calls again"
    _give(here, done.user.number, done.queues, paused=False, words=words)


def _take_part(here: Here, number: str, queue: str, verb: QueueVerb) -> None:
    def do(tx: Transaction) -> TakingPart | Refusal:
        user = user_of(tx, number)
        return ask_to_take_part(tx, user, verb, _known(tx, queue), here.actor, here.now)

    done = here.write(do)
    data = {
        "user": done.user.number,
        "queues": [each.number for each in done.queues],
        "logged_in": done.logged_in,
        "applied": here.applied,
    }
    words = "logged in to" if done.logged_in else "logged out of"
    give(here, data, f"{done.user.number} ({done.user.name}) is {words} {_named(done.queues)}")


def _pause(here: Here, tx: Transaction, number: str, reason: str | None, queue: str) -> Pausing | Refusal:
    return ask_to_pause(tx, user_of(tx, number), reason, _known(tx, queue), here.actor, here.now)


def _known(tx: Transaction, queue: str) -> str:
    """The number of a queue that exists, '' for all. Raises NotFound."""
    return "" if queue == _ALL else queue_of(tx, queue).number


def _give(here: Here, user: str, queues: tuple[Queue, ...], *, paused: bool, words: str) -> None:
    data = {
        "user": user,
        "queues": [each.number for each in queues],
        "paused": paused,
        "applied": here.applied,
    }
    give(here, data, f"{words} at {_named(queues)}" if queues else f"nothing to change for {user}")


def _named(queues: tuple[Queue, ...]) -> str:
    return ", ".join(f"queue {each.number} ({each.name})" for each in queues)
