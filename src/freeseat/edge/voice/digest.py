"""Digest authentication of a client (RFC 7616, RFC 8760): MD5 and SHA-256, with qop=auth or without."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
_PREFERENCE = ("SHA-256", "MD5")
ALGORITHMS = frozenset(_PREFERENCE)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate header that we can answer."""

    realm: str
    nonce: str
    algorithm: str
    qop: bool
    opaque: str = ""
    stale: bool = False


def read_challenges(headers: Iterable[str]) -> list[Challenge]:
    """The challenges we can answer, in their order."""
    found = []
    for text in headers:
        if text[:7].lower() != "digest ":
            continue
        pairs = re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', text[7:])
        fields = {name.lower(): quoted or plain for name, quoted, plain in pairs}
        algorithm = fields.get("algorithm", "MD5").upper()
        qops = {word.strip().lower() for word in fields.get("qop", "").split(",") if word.strip()}
        if algorithm not in _HASHES or "nonce" not in fields or (qops and "auth" not in qops):
            continue
        found.append(
            Challenge(
                realm=fields.get("realm", ""),
                nonce=fields["nonce"],
                algorithm=algorithm,
                qop=bool(qops),
                opaque=fields.get("opaque", ""),
                stale=fields.get("stale", "").lower() == "true",
            )
        )
    return found


def best(challenges: Iterable[Challenge], allowed: frozenset[str] = ALGORITHMS) -> Challenge | None:
    """The strongest challenge among the allowed algorithms."""
    usable = [challenge for challenge in challenges if challenge.algorithm in allowed]
    return min(usable, key=lambda challenge: _PREFERENCE.index(challenge.algorithm), default=None)


def credentials(challenge: Challenge, username: str, password: str, method: str, uri: str, cnonce: str = "") -> str:
    """The value of the Authorization header that answers a challenge."""
    digest = _HASHES[challenge.algorithm]
    first = digest(f"{username}:{challenge.realm}:{password}".encode())
    second = digest(f"{method}:{uri}".encode())
    fields = [
        f'username="{username}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.qop:
        cnonce = cnonce or secrets.token_hex(8)
        response = digest(f"{first}:{challenge.nonce}:00000001:{cnonce}:auth:{second}".encode())
        fields += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    else:
        response = digest(f"{first}:{challenge.nonce}:{second}".encode())
    fields.append(f'response="{response}"')
    if challenge.opaque:
        fields.append(f'opaque="{challenge.opaque}"')
    return "Digest " + ", ".join(fields)
