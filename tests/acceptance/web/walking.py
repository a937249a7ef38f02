"""Every page there is: found by following links from the menu, one page of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

_ANY = re.compile(r"(?<=/)(?:\d+|[0-9a-f]{8,}|[^/]*%20[^/]*)(?=/|$)")
_NAMED = re.compile(r"(?<=/of/)[^/]+|(?:(?<=/webhooks/)|(?<=/classes/)|(?<=/trunks/))(?!new$)[^/]+")
_QUESTIONS = ("/delete", "/disable", "/secret", "/revoke")
_NO_PAGE = re.compile(r"\.csv$|\.svg$|/image$|/sign-out$|/export/")


def kind_of(path: str) -> str:
    """A page's address without what it is about: all people have the same page, and all questions are one."""
    if path.endswith(_QUESTIONS):
        return "question"
    return _NAMED.sub("*", _ANY.sub("*", path))


def walk(page: Page, start: str = "/portal") -> Iterator[str]:
    """Load one page of each kind that can be reached; gives its path while it is open.

    A link that leads to a refusal fails: what is not for somebody is not offered to him.
    """
    waiting, known = [("nothing", start)], {kind_of(start)}
    while waiting:
        page_before, path = waiting.pop(0)
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{page_before} leads to {path}: {answer.status}"
        yield path
        for href in page.evaluate("Array.from(document.querySelectorAll('a[href]:not(svg a)'), each => each.href)"):
            found = urlsplit(href).path
            if found.startswith(start) and not _NO_PAGE.search(found) and kind_of(found) not in known:
                known.add(kind_of(found))
                waiting.append((path, found))
