"""Somebody without a mouse: Tab, Enter and letters, and what has the focus must show it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

_FOCUSED = "each => each === document.activeElement"
_SHOWS = """
() => {
  const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const there = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return ring && there ? "" : each.outerHTML.slice(0, 200) + " " + style.outline + " " + JSON.stringify(box);
}
"""
_MOST = 120


class Keyboard:
    """The keyboard of a page; nothing here can click."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Press Tab until a control has the focus; every control on the way must show that it has it."""
        for _ in range(_MOST):
            self.page.keyboard.press("Tab")
            if not self.page.evaluate("document.activeElement !== document.body"):
                continue  # behind the last control the browser itself comes
            hidden: str = self.page.evaluate(_SHOWS)
            assert not hidden, f"the focus cannot be seen: {hidden}"
            if target.evaluate(_FOCUSED):
                return
        raise AssertionError(f"{target} is not reached by Tab")

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Reach a control and press a key there."""
        self.reach(target)
        self.page.keyboard.press(key)

    def type(self, target: Locator, text: str) -> None:
        """Reach a field and type, in place of what is in it."""
        self.reach(target)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)
