"""Digest authentication (RFC 3261 22, RFC 7616): MD5 by Kamailio's auth module, SHA-256 here.

The challenges themselves are made in kamailio.cfg (route CHALLENGE).
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
import time

import KSR

from freeseat.kamailio.config import Config

_WRONG = -2  # of pv_auth_check: the nonce is good, the response is not
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


class Verdict(enum.Enum):
    """What the credentials of a request are worth."""

    RIGHT = "right"
    WRONG = "wrong"
    STALE = "stale"


def check(config: Config, method: str, ha1: str, ha1_256: str) -> Verdict:
    """Judge the credentials of the request at hand, which has some.

    `STALE` also stands for a nonce that is not ours and for credentials that cannot be judged: both are challenged
    again and never counted (R2.15).
    """
    code = KSR.auth.pv_auth_check(config.realm, ha1, 1, 0)
    if code > 0:
        return Verdict.RIGHT
    if code == _WRONG:
        return Verdict.WRONG
    if str(KSR.pv.get("$aa") or "").upper() == "SHA-256":  # which the module takes for malformed
        header = KSR.hdr.get("Authorization" if method == "REGISTER" else "Proxy-Authorization")
        return _check_sha256(config, method, ha1_256, header) if header else Verdict.STALE
    return Verdict.STALE


def _check_sha256(config: Config, method: str, ha1: str, header: str) -> Verdict:
    given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(header)}
    if (
        given.get("realm") != config.realm
        or given.get("qop") != "auth"
        or not _is_fresh(config, given.get("nonce", ""))
    ):
        return Verdict.STALE
    ha2 = _sha256(f"{method}:{given.get('uri', '')}")
    parts = (ha1, given["nonce"], given.get("nc", ""), given.get("cnonce", ""), "auth", ha2)
    right = _same(_sha256(":".join(parts)), given.get("response", "").lower())
    return Verdict.RIGHT if right else Verdict.WRONG


def _is_fresh(config: Config, nonce: str) -> bool:
    when, _, proof = nonce.partition("-")
    if not (when.isascii() and when.isdigit() and len(when) < 12):
        return False
    if not -1 <= time.time() - int(when) <= config.nonce_seconds:
        return False
    return _same(_sha256(config.nonce_secret + when), proof)


def _same(ours: str, theirs: str) -> bool:
    return hmac.compare_digest(ours.encode(), theirs.encode())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
