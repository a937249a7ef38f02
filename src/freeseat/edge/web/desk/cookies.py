"""The cookies of workplaces: one each, so that a browser can have several in windows of their own (R6.3)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

_PREFIX = "__Host-freeseat-desk-"
_LASTS = 400 * 86_400
"""Seconds; as long as browsers keep any cookie (RFC 6265bis section 5.5). The link can be taken away at any time."""
_MOST = 50


def token_in(cookies: Mapping[str, str], workplace_id: int) -> str:
    """The token of a workplace that a browser has; '' for none."""
    return cookies.get(f"{_PREFIX}{workplace_id}", "")


def tokens_in(cookies: Mapping[str, str]) -> dict[int, str]:
    """All tokens of workplaces that a browser has, by the workplace's id."""
    found = {}
    for name, token in list(cookies.items())[:_MOST]:
        number = name.removeprefix(_PREFIX)
        if name != number and number.isascii() and number.isdigit() and len(number) < 12:
            found[int(number)] = token
    return found


def keep_token(response: Response, workplace_id: int, token: str) -> None:
    """Let this PC show a workplace from now on."""
    name = f"{_PREFIX}{workplace_id}"
    response.set_cookie(name, token, max_age=_LASTS, path="/", secure=True, httponly=True, samesite="lax")


def forget_token(response: Response, workplace_id: int) -> None:
    """Let this PC show a workplace no more."""
    name = f"{_PREFIX}{workplace_id}"
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
