"""Samples at 8 kHz: reading WAV files of any rate, cutting silence off, bringing to one level, measuring tones."""

from __future__ import annotations

import math
import sys
import wave
from array import array
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from freeseat.edge.voice.g711 import RATE

_QUIET = 300
_KEPT = RATE // 50
_LEVEL = 4000.0
_PEAK = 30000


class NotAWave(ValueError):
    """A file is no WAV file of 16-bit samples."""


def read_wave(path: Path) -> array[int]:
    """The samples of a 16-bit WAV file of any rate and channel count, at 8 kHz, one channel. Raises NotAWave."""
    try:
        with wave.open(str(path), "rb") as opened:
            width, channels, rate = opened.getsampwidth(), opened.getnchannels(), opened.getframerate()
            data = opened.readframes(opened.getnframes())
    except (wave.Error, EOFError) as wrong:
        raise NotAWave(f"{path}: {wrong}") from wrong
    if width != 2:
        raise NotAWave(f"{path}: {8 * width} bits a sample; use 16")
    samples = array("h", data[: len(data) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return resample(samples[::channels], rate)


def resample(samples: array[int], rate: int) -> array[int]:
    """Bring samples from a rate in Hz to 8 kHz.

    Each result is the mean of the samples its span covers: cheap, and enough of a low-pass filter for speech.
    """
    if rate == RATE:
        return samples
    span = rate / RATE
    if span < 1:
        return array("h", (samples[int(at * span)] for at in range(int(len(samples) / span))))
    sums = [0, *accumulate(samples)]

    def integral(at: float) -> float:
        whole = int(at)
        rest = at - whole
        return sums[whole] + (rest * samples[whole] if rest else 0.0)

    count = int(len(samples) / span)
    edges = [
        integral(min(at * span, len(samples))) if at * span < len(samples) else sums[-1] for at in range(count + 1)
    ]
    return array("h", (int((edges[at + 1] - edges[at]) / span) for at in range(count)))


def trim(samples: array[int]) -> array[int]:
    """Without the silence at both ends, but for 20 ms."""
    loud = [at for at, sample in enumerate(samples) if abs(sample) > _QUIET]
    if not loud:
        return samples
    return samples[max(0, loud[0] - _KEPT) : loud[-1] + _KEPT]


def level(samples: array[int]) -> array[int]:
    """Brought to one loudness (root mean square -18 dBFS of the whole), without clipping."""
    loudness, peak = rms(samples), max((abs(sample) for sample in samples), default=0)
    if loudness < 1 or peak == 0:
        return samples
    gain = min(_LEVEL / loudness, _PEAK / peak)
    return array("h", (int(sample * gain) for sample in samples))


def rms(samples: Sequence[int]) -> float:
    """Root mean square of 16-bit samples; 0 for none."""
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0


def tone(hertz: float, seconds: float, amplitude: int = 8000) -> array[int]:
    """A sine tone."""
    step = 2 * math.pi * hertz / RATE
    return array("h", (int(amplitude * math.sin(step * at)) for at in range(int(RATE * seconds))))


def tone_share(samples: Sequence[int], hertz: float) -> float:
    """Which part of the energy is in a tone of that frequency, 0 to 1 (Goertzel's algorithm)."""
    energy = sum(sample * sample for sample in samples)
    if not samples or not energy:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hertz / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return min(1.0, 2 * power / (energy * len(samples)))
