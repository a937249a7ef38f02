"""Tokens in links: 256 random bits, of which only the digest is kept."""

from __future__ import annotations

from hashlib import sha256

from freeseat.domain.errors import InvalidValue

DESK_LINK, LOGIN_LINK, BOARD_LINK = "/desk/link/", "/desk/login/", "/board/"
"""Paths of links behind the portal's address; the token follows."""

_SHORTEST = 43
"""256 bits in base64url, without padding (RFC 4648 section 5)."""


def digest_of(token: str) -> str:
    """What is kept of a token: its SHA-256 digest in hexadecimal. A token this long needs no salt."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def digest_of_new(token: str) -> str:
    """`digest_of` for a token that is to be given out. Raises InvalidValue for one that could be guessed."""
    if len(token) < _SHORTEST:
        raise InvalidValue("token", "***", "use 256 random bits")
    return digest_of(token)
