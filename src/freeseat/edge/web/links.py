"""The addresses of links that carry a token: made in one place, opened in another."""

from __future__ import annotations

from fastapi import Request

WORKPLACE_PAGE, WORKPLACE_LOGIN, BOARD = "/desk/open/{token}", "/desk/log-in/{token}", "/board/{token}"
"""The page of a PC beside a phone, the form to log in at a desk (its QR code), and a wallboard."""


def address_of(request: Request, path: str) -> str:
    """The whole address of a path of ours, as the visitor reaches us."""
    return f"{request.url.scheme}://{request.url.netloc}{path}"
