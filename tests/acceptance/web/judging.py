"""What a page must be like: no fault that axe finds serious, no scrolling sideways, colours of the theme."""

from __future__ import annotations

import re
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.acceptance.web.browser import NARROW, WIDE, Scheme

_RUN = "(rules) => axe.run(document, {resultTypes: ['violations'], ...(rules && {runOnly: rules})})"
_WIDER = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const wide = Array.from(document.querySelectorAll("body *")).filter(each => {
    const box = each.getBoundingClientRect();
    return box.width && box.right > room + 1 && !each.closest(".table, .tabs, pre");
  });
  const told = wide.slice(0, 5).map(each => each.outerHTML.slice(0, 160));
  return ["page: " + document.documentElement.scrollWidth].concat(told);
}
"""
_COLOUR = re.compile(r"\d+(?:\.\d+)?")


def faults(page: Page, *rules: str) -> list[str]:
    """What axe calls serious or critical on this page, by these rules or by all; evaluated past the page's own CSP."""
    page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(_RUN, list(rules) or None)
    return [
        f"{each['id']} ({each['impact']}): {node['html'][:200]} {'; '.join(any_['message'] for any_ in node['any'])}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways on a narrow screen; it is wide again afterwards."""
    page.set_viewport_size({"width": NARROW, "height": 844})
    found: list[str] = page.evaluate(_WIDER)
    page.set_viewport_size({"width": WIDE, "height": 900})
    return found


def lightness(page: Page, name: str = "backgroundColor", selector: str = "body") -> float:
    """The mean of red, green and blue (0 to 255) of a computed colour."""
    text = page.locator(selector).first.evaluate("(each, name) => getComputedStyle(each)[name]", name)
    return sum(float(each) for each in _COLOUR.findall(text)[:3]) / 3


def show_in(page: Page, scheme: Scheme) -> None:
    """As a PC that is set to this theme shows it."""
    page.emulate_media(color_scheme=scheme)
