"""The languages of the pages: gettext catalogues in `locale/<language>.po`; English is the text in the source."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

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
