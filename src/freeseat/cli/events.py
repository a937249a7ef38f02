"""`freeseat events`: the audit log, which nobody can edit (R10.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give, plain
from freeseat.cli.values import clock, moment
from freeseat.domain.events import Event, Kind

if TYPE_CHECKING:
    from freeseat.store.hints import Listener

app = noun("The audit log: every change, login, logout and refusal, with who, when, from where, by which channel.")

_LOOK_SECONDS = 1.0
_AT_ONCE = 500


@command(app, "list", example="freeseat events list --kind login_refused --since 2h")
def list_(
    here: Here,
    user: Annotated[str, typer.Option(metavar="NUMBER", help="Only about this user.")] = "",
    phone: Annotated[str, typer.Option(metavar="NUMBER", help="Only about this phone.")] = "",
    kind: Annotated[
        list[Kind] | None,
        typer.Option(metavar="KIND", help="Only such as logged_in or login_refused; may be repeated."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only since then: 2026-05-01 (UTC), or 2h for two hours ago.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens, a line each.")] = False,
) -> None:
    """List events, the newest last. With --follow and --json: one JSON object a line."""
    after = moment("since", since, here.now) if since is not None else None
    events, position = here.read(
        lambda tx: (
            tx.events.find(user=user, phone=phone, kinds=kind or (), since=after, limit=limit)[::-1],
            tx.events.last_position(),
        )
    )
    if not follow:
        heads = ("time (UTC)", "event", "user", "phone", "by", "details")
        give(here, [as_data(each) for each in events], Listing(heads, [_row(each) for each in events], "No events."))
        return
    for event in events:
        _print_line(here, event)

    def wanted(event: Event) -> bool:
        return event.user in (user or event.user,) and event.phone in (phone or event.phone,) and (
            not kind or event.kind in kind
        )  # fmt: skip

    asyncio.run(_follow(here, position, wanted))


def as_data(event: Event) -> dict[str, object]:
    """An event for programs."""
    return {
        "position": event.position,
        "at": event.at,
        "kind": event.kind,
        "user": event.user,
        "phone": event.phone,
        "actor": event.actor.who,
        "source": event.actor.source,
        "channel": event.actor.channel,
        "data": dict(event.data),
    }


async def _follow(here: Here, position: int, wanted: Callable[[Event], bool]) -> None:
    """Print what comes behind a position, until interrupted."""
    from freeseat.bootstrap.database import open_listener

    listener = open_listener(here.settings, "events")
    try:
        while True:
            await _wait(listener)
            after = position
            events = here.read(lambda tx, after=after: tx.events.after(after, _AT_ONCE))  # type: ignore[misc]
            for event in events:
                position = event.position
                if wanted(event):
                    _print_line(here, event)
    finally:
        await listener.close()


async def _wait(listener: Listener) -> None:
    await listener.wait(_LOOK_SECONDS)


def _print_line(here: Here, event: Event) -> None:
    if here.as_json:
        print(json.dumps(as_data(event), default=plain, ensure_ascii=False), flush=True)
    else:
        print("  ".join(part for part in _row(event) if part), flush=True)


def _row(event: Event) -> tuple[str, ...]:
    actor = event.actor
    by = f"{actor.who} by {actor.channel}" + (f" from {actor.source}" if actor.source else "")
    return clock(event.at), event.kind.value, event.user, event.phone, by, _details(event.data)


def _details(data: object) -> str:
    """An event's data in one line: `name=value`, what is empty left out."""
    if not isinstance(data, dict):
        return str(data)
    return " ".join(
        f"{name}=({_details(value)})" if isinstance(value, dict) else f"{name}={value}"
        for name, value in data.items()
        if value not in ("", None, [], {})
    )
