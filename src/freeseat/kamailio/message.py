"""Small questions about the request or reply at hand. KSR functions answer 1 or -1: here they become bool."""

from __future__ import annotations

import ipaddress
import re

import KSR

_INSTANCE = re.compile(r'\+sip\.instance\s*=\s*"<?([^">]*)>?"', re.IGNORECASE)


class BadText(ValueError):
    """What a message says here holds a NUL, which ends a text for every C function, in KSR and in a database."""


def text(name: str) -> str:
    """Value of a pseudo-variable, empty where it has none. Raises UnicodeDecodeError, BadText."""
    value = KSR.pv.get(name)
    found = "" if value is None else str(value)
    if "\0" in found:
        raise BadText(name)
    return found


def free_text(name: str) -> str:
    """The same for what people write, as User-Agent: empty where it is no sound text."""
    try:
        return text(name)
    except (UnicodeDecodeError, BadText):
        return ""


def source() -> str:
    """IP address the message came from, in its short form."""
    return short(str(KSR.pv.get("$si")))


def short(address: str) -> str:
    """An IP address, as Kamailio writes it, in its short form (RFC 5952)."""
    return ipaddress.ip_address(address.strip("[]")).compressed if ":" in address else address


def instance() -> str:
    """`+sip.instance` of the first Contact (RFC 5626 4.1), or empty."""
    found = _INSTANCE.search(text("$ct"))
    return found.group(1) if found else ""


def challenge(method: str, *, stale: bool = False) -> None:
    """Challenge the request: 401 for REGISTER, 407 for all else."""
    KSR.pv.sets("$var(challenge)", ("www" if method == "REGISTER" else "proxy") + ("-stale" if stale else ""))
    KSR.route("CHALLENGE")


def reply(code: int, reason: str, *headers: str) -> None:
    """Answer the request with `code`; each of `headers` is a whole line without its end."""
    for header in headers:
        KSR.hdr.append_to_reply(header + "\r\n")
    KSR.sl.send_reply(code, reason)


def wrong_pins(address: str, user: str) -> int:
    """How many wrong PINs `user` has had from `address` lately, outside REGISTER."""
    return int(KSR.htable.sht_get("f", f"pin/{address}/{user}") or 0)


def count_wrong_pin(address: str, user: str) -> None:
    """Remember one more."""
    KSR.htable.sht_inc("f", f"pin/{address}/{user}")


def refuse(method: str, address: str, user: str, limit: int) -> None:
    """Refuse wrong credentials; whoever goes on past `limit` gets no answer and no more log lines.

    The right ones are always let in: nobody can shut out a phone by guessing beside it.
    """
    key = f"{address}/{user}"
    KSR.htable.sht_inc("f", key)
    refused = int(KSR.htable.sht_get("f", key) or 1)
    if refused <= limit:
        KSR.notice(f"event=refused method={method} user={user} source={address} reason=digest times={refused}\n")
        reply(403, "Forbidden")
