"""`freeseat follow`: the companion on the PC beside a phone (R6.5). It reads no settings and no database."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from freeseat.domain.errors import InvalidValue
from freeseat.edge.follow.occupant import Occupant
from freeseat.edge.follow.reacting import Reacting, Wanted
from freeseat.edge.follow.stream import states, token_in

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def follow(
    url: Annotated[str, typer.Option("--url", help="Address of the portal, such as https://freeseat.example:8443.")],
    token_file: Annotated[
        Path,
        typer.Option("--workplace-token-file", metavar="FILE", help="File with the workplace's link, or its token."),
    ],
    on_login: Annotated[str, typer.Option(metavar="COMMAND", help="Run when somebody comes to the free desk.")] = "",
    on_switch: Annotated[
        str, typer.Option(metavar="COMMAND", help="Run when somebody takes over; without it: logout, then login.")
    ] = "",
    on_logout: Annotated[str, typer.Option(metavar="COMMAND", help="Run when the desk becomes free.")] = "",
    run: Annotated[
        str, typer.Option(metavar="COMMAND", help="Runs on while somebody is there, such as a softphone.")
    ] = "",
    ca: Annotated[
        Path | None, typer.Option("--ca", metavar="FILE", help="Certificates to trust, if the system's don't do.")
    ] = None,
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long --run has to end by itself.", min=0.0, max=600.0)
    ] = 5.0,
) -> None:
    """Follow who is at a workplace, on the PC there, and run commands when that changes.

    Commands are argument lists; there is no shell. {user}, {name}, {phone} and {previous} are replaced, and told as
    FREESEAT_USER and so on, too. Whatever was started ends with this command.
    """
    _check_url(url)
    token_in(token_file)
    wanted = Wanted(
        _arguments("on-login", on_login),
        _arguments("on-switch", on_switch),
        _arguments("on-logout", on_logout),
        _arguments("run", run),
        patience=patience,
    )
    asyncio.run(_follow(states(url, token_file, ca, _tell), Reacting(wanted, _tell)))


async def _follow(found: AsyncIterator[Occupant | None], reacting: Reacting) -> None:
    """Until SIGTERM or SIGINT, or until the link opens nothing any more."""
    following = asyncio.create_task(_hear(found, reacting))
    acting = asyncio.create_task(reacting.carry_out())
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Where the loop takes no signals (Windows), an interrupt ends asyncio.run, and with it the tasks.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    stopped = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((following, acting, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (following, acting, stopped):
            task.cancel()
        ends = await asyncio.gather(following, acting, return_exceptions=True)
        await reacting.leave()
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _hear(found: AsyncIterator[Occupant | None], reacting: Reacting) -> None:
    async for occupant in found:
        reacting.told(occupant)


def _arguments(option: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise InvalidValue(option, text, f"write it like a command, with quotes in pairs ({error})") from None


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise InvalidValue("url", url, "use an address like https://freeseat.example:8443")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
