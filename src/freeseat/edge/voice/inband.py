"""Keys heard as tones in the audio (ITU-T Q.23, Q.24), for phones that offer no telephone-event (RFC 4733)."""

from __future__ import annotations

from array import array

from freeseat.edge.voice import g711
from freeseat.edge.voice.waves import rms, tone, tone_share

_ROWS = (697.0, 770.0, 852.0, 941.0)
_COLUMNS = (1209.0, 1336.0, 1477.0, 1633.0)
_KEYS = ("123A", "456B", "789C", "*0#D")
_BLOCK = 205
"""Samples examined at a time: 25.6 ms, at which the tones fall into the middle of Goertzel's bins."""
_QUIETEST = 200.0
_TOGETHER = 0.8
_EACH = 0.12
_OTHERS = 0.06


class ToneReceiver:
    """Turns audio into keys: a key counts once when two blocks in a row hold it, and again after two without it."""

    def __init__(self) -> None:
        self._samples = array("h")
        self._candidate = ""
        self._held = ""
        self._missed = 0

    def take(self, codec: str, payload: bytes) -> str:
        """Take a packet's audio; gives the keys that began in it, mostly none."""
        self._samples.extend(g711.decode(codec, payload))
        keys = ""
        while len(self._samples) >= _BLOCK:
            keys += self._block(_key_of(self._samples[:_BLOCK]))
            del self._samples[:_BLOCK]
        return keys

    def _block(self, key: str) -> str:
        before, self._candidate = self._candidate, key
        if key and key == self._held:
            self._missed = 0
        elif key and key == before:
            self._held, self._missed = key, 0
            return key
        else:
            self._missed += 1
            if self._missed >= 2:
                self._held = ""
        return ""


def _key_of(samples: array[int]) -> str:
    """The key whose two tones, and nothing much else, are in these samples; empty if there is none."""
    if rms(samples) < _QUIETEST:
        return ""
    rows = [tone_share(samples, hertz) for hertz in _ROWS]
    columns = [tone_share(samples, hertz) for hertz in _COLUMNS]
    row, column = max(rows), max(columns)
    if row + column < _TOGETHER or min(row, column) < _EACH:
        return ""
    if sorted(rows)[-2] > _OTHERS or sorted(columns)[-2] > _OTHERS:
        return ""
    return _KEYS[rows.index(row)][columns.index(column)]


def key_tones(key: str, seconds: float = 0.1) -> array[int]:
    """The two tones of a key, as samples. Raises ValueError for what is no key."""
    row = [key in keys for keys in _KEYS].index(True)
    low, high = tone(_ROWS[row], seconds, 6000), tone(_COLUMNS[_KEYS[row].index(key)], seconds, 6000)
    return array("h", (one + two for one, two in zip(low, high, strict=True)))
