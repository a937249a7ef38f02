"""Keys of a telephone: RFC 4733 events in RTP, and SIP INFO bodies (application/dtmf-relay, application/dtmf)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

EVENTS = "0123456789*#ABCD"
"""The keys by event code (RFC 4733, table 3)."""

_STEP = 160
_END_PACKETS = 3


class EventReceiver:
    """Turns event packets into keys: each event gives its key once, with its first packet that arrives.

    A key counts at its first packet, not at its end, so that losing all end packets loses no key; retransmitted and
    reordered packets carry the same or an older timestamp and count for nothing (RFC 4733, 2.5.1.4).
    """

    def __init__(self) -> None:
        self._ssrc = -1
        self._last = 0

    def take(self, ssrc: int, timestamp: int, payload: bytes) -> str:
        """Take one packet's payload; gives the key or an empty string."""
        if len(payload) < 4 or payload[0] >= len(EVENTS):
            return ""
        if ssrc == self._ssrc and not 0 < (timestamp - self._last) & 0xFFFFFFFF < 0x80000000:
            return ""
        self._ssrc, self._last = ssrc, timestamp
        return EVENTS[payload[0]]


def event_payloads(key: str, milliseconds: int = 100) -> Iterator[bytes]:
    """The payloads of one key press, one per 20 ms, the end thrice. Raises ValueError for what is no key."""
    code = EVENTS.index(key.upper())
    total = max(milliseconds * 8, _STEP)
    for duration in range(_STEP, total, _STEP):
        yield struct.pack("!BBH", code, 10, duration)
    for _ in range(_END_PACKETS):
        yield struct.pack("!BBH", code, 0x80 | 10, total)


def key_of_info(content_type: str, body: str) -> str | None:
    """The key in the body of an INFO; empty if it holds none, None if the content type is not one of keys."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/dtmf-relay":
        found = re.search(r"^\s*Signal\s*=\s*(\S+)", body, re.IGNORECASE | re.MULTILINE)
        return _key(found.group(1)) if found else ""
    if kind == "application/dtmf":
        return _key(body.strip())
    return None


def _key(text: str) -> str:
    """A key as written by phones: itself, or its event code in decimal (10 is the star)."""
    if len(text) == 1 and text.upper() in EVENTS:
        return text.upper()
    if text.isascii() and text.isdigit() and len(text) == 2 and int(text) < len(EVENTS):
        return EVENTS[int(text)]
    return ""
