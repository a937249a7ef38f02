"""Music on hold, composed and synthesised here, so that it is free: broken chords over a slow bass, 32 seconds."""

from __future__ import annotations

import math
from array import array

from freeseat.edge.voice.g711 import RATE

_BEAT = 0.5
"""Seconds of an eighth note."""
_CHORDS = (
    ("A2", "A3 C4 E4 A4"),
    ("F2", "F3 A3 C4 F4"),
    ("C3", "G3 C4 E4 G4"),
    ("G2", "G3 B3 D4 G4"),
    ("A2", "A3 C4 E4 B4"),
    ("F2", "A3 C4 F4 A4"),
    ("D3", "A3 D4 F4 A4"),
    ("G2", "G3 B3 D4 G4"),
)
"""Bass and the notes above it, one bar each."""
_FIGURE = (0, 1, 2, 3, 2, 1, 2, 1)
"""In which order a bar plays its notes."""
_STEPS = {"C": -9, "D": -7, "E": -5, "F": -4, "G": -2, "A": 0, "B": 2}
_PARTIALS = ((1, 1.0), (2, 0.35), (3, 0.12))
_AMPLITUDE = 3000.0
_RING_SECONDS = 2.0


def tune() -> array[int]:
    """The tune at 8 kHz; its end goes on into its beginning."""
    length = int(len(_CHORDS) * len(_FIGURE) * _BEAT * RATE)
    mixed = [0.0] * length
    for bar, (bass, chord) in enumerate(_CHORDS):
        start = bar * len(_FIGURE)
        _add(mixed, start, _note(bass, 1.0, _RING_SECONDS * 2))
        notes = chord.split()
        for place, which in enumerate(_FIGURE):
            _add(mixed, start + place, _note(notes[which], 0.8 if place else 1.0, _RING_SECONDS))
    return array("h", (max(-32000, min(32000, int(sample))) for sample in mixed))


def hertz(note: str) -> float:
    """The pitch of a note such as A4 (440 Hz), in equal temperament."""
    return float(440.0 * 2 ** (_STEPS[note[0]] / 12 + int(note[1:]) - 4))


def _note(note: str, loudness: float, seconds: float) -> list[float]:
    """A plucked note: partials that fade, the higher the sooner."""
    step = 2 * math.pi * hertz(note) / RATE
    count = int(seconds * RATE)
    attack = RATE // 100
    samples = []
    for at in range(count):
        fade = math.exp(-3.0 * at / count) * min(1.0, at / attack) * (1 - at / count)
        samples.append(_AMPLITUDE * loudness * fade * sum(part * math.sin(step * of * at) for of, part in _PARTIALS))
    return samples


def _add(mixed: list[float], beat: int, samples: list[float]) -> None:
    start = int(beat * _BEAT * RATE)
    for at, sample in enumerate(samples):
        mixed[(start + at) % len(mixed)] += sample
