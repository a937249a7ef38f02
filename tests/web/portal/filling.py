"""Filling in forms as a browser without scripts does: what the page shows, changed, sent to where the form says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx2

from tests.web.serving import Browser

Values = dict[str, list[str]]


@dataclass(slots=True)
class Form:
    """A form of a page: where it goes, and the values that it would send as it stands."""

    action: str
    values: Values = field(default_factory=dict)
    checks: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._path, self._select, self._options, self._area = path, "", list[tuple[str, bool]](), ""
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", self._path)))
            self._open = given.get("method") == "post"
        if not self.forms or not self._open:
            return
        values = self.forms[-1].values
        if tag == "input" and given.get("type") == "checkbox":
            self.forms[-1].checks.setdefault(given["name"], []).append(given["value"])
            if "checked" in given:
                values.setdefault(given["name"], []).append(given["value"])
        elif tag == "input" and "name" in given:
            values.setdefault(given["name"], []).append(given.get("value", ""))
        elif tag == "select":
            self._select, self._options = given["name"], []
        elif tag == "option" and self._select:
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._area = given["name"]
            values[self._area] = [""]

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].values[self._area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            chosen = [value for value, on in self._options if on] or [self._options[0][0]]
            self.forms[-1].values[self._select] = chosen[:1]
            self._select = ""
        self._area = "" if tag == "textarea" else self._area


def form_at(browser: Browser, path: str, action: str = "") -> Form:
    """The form of a page that goes to an address (without: to the page's own, or the last one there is)."""
    reader = _Forms(path)
    reader.feed(browser.see(path))
    found = [each for each in reader.forms if each.action == (action or path)]
    return found[0] if found else reader.forms[-1]


def fill(browser: Browser, path: str, /, action: str = "", **changes: str | Sequence[str]) -> httpx2.Response:
    """Fill in the form of a page and send it. A list is what is checked of a group; '' unchecks. `__` is a dot."""
    form = form_at(browser, path, action)
    for key, value in changes.items():
        name = key.replace("__", ".")
        assert name in form.values or name in form.checks, f"{name} is not asked: {sorted(form.values)}"
        if not isinstance(value, str):
            form.values[name] = list(value)
        else:
            form.values[name] = [value] if value or name not in form.checks else []
    return browser.post(form.action, data=form.values)


def done(answer: httpx2.Response, browser: Browser) -> str:
    """The page behind a redirect after a change."""
    assert answer.status_code == 303, f"{answer.status_code} {answer.text[:3000]}"
    return browser.see(answer.headers["location"].partition("#")[0])
