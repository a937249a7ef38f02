"""Tones and recordings: what was sent, and a measurement of what was heard.

All audio is 8,000 samples a second, mono, 16 bit signed little-endian, as G.711 (RFC 3551 section 4.5.14) carries it.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

RATE = 8_000
"""Samples a second."""
_HEADER = 44  # a canonical WAV header; sizes in it are not yet right while a recording runs, so they are not read
_FRAME = RATE // 50


def _mu_law_sample(code: int) -> int:
    """One sample of a mu-law code (ITU-T G.711, table 2a)."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -magnitude if code & 0x80 else magnitude


MU_LAW = array("h", (_mu_law_sample(code) for code in range(256)))
"""Sample of each mu-law code."""
_LOW, _HIGH = bytes(sample & 0xFF for sample in MU_LAW), bytes(sample >> 8 & 0xFF for sample in MU_LAW)


def mu_law_decoded(codes: bytes) -> bytes:
    """PCM of mu-law bytes."""
    pcm = bytearray(2 * len(codes))
    pcm[::2], pcm[1::2] = codes.translate(_LOW), codes.translate(_HIGH)
    return bytes(pcm)


def mu_law_encoded(pcm: bytes) -> bytes:
    """Mu-law bytes of PCM (ITU-T G.711)."""
    samples = array("h")
    samples.frombytes(pcm)
    return bytes(_mu_law_code(sample) for sample in samples)


def _mu_law_code(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + 0x84
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> exponent + 3) & 0x0F) & 0xFF


def tone(hz: float, seconds: float, amplitude: int = 8_000) -> bytes:
    """A sine as PCM; ``hz`` and ``amplitude`` (of 32,767) of the peak."""
    step = 2 * math.pi * hz / RATE
    return array("h", (round(amplitude * math.sin(step * n)) for n in range(round(RATE * seconds)))).tobytes()


def write_wav(file: Path, pcm: bytes) -> None:
    """Write PCM as a WAV file."""
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm)


def read_wav(file: Path) -> bytes:
    """PCM of a WAV file that may still be written to."""
    return file.read_bytes()[_HEADER:]


def loudness(pcm: bytes) -> float:
    """Root mean square of samples, 0 to 32,767; 0 for no samples."""
    samples = array("h")
    samples.frombytes(pcm[: len(pcm) // 2 * 2])
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) if samples else 0.0


def share_of_tone(pcm: bytes, hz: float) -> float:
    """Part of the power of ``pcm`` that lies at ``hz``, 0 to 1 (Goertzel's algorithm). A pure tone gives nearly 1."""
    samples = array("h")
    samples.frombytes(pcm[: len(pcm) // 2 * 2])
    power = sum(sample * sample for sample in samples)
    if not power:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hz / RATE)
    one = two = 0.0
    for sample in samples:
        one, two = sample + factor * one - two, one
    return 2 * (one * one + two * two - factor * one * two) / (len(samples) * power)


def tail(pcm: bytes, seconds: float) -> bytes:
    """The last ``seconds``; all of it if shorter."""
    return pcm[-2 * round(seconds * RATE) :] if pcm else b""


def place_of(clip: bytes, pcm: bytes, seconds: float = 0.1) -> float | None:
    """When ``clip`` (mu-law, say a prompt) is heard in a recording, or None.

    The loudest ``seconds`` of the clip are looked for, bit by bit, which holds as long as no packet is lost and
    nothing transcodes in between. Gives seconds from the start of the recording to the start of the clip.
    """
    piece, start = _loudest(clip, seconds)
    found = pcm.find(piece)
    return None if found < 0 else (found - start) / 2 / RATE


def only_in(clip: bytes, others: Iterable[bytes], seconds: float = 0.1) -> bytes:
    """PCM of the loudest ``seconds`` of a mu-law clip that are in none of the others: by these it is recognised."""
    sounds = [mu_law_decoded(other) for other in others]
    for piece, _ in _pieces(clip, seconds):
        if not any(piece in sound for sound in sounds):
            return piece
    raise ValueError("everything in the clip is also in others")


@lru_cache(maxsize=64)
def _loudest(clip: bytes, seconds: float) -> tuple[bytes, int]:
    """PCM of the loudest ``seconds`` of a clip, and where in its PCM that begins."""
    for piece in _pieces(clip, seconds):
        return piece
    raise ValueError("the clip is too short or too silent for what is looked for")


def _pieces(clip: bytes, seconds: float) -> Iterator[tuple[bytes, int]]:
    """PCM of such a length from each frame of a mu-law clip on, and where in its PCM it begins; the loudest first.

    Those with a zero in them come last: baresip decodes one of the two zeros of mu-law as 2.
    """
    sound, length = mu_law_decoded(clip), 2 * round(seconds * RATE)
    samples = memoryview(sound).cast("h")
    frames = [sum(s * s for s in samples[at : at + _FRAME]) for at in range(0, len(samples), _FRAME)]
    count = length // 2 // _FRAME
    starts = range(0, len(sound) - length + 1, 2 * _FRAME)
    loudest = sorted(starts, key=lambda at: -sum(frames[at // 2 // _FRAME :][:count]))
    holed = [0 in samples[start // 2 : (start + length) // 2] for start in loudest]
    for start, _ in sorted(zip(loudest, holed, strict=True), key=lambda each: each[1]):
        yield sound[start : start + length], start
