"""The agent page in a window, and when it showed whom."""

from __future__ import annotations

from playwright.sync_api import Error, Locator, Page, expect

from tests.acceptance.web.browser import Windows
from tests.clients.waiting import until

_NOTING = """
(() => {
  const note = () => {
    const own = document.querySelector("[data-own]");
    if (!own) return;
    const shown = own.dataset.user + "|" + (own.querySelector("h1") || own).textContent.trim();
    const kept = JSON.parse(sessionStorage.getItem("shown") || "[]");
    if (kept.length && kept[kept.length - 1][1] === shown) return;
    kept.push([Date.now() / 1000, shown]);
    sessionStorage.setItem("shown", JSON.stringify(kept));
  };
  document.addEventListener("DOMContentLoaded", () => {
    note();
    new MutationObserver(note).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-user"],
    });
  });
})();
"""
_NOTED = 'JSON.parse(sessionStorage.getItem("shown") || "[]")'
FREE = "This desk is free"


class AgentPage:
    """The page of a workplace, opened by its link; it notes the moment of every change of who is there."""

    def __init__(self, windows: Windows, link: str) -> None:
        self.page: Page = windows.open()
        self.page.add_init_script(_NOTING)
        self.page.goto(link)
        self.await_live()

    def await_live(self) -> None:
        """Wait until the page hears what happens."""
        expect(self.page.locator("html")).to_have_attribute("data-link", "live")

    def became(self, user: str, name: str) -> float:
        """Unix seconds of the newest moment when the page became this user's; waits for it."""
        return self._since(f"{user}|{name}")

    def became_blank(self) -> float:
        """Unix seconds of the newest moment when the page became nobody's; waits for it."""
        return self._since(f"|{FREE}")

    def _since(self, shown: str) -> float:
        def newest() -> float | None:
            try:
                kept: list[tuple[float, str]] = self.page.evaluate(_NOTED)
            except Error as error:  # the page loads itself anew for somebody with another language or theme
                if "navigation" not in str(error):
                    raise
                return None
            return kept[-1][0] if kept and kept[-1][1] == shown else None

        at = until(newest, f"the page shows {shown}", interval=0.03)
        expect(self.page.get_by_role("heading", level=1)).to_have_text(shown.partition("|")[2])
        return at

    def queue(self, number: str) -> Locator:
        """The part of a queue."""
        return self.page.locator(f'[data-queue="{number}"]')

    @property
    def call(self) -> Locator:
        """The call at the phone; there is none most of the time."""
        return self.page.locator(".card.call")

    def see_nothing_of(self, *texts: str) -> None:
        """That the page says nothing of somebody who has left, in no hidden part of it either."""
        body = self.page.locator("body").inner_html()
        for text in texts:
            assert text not in body, f"{text!r} is left on the page"
