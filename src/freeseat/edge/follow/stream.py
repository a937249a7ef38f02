"""The workplace's stream: server-sent events of JSON, taken up again with growing pauses whenever it is lost."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2

from freeseat.domain.errors import FreeseatError, InvalidValue
from freeseat.edge.follow.occupant import Occupant

_PATH = "/desk/follow"
_CONNECT_SECONDS = 10.0
_SILENCE_SECONDS = 40.0
"""The server says something every 15 seconds; longer silence is a lost connection."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0


class LinkOver(FreeseatError):
    """The workplace's token opens nothing, or nothing any more."""

    code = "not_allowed"


class _Lost(Exception):
    """The connection did not come about, or was lost; says how."""


def token_in(file: Path) -> str:
    """The token that a file holds, or the end of a link in it. Raises InvalidValue or OSError."""
    text = file.read_text(encoding="utf-8").strip()
    token = text.rpartition("/")[2] if "/" in text else text
    if not token or not all("!" <= each <= "~" for each in token):
        raise InvalidValue("workplace-token-file", str(file), "put the workplace's link or its token into the file")
    return token


async def states(
    url: str, token_file: Path, ca: Path | None, tell: Callable[[str], None]
) -> AsyncIterator[Occupant | None]:
    """Who is at the workplace: at once, and whenever that changes; for ever.

    Raises LinkOver when the token opens nothing any more, InvalidValue for a file that holds no token or certificate.
    """
    trust = _trust(ca)
    pause, quiet = _FIRST_PAUSE, False
    while True:
        try:
            async for occupant in _connected(url, token_in(token_file), trust):
                if quiet:
                    tell("connected again")
                pause, quiet = _FIRST_PAUSE, False
                yield occupant
            lost = "the server has ended the stream"
        except _Lost as error:
            lost = str(error)
        if not quiet:
            tell(f"no connection ({lost}); it is tried again")
            quiet = True
        await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads PCs, hides nothing
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _connected(url: str, token: str, trust: ssl.SSLContext | bool) -> AsyncIterator[Occupant | None]:
    timeout = httpx2.Timeout(_CONNECT_SECONDS, read=_SILENCE_SECONDS)
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    try:
        async with (
            httpx2.AsyncClient(timeout=timeout, verify=trust) as client,
            client.stream("GET", url.rstrip("/") + _PATH, headers=headers) as answer,
        ):
            if answer.status_code in (401, 403):
                raise LinkOver("this token opens no workplace; ask for a new link")
            if answer.status_code != 200:
                raise _Lost(f"status {answer.status_code}")
            async for name, data in _events(answer.aiter_lines()):
                if name == "gone":
                    return
                if name == "desk-who":
                    yield _occupant(data)
    except (httpx2.HTTPError, OSError) as error:
        raise _Lost(str(error) or type(error).__name__) from error


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """Events as pairs of type and data (HTML Living Standard section 9.2.6)."""
    name, data = "", []
    async for line in lines:
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line:
            if name or data:
                yield name, "\n".join(data)
            name, data = "", []


def _occupant(data: str) -> Occupant | None:
    try:
        who = json.loads(data)
        if who["user"] is None:
            return None
        return Occupant(str(who["user"]), str(who["name"] or ""), str(who["phone"] or ""))
    except (ValueError, KeyError, TypeError) as error:
        raise _Lost("the server says what is not understood; is it as new as this command?") from error


def _trust(ca: Path | None) -> ssl.SSLContext | bool:
    if ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca))
    except ssl.SSLError:
        raise InvalidValue("ca", str(ca), "give a file of certificates in PEM form") from None
