"""`freeseat queue status`: who waits, who takes part, who is ready and why not (R5.6); once, or live."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from freeseat.application.queues.status import CallerSeen, MemberSeen, QueueSeen, queues_seen
from freeseat.cli.command import command
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, console, give, plain, rendered
from freeseat.cli.queues.app import app
from freeseat.cli.values import duration, yes
from freeseat.domain.queues import Readiness

if TYPE_CHECKING:
    from freeseat.store.hints import Listener

_LOOK_SECONDS = 1.0
_CALLER_HEADS = ("", "caller", "name", "waits", "rings")
_MEMBER_HEADS = ("user", "name", "registered", "logged in", "ready", "why not", "priority", "answered")
_WORDS = {
    Readiness.LOGGED_OUT: "logged out",
    Readiness.NO_DESK: "at no desk",
    Readiness.UNREGISTERED: "not registered",
    Readiness.PAUSED: "paused",
    Readiness.ON_CALL: "on a call",
    Readiness.OFFERED: "rung",
    Readiness.WRAP_UP: "wrap-up",
    Readiness.READY: "",
}


@command(app, "status", example="freeseat queue status 800 --watch")
def status(
    here: Here,
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="[NUMBER]...", help="Only these queues.", show_default=False)
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on showing it as it changes; Ctrl-C ends.")] = False,
) -> None:
    """Show how queues stand: waiting callers, and each member's three states: registered, logged in, ready.

    With --watch and --json: one JSON array a line, whenever anything has changed.
    """
    if watch:
        asyncio.run(_watch(here, numbers or []))
        return
    seen = _seen(here, numbers or [])
    give(here, [as_data(each) for each in seen], *_shown(seen))


def as_data(seen: QueueSeen) -> dict[str, object]:
    """How a queue stands, for programs. Times waited are in seconds."""
    return {
        "queue": seen.queue.number,
        "name": seen.queue.name,
        "waiting": [_caller_data(each) for each in seen.waiting],
        "longest_wait": round(seen.longest_wait, 1),
        "members": [_member_data(each) for each in seen.members],
        "logged_in": seen.logged_in,
        "ready": seen.ready,
        "unregistered": len(seen.unregistered),
        "unreg_warning": seen.warns,
        "counts": {state.value: count for state, count in seen.counts.items()},
    }


def _caller_data(caller: CallerSeen) -> dict[str, object]:
    return {
        "position": caller.position,
        "number": caller.number,
        "name": caller.name,
        "since": caller.since,
        "waits": round(caller.waits, 1),
        "offered_to": caller.offered_to,
    }


def _member_data(member: MemberSeen) -> dict[str, object]:
    return {
        "user": member.user,
        "name": member.name,
        "priority": member.priority,
        "registered": member.registered,
        "logged_in": member.logged_in,
        "ready": member.ready,
        "state": member.readiness,
        "since": member.since,
        "paused_since": member.paused_since,
        "pause_reason": member.pause_reason,
        "wrap_up_until": member.wrap_up_until,
        "misses": member.misses,
        "answered": member.answered,
    }


def _seen(here: Here, numbers: list[str]) -> list[QueueSeen]:
    return here.read(lambda tx: queues_seen(tx, numbers, here.now))


def _shown(seen: list[QueueSeen]) -> list[Listing | str]:
    """For people; a word for each queue, its callers, its members."""
    if not seen:
        return ["No queues yet; add one: freeseat queue add --help"]
    return [part for each in seen for part in _parts(each)]


def _parts(seen: QueueSeen) -> list[Listing | str]:
    waiting = f"{len(seen.waiting)} waiting" + (
        f", the longest for {_whole(seen.longest_wait)}" if seen.waiting else ""
    )
    unregistered = f", {len(seen.unregistered)} not registered" if seen.unregistered else ""
    parts: list[Listing | str] = [
        f"Queue {seen.queue.number} {seen.queue.name}: {waiting}; "
        f"{seen.ready} ready of {seen.logged_in} logged in{unregistered}; {len(seen.members)} members"
    ]
    if seen.warns:
        who = ", ".join(f"{each.user} {each.name}" for each in seen.unregistered)
        parts.append(f"warning: logged in but not reachable, so without calls: {who}")
    if seen.waiting:
        parts.append(Listing(_CALLER_HEADS, [_caller_row(each) for each in seen.waiting]))
    if seen.members:
        parts.append(Listing(_MEMBER_HEADS, [_member_row(each) for each in seen.members]))
    return parts


def _caller_row(caller: CallerSeen) -> tuple[str, ...]:
    number, rung = caller.number or "(not shown)", ", ".join(caller.offered_to)
    return str(caller.position), number, caller.name, _whole(caller.waits), rung


def _member_row(member: MemberSeen) -> tuple[str, ...]:
    why = _WORDS[member.readiness]
    if member.readiness is Readiness.PAUSED and member.pause_reason:
        why += f" ({member.pause_reason.replace('_', ' ')})"
    return (
        member.user,
        member.name,
        yes(member.registered),
        yes(member.logged_in),
        yes(member.ready),
        why,
        str(member.priority),
        str(member.answered),
    )


def _whole(seconds: float) -> str:
    return duration(int(seconds))


async def _watch(here: Here, numbers: list[str]) -> None:
    """Show it anew whenever something has changed, and every second, until interrupted."""
    from freeseat.bootstrap.database import open_listener

    listener = open_listener(here.settings, "status")
    try:
        if here.as_json:
            await _print_lines(here, numbers, listener)
        else:
            await _redraw(here, numbers, listener)
    finally:
        await listener.close()


async def _redraw(here: Here, numbers: list[str], listener: Listener) -> None:
    from rich.console import Group
    from rich.live import Live

    def drawn() -> Group:
        return Group(*(rendered(each) for each in _shown(_seen(here, numbers))))

    with Live(drawn(), console=console(), auto_refresh=False, vertical_overflow="visible") as live:
        while True:
            await listener.wait(_LOOK_SECONDS)
            live.update(drawn(), refresh=True)


async def _print_lines(here: Here, numbers: list[str], listener: Listener) -> None:
    last = ""
    while True:
        seen = _seen(here, numbers)
        state = json.dumps([_without_clock(as_data(each)) for each in seen], default=plain)
        if state != last:
            print(json.dumps([as_data(each) for each in seen], default=plain, ensure_ascii=False), flush=True)
            last = state
        await listener.wait(_LOOK_SECONDS)


def _without_clock(data: dict[str, object]) -> dict[str, object]:
    """What does not change by the passing of time alone."""
    waiting = data["waiting"]
    assert isinstance(waiting, list), "as_data makes it"
    callers = [{name: value for name, value in each.items() if name != "waits"} for each in waiting]
    return data | {"waiting": callers, "longest_wait": None}
