"""What every handler of the pages and the API works with, and how a page is put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from urllib.parse import quote, unquote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from freeseat.application.accounts.ports import Hasher
from freeseat.application.ports import Database, Transaction
from freeseat.edge.web.importing import Imports
from freeseat.edge.web.live.fragments import Asked, Fragments
from freeseat.edge.web.live.hub import Hub
from freeseat.edge.web.protection import Rate
from freeseat.edge.web.provider import Provider
from freeseat.edge.web.rendering import placed, render, render_fragment
from freeseat.edge.web.viewer import Viewer

T = TypeVar("T")
_NOTICE = "freeseat-notice"


@dataclass(frozen=True, slots=True)
class Rates:
    """How often one source may do things, each a bucket of its own."""

    sign_in: Rate = field(default_factory=lambda: Rate(burst=10, per_second=0.2))
    api: Rate = field(default_factory=lambda: Rate(burst=400, per_second=100))
    streams: Rate = field(default_factory=lambda: Rate(burst=600, per_second=20))


@dataclass(frozen=True, slots=True)
class Web:
    """The parts that `bootstrap` has put together for this process; `tls` tells whether browsers come by HTTPS.

    `metrics` gives what Prometheus is told and its media type; it blocks. `imports` are those of this process.
    """

    database: Database
    hub: Hub
    fragments: Fragments
    hasher: Hasher
    provider: Provider | None = None
    tls: bool = True
    rates: Rates = field(default_factory=Rates)
    metrics: Callable[[], tuple[bytes, str]] | None = None
    imports: Imports = field(default_factory=Imports)

    async def read(self, question: Callable[[Transaction], T]) -> T:
        """Answer a question of one consistent snapshot, without holding up other requests. Raises Unavailable."""
        return await asyncio.to_thread(self.database.read, question)

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Run a use case; gives its result once it is committed. Raises what it raises, and Unavailable."""
        return await asyncio.wrap_future(self.database.submit(use_case))


def web_of(request: Request) -> Web:
    """The parts behind this request: a dependency of handlers."""
    return cast(Web, request.app.state.web)


def now() -> datetime:
    """The present moment, for use cases."""
    return datetime.now(UTC)


def source_of(request: Request) -> str:
    """The address a request came from; behind a trusted proxy, what that says (the server sees to it)."""
    return request.client.host if request.client else ""


async def page(
    request: Request,
    viewer: Viewer,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    question: Callable[[Transaction], Mapping[str, Any]] | None = None,
    live: Iterable[Asked] = (),
    status: int = 200,
) -> HTMLResponse:
    """Answer with a page in the viewer's language.

    `question` gives further values from the database; `live` names fragments, which the template finds as `live[name]`,
    the first of that name, and by their text form; all of one snapshot. Raises what views and questions raise.
    """
    web = web_of(request)
    notices = _notices(request)
    given = {"notices": notices, **(values or {})}

    def answer(tx: Transaction) -> str:
        found = question(tx) if question else {}
        shown: dict[str, str] = {}
        for asked in live:
            shown[str(asked)] = _fragment(web.fragments, tx, asked, viewer)
            shown.setdefault(asked.name, shown[str(asked)])
        return render(template, viewer, {**given, **found, "live": shown})

    text = await web.read(answer) if question or live else render(template, viewer, given)
    response = HTMLResponse(text, status)
    if notices:
        response.delete_cookie(_NOTICE, path="/", secure=True, httponly=True, samesite="strict")
    return response


def _fragment(fragments: Fragments, tx: Transaction, asked: Asked, viewer: Viewer) -> str:
    fragment = fragments.of(asked)
    seen = fragment.view(tx, dict(asked.params), viewer, now())
    return placed(asked, render_fragment(fragment.template, seen, viewer))


def go(address: str, notice: str = "", kind: str = "good") -> RedirectResponse:
    """After a change: on to a page (RFC 9110 section 15.4.4), which shows the notice once: good, warn or busy."""
    response = RedirectResponse(address, 303)
    if notice:
        value = quote(f"{kind}:{notice}", safe="")
        response.set_cookie(_NOTICE, value, max_age=30, path="/", secure=True, httponly=True, samesite="strict")
    return response


def _notices(request: Request) -> list[tuple[str, str]]:
    kind, _, text = unquote(request.cookies.get(_NOTICE, "")).partition(":")
    return [(text[:500], kind)] if kind in ("good", "warn", "busy") and text else []
