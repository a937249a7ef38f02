"""Templates: one Jinja environment a language, every value escaped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from freeseat.edge.web.live.fragments import Seen
from freeseat.edge.web.stable_words import in_words
from freeseat.edge.web.texts import CATALOGUES, LANGUAGES, month_in, said_in
from freeseat.edge.web.viewer import Viewer

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _version() -> str:
    """A word for the contents of all static files: in their addresses, so that browsers may keep them for ever."""
    digest = hashlib.sha256()
    for file in sorted(STATIC.rglob("*")):
        if file.is_file():
            digest.update(str(file.relative_to(STATIC)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


STATIC_VERSION = _version()


def _when(moment: datetime | float | None, style: str = "short") -> Markup:
    """A moment as `<time>`: UTC in the source, put into the reader's own time zone by the browser."""
    if moment is None:
        return Markup("")
    if isinstance(moment, (int, float)):
        moment = datetime.fromtimestamp(moment, UTC)
    stamp = moment.astimezone(UTC)
    shown = stamp.strftime("%Y-%m-%d %H:%M")
    return Markup('<time datetime="{}" data-style="{}">{} UTC</time>').format(
        stamp.isoformat(timespec="seconds"), style, shown
    )


def _since(moment: datetime | float | None) -> Markup:
    """A length of time that goes on: the browser counts from this moment."""
    if moment is None:
        return Markup("")
    seconds = moment.timestamp() if isinstance(moment, datetime) else float(moment)
    return Markup('<span class="ticking" data-since="{}"></span>').format(f"{seconds:.0f}")


def _until(moment: datetime | None) -> Markup:
    """A length of time that runs out: the browser counts down to this moment."""
    if moment is None:
        return Markup("")
    return Markup('<span class="ticking" data-until="{}"></span>').format(f"{moment.timestamp():.0f}")


def _clock(seconds: float | None) -> str:
    """A length of time, as 1:05 or 2:00:09."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def decimal_in(language: str) -> Callable[..., str]:
    """Numbers with the decimal sign of a language, by a pattern of CLDR: `0.0` has one digit behind it, `0.#` may."""

    def decimal(number: float, pattern: str = "0.0") -> str:
        return str(format_decimal(number, format=pattern, locale=language))

    return decimal


def static(path: str) -> str:
    """The address of a static file."""
    return f"/static/{STATIC_VERSION}/{path}"


_ICONS = {file.stem: file.read_text().strip() for file in (HERE / "icons").glob("*.svg")}


def _icon(name: str) -> Markup:
    """An icon, drawn in the colour of the text; for eyes only."""
    return Markup(_ICONS[name])  # noqa: S704 - a file of ours


def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(CATALOGUES[language], newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {"when": _when, "since": _since, "until": _until, "clock": _clock, "said": said_in(language)}
    environment.filters["decimal"] = decimal_in(language)
    environment.filters["month"] = lambda moment: month_in(moment, language)
    environment.filters["in_words"] = lambda word: said_in(language)(in_words(word))
    environment.globals |= {"static": static, "icon": _icon, "languages": LANGUAGES, "language": language}
    return environment


_ENVIRONMENTS = {language: _environment(language) for language in CATALOGUES}


def render(template: str, viewer: Viewer, context: Mapping[str, Any]) -> str:
    """The text of a template in the viewer's language. Raises jinja2.TemplateError: a fault of ours."""
    return _ENVIRONMENTS[viewer.language].get_template(template).render(viewer=viewer, **context)


def render_fragment(template: str, seen: Seen, viewer: Viewer) -> str:
    """The text of a fragment."""
    return render(template, viewer, seen.context)


def placed(asked: object, text: str) -> Markup:
    """A fragment's text in its place on a page, where the browser finds it again."""
    return Markup('<div class="live" data-live="{}">{}</div>').format(escape(str(asked)), Markup(text))  # noqa: S704
