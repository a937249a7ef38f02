"""The documents hold: links and pictures exist, and so do the commands, options and settings that they name."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from freeseat.cli import app
from freeseat.domain.webhooks import signature
from freeseat.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").glob("*.md"))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(|<img [^>]*?alt=\"([^\"]*)\"|(<img (?![^>]*alt=)[^>]*>)")
_SPAN = re.compile(r"`(freeseat [^`\n]+)`")
documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@documents
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    text = _BLOCK.sub("", document.read_text())
    wrong = []
    for target in (one or other for one, other in _LINK.findall(text)):
        path, _, heading = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (document.parent / path).resolve() if path else document
        if not found.exists() or (heading and heading not in _headings(found)):
            wrong.append(target)
    assert not wrong


@documents
def test_every_picture_says_what_is_on_it(document: Path) -> None:
    found = _PICTURE.findall(document.read_text())
    assert all((one or other) and not none for one, other, none in found)


def test_pictures_are_small_and_used() -> None:
    text = "".join(document.read_text() for document in DOCUMENTS)
    pictures = [each for each in (ROOT / "docs/pictures").iterdir() if each.is_file()]
    assert [each.name for each in pictures if each.name not in text] == []
    assert [each.name for each in pictures if each.stat().st_size > 150_000] == []


@documents
def test_every_command_exists_with_its_options(document: Path) -> None:
    wrong = [fault for line in _commands(document.read_text()) if (fault := _fault(line))]
    assert not wrong


@documents
def test_every_setting_exists(document: Path) -> None:
    for language, block in _BLOCK.findall(document.read_text()):
        if language == "toml":
            Settings.model_validate(tomllib.loads(block))


def test_the_receiver_of_webhooks_believes_what_is_signed_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """R10.5; what administrators copy from the guide."""
    guide = (ROOT / "docs/administrators.md").read_text()
    (program,) = [block for language, block in _BLOCK.findall(guide) if language == "python"]
    monkeypatch.setenv("FREESEAT_SECRET", "a secret of sixteen")
    known: dict[str, Any] = {"__name__": "receiver"}
    exec(re.sub(r"^Threading.*\n", "", program, flags=re.MULTILINE), known)  # ours
    body, now = b'{"id":"evt_1"}', int(known["time"].time())
    good = signature("a secret of sixteen", now, body)
    assert known["is_genuine"](good, body)
    assert not known["is_genuine"](good, body + b" ")
    assert not known["is_genuine"](signature("another one, as long", now, body), body)
    assert not known["is_genuine"](signature("a secret of sixteen", now - 3600, body), body)
    assert not any(known["is_genuine"](each, body) for each in ("", "t=,v1=", f"t={now}", "v1=ä", "nonsense"))


def _headings(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", _BLOCK.sub("", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def _commands(text: str) -> Iterator[str]:
    for language, block in _BLOCK.findall(text):
        if language == "sh":
            joined = block.replace("\\\n", " ")
            yield from (line for line in joined.splitlines() if line.startswith("freeseat "))
    yield from _SPAN.findall(_BLOCK.sub("", text))


def _fault(line: str) -> str:
    """What is wrong with a command line, '' if nothing; it is not run. `NOUN` and such stand for words."""
    words = shlex.split(line, comments=True)[1:]
    command: Any = typer.main.get_command(app)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        word, context = words.pop(0), typer.Context(command)
        if command.get_command(context, word) is None:
            return "" if word.isupper() else f"{line}: there is no {word}"
        command = command.resolve_command(context, [word])[1]  # loads it
    known = {"--help", "-h"}.union(*(each.opts + each.secondary_opts for each in command.params))
    strange = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"{line}: there is no {', '.join(strange)}" if strange else ""
