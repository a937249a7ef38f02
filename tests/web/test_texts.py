"""R10.6: everything in at least two languages. `scripts/texts` finds the texts."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from freeseat.edge.web import texts

WEB = Path(texts.__file__).parent
LANGUAGES = sorted(set(texts.CATALOGUES) - {texts.DEFAULT})
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def written() -> set[str]:
    """Every text in templates and code."""
    found = extract_from_dir(
        WEB,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"trimmed": "true"}},
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((WEB / "locale" / f"{language}.po").read_bytes()), locale=language)


def strings(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (tuple, list)) else [message.string or ""]


def test_there_are_two_languages_at_least() -> None:
    assert len(texts.LANGUAGES) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_a_translation(language: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue(language)
        if message.id and all(strings(message))
    }
    assert sorted(written() - known) == [], "run scripts/texts and translate these"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = {name for each in ids for name in _PLACEHOLDER.findall(each)}
        for each in strings(message):
            assert set(_PLACEHOLDER.findall(each)) <= wanted, message.id
            assert wanted <= set(_PLACEHOLDER.findall(each)) | {"num"}, message.id


def test_the_best_language_of_a_header_is_taken() -> None:
    assert texts.language_for("", "fr, de-CH;q=0.8, en;q=0.7") == "de"
    assert texts.language_for("", "en;q=0.9, de;q=nonsense") == "en"
    assert texts.language_for("de", "en") == "de"
    assert texts.language_for("xx", "") == "en"
