"""Listening to voice: prompts are recognised bit by bit, in the order in which they are heard.

English is spoken as shipped. `QUICK` is a language of recordings of 0.12 seconds of noise each, for tests that are not
about speech: people and phones here have that language unless a test gives them another.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from freeseat.edge.voice.catalogue import ENGLISH, TEXTS
from freeseat.edge.voice.prompts import CUSTOM, render_prompts
from tests.clients import audio
from tests.clients.waiting import NeverHappenedError, until

QUICK = "qq"
_CODES = [code for code in range(256) if code & 0x7F != 0x7F]  # no zeros, see audio.only_in


def make_prompts(directory: Path) -> None:
    """Render the English prompts, and make the recordings of the quick language."""
    render_prompts(directory, (ENGLISH,))
    recordings = directory / QUICK / CUSTOM
    recordings.mkdir(parents=True)
    for key in TEXTS[ENGLISH]:
        noise = random.Random(key)
        (recordings / f"{key}.ulaw").write_bytes(bytes(noise.choices(_CODES, k=960)))


class Ear:
    """What is heard in one call: `heard` gives all its PCM so far."""

    def __init__(self, prompts: Path, heard: Callable[[], bytes], language: str) -> None:
        self._directory = prompts / language / CUSTOM if language == QUICK else prompts / language
        self._heard = heard
        self._at = 0

    def hear(self, *keys: str, seconds: float = 20.0) -> None:
        """Wait for prompts, one after the other, each heard after the one before. Names what was heard if not."""
        for key in keys:
            piece = _own_sound(self._directory, key)
            try:
                self._at = until(lambda: self._end_of(piece), f"{key} is heard", seconds, interval=0.05)  # noqa: B023
            except NeverHappenedError as error:
                raise NeverHappenedError(f"{error}; there was {self.so_far()}") from None

    def so_far(self) -> list[str]:
        """The prompts heard in this call, in order of when each was first heard."""
        pcm = self._heard()
        found = {key: pcm.find(_own_sound(self._directory, key)) for key in _told_apart(self._directory)}
        return sorted((key for key, at in found.items() if at >= 0), key=lambda key: found[key])

    def _end_of(self, piece: bytes) -> int:
        found = self._heard().find(piece, self._at)
        return 0 if found < 0 else found + len(piece)


@lru_cache(maxsize=4)
def _keys(directory: Path) -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in directory.glob("*.ulaw")))


def _told_apart(directory: Path) -> list[str]:
    return [key for key in _keys(directory) if directory.name == CUSTOM or not key.startswith("digit_")]


@lru_cache(maxsize=256)
def _own_sound(directory: Path, key: str) -> bytes:
    """PCM by which a prompt is told from all others of its language."""
    clips = {name: (directory / f"{name}.ulaw").read_bytes() for name in _keys(directory)}
    return audio.only_in(clips[key], (clip for clip in clips.values() if clip != clips[key]))
