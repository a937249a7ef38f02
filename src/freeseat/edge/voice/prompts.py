"""Prompts on disk: rendering them, finding what is missing, and reading them for calls.

Layout of the prompt directory: `<language>/<key>.ulaw` and `.alaw`, raw G.711 at 8 kHz, made by `render_prompts`;
`<language>/custom/<key>.wav` or `.ulaw` replaces a prompt by a recording; `custom/name_<user number>.*` is a name,
`custom/music_<queue number>.*` a queue's own music on hold.
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from freeseat.domain.checks import is_language
from freeseat.domain.menus import Digits, Name, Prompt, Say
from freeseat.edge.voice import g711, music
from freeseat.edge.voice.catalogue import ENGLISH, LANGUAGES, MUSIC, TEXTS, digit_keys
from freeseat.edge.voice.sdp import PCMA, PCMU
from freeseat.edge.voice.waves import NotAWave, level, read_wave, trim

log = structlog.get_logger("freeseat.voice.prompts")

SUFFIX = {PCMU: ".ulaw", PCMA: ".alaw"}
CUSTOM = "custom"
_MARK = ".rendered"
_GAP = 0.12
_LONGEST_TEXT_SECONDS = 60
_OPTIONAL = ("name_", "music_")
_TUNE = "tune 1"
_KEY = re.compile(r"\w{1,64}", re.ASCII)


class NoSpeech(RuntimeError):
    """No speech synthesiser for English is installed, or it failed; says which and how to get it."""


def render_prompts(
    directory: Path, languages: Iterable[str] = LANGUAGES, progress: Callable[[str, str], None] | None = None
) -> list[str]:
    """Render every prompt, and the music, that is missing or whose text has changed; gives `language/key` of each.

    `progress` is told language and key before each. English is spoken by flite, other languages by espeak-ng; without
    espeak-ng they are left out and English is used for them. Raises NoSpeech without flite.
    """
    wanted = list(_outdated(directory, languages))
    with ThreadPoolExecutor(max_workers=4) as pool:
        rendered = {
            pool.submit(_render, directory, language, key, text): (language, key) for language, key, text in wanted
        }
        for (language, key), future in [(name, future) for future, name in rendered.items()]:
            if progress is not None:
                progress(language, key)
            future.result()
    return [f"{language}/{key}" for language, key, _text in wanted]


def _outdated(directory: Path, languages: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Language, key and text of the prompts to render. Raises NoSpeech if English cannot be spoken."""
    for language in languages:
        todo = [(key, text) for key, text in TEXTS[language].items() if not _is_current(directory, language, key, text)]
        if todo and speaker(language) is None:
            if language == ENGLISH:
                raise NoSpeech("flite is not installed; install the package flite")
            log.warning("language not rendered", language=language, missing="espeak-ng", used=ENGLISH)
            continue
        for key, text in todo:
            yield language, key, text
    if not _is_current(directory, ENGLISH, MUSIC, _TUNE):
        yield ENGLISH, MUSIC, _TUNE


def missing_prompts(directory: Path, languages: Iterable[str] = LANGUAGES) -> list[str]:
    """Which prompts, and the music, cannot be played, as `language/key`, in the order of the catalogue."""
    wanted = [*((language, key) for language in languages for key in TEXTS[language]), (ENGLISH, MUSIC)]
    return [
        f"{language}/{key}"
        for language, key in wanted
        if not any((directory / language / f"{key}{suffix}").is_file() for suffix in SUFFIX.values())
        and _recording(directory, language, key) is None
    ]


def speaker(language: str) -> tuple[str, ...] | None:
    """The command that speaks a language into the file named last, or None if it is not installed."""
    if language == ENGLISH:
        found = shutil.which("flite")
        return (found, "-voice", "slt") if found else None
    found = shutil.which("espeak-ng")
    return (found, "-v", language, "-s", "150") if found else None


def _speak(language: str, text: str, into: Path) -> None:
    command = speaker(language)
    assert command is not None
    files = ("-t", text, "-o", str(into)) if language == ENGLISH else ("-w", str(into), text)
    try:
        subprocess.run((*command, *files), check=True, capture_output=True, timeout=_LONGEST_TEXT_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
        raise NoSpeech(f"{command[0]} failed: {failure}") from failure


def _render(directory: Path, language: str, key: str, text: str) -> None:
    folder = directory / language
    folder.mkdir(parents=True, exist_ok=True)
    samples = level(music.tune()) if key == MUSIC else _spoken(language, text)
    _store(folder, key, samples)
    (folder / f"{key}{_MARK}").write_text(_fingerprint(text))


def _spoken(language: str, text: str) -> array[int]:
    with tempfile.TemporaryDirectory() as scratch:
        wave = Path(scratch) / "prompt.wav"
        _speak(language, text, wave)
        return level(trim(read_wave(wave)))


def _store(folder: Path, key: str, samples: array[int]) -> None:
    """Write both codecs; each file appears whole or not at all."""
    for codec, suffix in SUFFIX.items():
        partial = folder / f".{key}{suffix}"
        partial.write_bytes(g711.encode(codec, samples))
        partial.replace(folder / f"{key}{suffix}")


def _fingerprint(text: str) -> str:
    return hashlib.sha256(f"2 {text}".encode()).hexdigest()


def _is_current(directory: Path, language: str, key: str, text: str) -> bool:
    folder = directory / language
    mark = folder / f"{key}{_MARK}"
    files = all((folder / f"{key}{suffix}").is_file() for suffix in SUFFIX.values())
    return files and mark.is_file() and mark.read_text() == _fingerprint(text)


def _recording(directory: Path, language: str, key: str) -> Path | None:
    """The recording that replaces a prompt, if somebody put one there."""
    candidates = (directory / language / CUSTOM / f"{key}{suffix}" for suffix in (".wav", ".ulaw"))
    return next((path for path in candidates if path.is_file()), None)


class PromptLibrary:
    """Prompts ready to be sent, read once each and kept in memory; a changed file is heard after a restart."""

    def __init__(self, directory: Path, language: str = ENGLISH) -> None:
        """Use a directory made by `render_prompts`, and a language for callers whose language is not known."""
        self._directory = directory
        self._language = language
        self._audio = functools.lru_cache(maxsize=4096)(self._read)

    def audio(self, prompts: Iterable[Prompt], language: str, codec: str) -> bytes:
        """The audio of prompts in a codec, with short gaps between them. What is missing is silent, and logged."""
        gap = g711.SILENCE[codec][:1] * int(_GAP * g711.RATE)
        parts = [self._audio(key, language or self._language, codec) for key in keys_of(prompts)]
        return gap.join(part for part in parts if part)

    def music(self, queue: str, codec: str) -> bytes:
        """Music for callers who wait: the queue's own (`music_<number>`) if there is one."""
        return self._audio(f"music_{queue}", self._language, codec) or self._audio(MUSIC, self._language, codec)

    def preload(self) -> int:
        """Read everything there is, so that no call waits for a recording to be converted; gives how many prompts.

        A recording that cannot be read is logged and left out, so that the rendered prompt is heard.
        """
        suffixes = (*SUFFIX.values(), ".wav")
        found = {
            (path.relative_to(self._directory).parts[0], path.stem)
            for path in self._directory.glob("*/**/*")
            if path.suffix in suffixes and not path.name.startswith(".")
        }
        for language, key in sorted(found):
            for codec in SUFFIX:
                self._audio(key, language, codec)
        return len(found)

    def known(self, key: str) -> bool:
        """Whether a prompt of that key exists in the catalogue or as a recording."""
        if not _KEY.fullmatch(key):
            return False
        return key in TEXTS[ENGLISH] or any(_recording(self._directory, lang, key) for lang in LANGUAGES)

    def _read(self, key: str, language: str, codec: str) -> bytes:
        # both become names of files, and come from headers of a call
        languages = filter(is_language, (language, self._language, ENGLISH)) if _KEY.fullmatch(key) else ()
        for tried in dict.fromkeys(languages):
            audio = self._find(key, tried, codec)
            if audio is not None:
                return audio
        if not key.startswith(_OPTIONAL) or key == MUSIC:
            log.error("prompt missing", key=key, language=language)
        return b""

    def _find(self, key: str, language: str, codec: str) -> bytes | None:
        recording = _recording(self._directory, language, key)
        if recording is not None:
            try:
                return g711.encode(codec, _samples_of(recording))
            except NotAWave as wrong:
                log.error("recording left out", why=str(wrong))
        path = self._directory / language / f"{key}{SUFFIX[codec]}"
        return path.read_bytes() if path.is_file() else None


def _samples_of(recording: Path) -> array[int]:
    """The samples of a recording. Raises NotAWave."""
    if recording.suffix == ".wav":
        return level(trim(read_wave(recording)))
    return g711.decode(PCMU, recording.read_bytes())


def keys_of(prompts: Iterable[Prompt]) -> list[str]:
    """The keys of the recordings that prompts are made of."""
    keys: list[str] = []
    for prompt in prompts:
        match prompt:
            case Say(key):
                keys.append(key)
            case Digits(number):
                keys.extend(digit_keys(number))
            case Name(user):
                keys.append(f"name_{user}")
    return keys
