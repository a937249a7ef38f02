"""The languages of the pages: gettext catalogues in `locale/<language>.po`; English is the text in the source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from freeseat.edge.web import faults

_LOCALE = Path(__file__).parent / "locale"
DEFAULT = "en"


def _catalogues() -> dict[str, NullTranslations]:
    found: dict[str, NullTranslations] = {DEFAULT: NullTranslations()}
    for file in sorted(_LOCALE.glob("*.po")):
        with file.open("rb") as source:
            catalogue = read_po(source, locale=file.stem)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        found[file.stem] = GNUTranslations(compiled)
    return found


CATALOGUES: Mapping[str, NullTranslations] = _catalogues()
LANGUAGES: Mapping[str, str] = {
    code: (Locale.parse(code).get_display_name(code) or code).capitalize() for code in CATALOGUES
}
"""What may be chosen: codes with the language's own name."""


def day_in(moment: datetime, language: str) -> str:
    """A day of a year that is known, as short as a language has it: Nov 16, 16. Nov."""
    return format_skeleton("MMMd", moment, locale=language)


def month_in(moment: datetime, language: str) -> str:
    """A month with its year: Nov 2026."""
    return format_skeleton("yMMM", moment, locale=language)


def language_for(chosen: str, accepted: str) -> str:
    """The language for a person: the chosen one, else the best of Accept-Language (RFC 9110), else English."""
    if chosen in CATALOGUES:
        return chosen
    weighed = []
    for place, part in enumerate(accepted.split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        code = tag.strip().lower().partition("-")[0]
        if code in CATALOGUES:
            weighed.append((-_weight(parameters), place, code))
    return min(weighed)[2] if weighed else DEFAULT


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def said_in(language: str) -> Callable[[str], str]:
    """How texts are said in a language that stand in a variable: labels, faults, refusals; percent signs mean nothing.

    What the catalogue does not have, such as a name, stays as it is.
    """
    return _SAID[language]


def _said_in(language: str) -> Callable[[str], str]:
    catalogue = CATALOGUES[language]

    @lru_cache(maxsize=2048)
    def said(text: str) -> str:
        if not text:
            return ""
        found = catalogue.gettext(text)
        return found if found != text else fault(text) or text

    def fault(text: str) -> str:
        bare = text[:1].lower() + text[1:].removesuffix(".")
        read = faults.read(bare) or faults.read(text.removesuffix("."))
        if read is None:
            return ""
        sentence, gaps = read
        words = catalogue.gettext(sentence).format(**{name: said(value) for name, value in gaps.items()})
        return words[:1].upper() + words[1:] + "." if text.endswith(".") else words

    return (lambda text: text) if language == DEFAULT else said


_SAID: Mapping[str, Callable[[str], str]] = {language: _said_in(language) for language in CATALOGUES}
