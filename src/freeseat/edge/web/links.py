"""Whole addresses of our own pages, to be copied or drawn as a QR code."""

from __future__ import annotations

from fastapi import Request


def address_of(request: Request, path: str) -> str:
    """The whole address of a path of ours, as the visitor reaches us."""
    return f"{request.url.scheme}://{request.url.netloc}{path}"
