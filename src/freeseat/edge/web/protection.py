"""What protects the pages: headers of every answer, same-origin checks, CSRF words, bounds on bodies and rates."""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from freeseat.domain.accounts import csrf_of
from freeseat.edge.web.problems import TooMany, problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST_BODY = 64 * 1024
_LARGEST_UPLOAD = 16 * 1024 * 1024
_UPLOADS = ("/api/v1/import/", "/portal/import/", "/api/v1/plans", "/portal/floor")
_KEPT_SOURCES = 10_000


class Protection:
    """ASGI middleware: headers on every answer, and a bound on every body (octets)."""

    def __init__(self, app: App, *, tls: bool) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if tls:
            self._headers[b"strict-transport-security"] = b"max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, guarded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = _LARGEST_UPLOAD if scope["path"].startswith(_UPLOADS) else _LARGEST_BODY
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > bound:
            await problem(413, "too_large", f"a body here has at most {bound} octets")(scope, receive, send)
            return
        await self._app(scope, _bounded(receive, bound), self._with_headers(scope, send))

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        kept = b"public, max-age=31536000, immutable" if scope["path"].startswith("/static/") else b"no-store"

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                have = {name.lower() for name, _ in headers}
                headers += [(name, value) for name, value in self._headers.items() if name not in have]
                if b"cache-control" not in have:
                    headers.append((b"cache-control", kept if message["status"] == 200 else b"no-store"))
                message["headers"] = headers
            await send(message)

        return guarded


class BodyTooLarge(Exception):
    """A body without a length grew beyond its bound."""


def _bounded(receive: Receive, bound: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > bound:
            raise BodyTooLarge
        return message

    return counted


def is_same_origin(request: Request) -> bool:
    """Whether a browser sent this from one of our own pages (Fetch standard: Origin, Sec-Fetch-Site).

    A request that bears neither header comes from no browser page.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.url.netloc


def is_safe(request: Request) -> bool:
    """Whether the method only reads (RFC 9110 section 9.2.1)."""
    return request.method in _SAFE


def is_csrf_right(token: str, given: str) -> bool:
    """Whether a form or header carries the right word."""
    return hmac.compare_digest(csrf_of(token).encode(), given.encode(errors="replace"))


@dataclass(slots=True)
class Rate:
    """A bucket of tokens for each source: `burst` at once, then `per_second`. Kept in this process only."""

    burst: float
    per_second: float
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, source: str) -> None:
        """Count a request of a source. Raises TooMany."""
        now = self.clock()
        left, at = self._buckets.pop(source, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.per_second)
        allowed = left >= 1
        self._buckets[source] = (left - 1 if allowed else left, now)
        while len(self._buckets) > _KEPT_SOURCES:
            self._buckets.popitem(last=False)
        if not allowed:
            raise TooMany(max(1, round((1 - left) / self.per_second)))
