"""The cookie of a sign-in, and addresses that may be led on to."""

from __future__ import annotations

from fastapi import Response

COOKIE = "__Host-freeseat"
"""Sent by HTTPS only and to this host only (RFC 6265bis section 4.1.3)."""


def set_cookie(response: Response, token: str) -> None:
    """Let the browser prove the sign-in by this token until it closes; the server ends it when it is idle."""
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="lax")


def own_path(address: str) -> str:
    """The address if it is a path of ours, else the start: nobody is sent elsewhere by a link to our form."""
    plain = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if plain and all(" " < each < "\x7f" for each in address) else "/"
