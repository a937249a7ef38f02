"""Session timers as a party that never refreshes itself (RFC 4028), and what we allow and support."""

from __future__ import annotations

from freeseat.edge.voice.messages import METHODS, Headers, Request

ALLOW: Headers = (("Allow", ", ".join(METHODS)), ("Supported", "timer"))
CARRIED: Headers = (("Allow", ", ".join((*METHODS, "REFER", "NOTIFY"))), ("Supported", "replaces"))
"""The same for calls that we carry between two others: they can be transferred, and refresh themselves."""
SUPPORTED = frozenset({"timer", "replaces"})
SHORTEST = 90
"""Shortest session interval in seconds (RFC 4028, 4)."""


def session_timer(request: Request) -> Headers:
    """The headers of a 2xx that leave refreshing to the other side, or none if it does not know timers."""
    interval = _interval(request)
    if not interval or "timer" not in request.tokens("supported") | request.tokens("k"):
        return ()
    return ("Require", "timer"), ("Session-Expires", f"{interval};refresher=uac")


def too_short(request: Request) -> bool:
    """Whether a session interval is asked that is shorter than allowed: answer 422."""
    return 0 < _interval(request) < SHORTEST and "timer" in request.tokens("supported") | request.tokens("k")


def unsupported(request: Request) -> tuple[str, ...]:
    """The extensions a request requires that we don't support: answer 420 (RFC 3261, 8.2.2.3)."""
    return tuple(sorted(request.tokens("require") - SUPPORTED))


def _interval(request: Request) -> int:
    text = (request.header("session-expires") or request.header("x")).partition(";")[0].strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
