"""G.711: µ-law and A-law to and from 16-bit samples, by tables (ITU-T G.711)."""

from __future__ import annotations

from array import array

from freeseat.edge.voice.sdp import PCMA, PCMU

RATE = 8000
"""Samples a second."""
FRAME = 160
"""Samples of 20 ms."""
SILENCE = {PCMU: b"\xff" * FRAME, PCMA: b"\xd5" * FRAME}
"""One frame of silence, by codec."""


def _mu_sample(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -magnitude if code & 0x80 else magnitude


def _a_sample(code: int) -> int:
    code ^= 0x55
    exponent, mantissa = (code & 0x70) >> 4, (code & 0x0F) << 4
    magnitude = mantissa + 8 if exponent == 0 else mantissa + 0x108 << exponent - 1
    return magnitude if code & 0x80 else -magnitude


_DECODE = {
    PCMU: array("h", (_mu_sample(code) for code in range(256))),
    PCMA: array("h", (_a_sample(code) for code in range(256))),
}


def _nearest(table: array[int]) -> bytes:
    """The code nearest to each sample, by the sample's upper 14 bits plus 8192."""
    ordered = sorted(range(256), key=lambda code: (table[code], code))
    codes = bytearray()
    at = 0
    for step in range(-8192, 8192):
        sample = step * 4 + 2
        while at < 255 and abs(table[ordered[at + 1]] - sample) <= abs(table[ordered[at]] - sample):
            at += 1
        codes.append(ordered[at])
    return bytes(codes)


_ENCODE = {codec: _nearest(table) for codec, table in _DECODE.items()}


def decode(codec: str, payload: bytes) -> array[int]:
    """16-bit samples of a payload in `PCMU` or `PCMA`."""
    table = _DECODE[codec]
    return array("h", (table[code] for code in payload))


def encode(codec: str, samples: array[int]) -> bytes:
    """A payload in `PCMU` or `PCMA` of 16-bit samples."""
    table = _ENCODE[codec]
    return bytes(table[(sample >> 2) + 8192] for sample in samples)
