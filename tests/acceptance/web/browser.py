"""Debian's Chromium, and windows of it: whatever a page complains about is kept, and fails the test."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tests.clients.ports import program

Scheme = Literal["light", "dark"]
WIDE, NARROW = 1440, 390
"""Widths in CSS pixels that every page must do with."""
_HEIGHT = {WIDE: 900, NARROW: 844}
_SECONDS = 15.0
_USUAL = re.compile("status of (409|422)")
"""A form is shown again with what is wrong in it (RFC 9110 sections 15.5.10 and 15.5.21)."""


class Chromium:
    """One browser for many windows. A context manager."""

    def __enter__(self) -> Self:
        path = program("chromium", "chromium")
        self._play = sync_playwright().start()
        # everything here is loopback and root's: no sandbox; small machines have no /dev/shm to speak of
        self.browser = self._play.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.browser.close()
        self._play.stop()


@dataclass
class Window:
    """Somebody's browser with his cookies; `page` is what he looks at."""

    context: BrowserContext
    page: Page
    traced: bool


class Windows:
    """The windows of one test. `cookies` signs somebody in; see `open`."""

    def __init__(self, browser: Browser, url: str, cookie: Callable[[str], tuple[str, str]]) -> None:
        self.url = url
        self._browser = browser
        self._cookie = cookie
        self._open: list[Window] = []
        self._complaints: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    def open(
        self,
        path: str = "",
        account: str = "",
        *,
        scheme: Scheme = "light",
        width: int = WIDE,
        language: str = "en",
        still: bool = False,
        touch: bool = False,
        traced: bool = True,
    ) -> Page:
        """A window with nobody's cookies, or signed in as `account`, at a path. `still`: it wants reduced motion."""
        context = self._browser.new_context(
            base_url=self.url,
            ignore_https_errors=True,
            viewport={"width": width, "height": _HEIGHT.get(width, 900)},
            color_scheme=scheme,
            locale={"en": "en-GB", "de": "de-DE"}[language],
            timezone_id="Europe/Berlin",
            reduced_motion="reduce" if still else "no-preference",
            has_touch=touch,
        )
        context.set_default_timeout(_SECONDS * 1000)
        if traced:
            context.tracing.start(snapshots=True, screenshots=False, sources=False)
        if account:
            name, value = self._cookie(account)
            context.add_cookies(
                [{"name": name, "value": value, "url": self.url, "secure": True, "httpOnly": True, "sameSite": "Lax"}]
            )
        context.on("console", self._console)
        context.on("weberror", lambda each: self._complain(f"error in a script: {each.error}"))
        context.on("response", self._answered)
        page = context.new_page()
        self._open.append(Window(context, page, traced))
        if path:
            page.goto(path)
        return page

    def allow(self, pattern: str) -> None:
        """Take it that the browser complains of this: a refusal that the test wants, a network that it cuts."""
        self._allowed.append(re.compile(pattern))

    def check(self) -> None:
        """That no page complained: console errors, which breaches of the CSP are too, scripts that failed, 5xx."""
        left = [each for each in self._complaints if not any(one.search(each) for one in (_USUAL, *self._allowed))]
        assert not left, "the browser complained:\n" + "\n".join(left)

    def keep(self, directory: Path, name: str) -> list[str]:
        """Of a failed test: a picture and a trace of every window; tells where they are."""
        directory.mkdir(parents=True, exist_ok=True)
        told = []
        for number, window in enumerate(self._open, 1):
            stem = directory / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}-{number}"
            for page in window.context.pages:
                page.screenshot(path=stem.with_suffix(".png"), full_page=True, timeout=5_000)
                told.append(f"{page.url}: {stem.with_suffix('.png')}")
            if window.traced:
                window.context.tracing.stop(path=stem.with_suffix(".zip"))
                told.append(f"playwright show-trace {stem.with_suffix('.zip')}")
        return [*told, *self._complaints]

    def close(self) -> None:
        """Close them all."""
        for window in self._open:
            window.context.close()
        self._open.clear()

    # -- complaints

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complain(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 500:
            self._complain(f"{answer.status} of {answer.request.method} {urlsplit(answer.url).path}")

    def _complain(self, text: str) -> None:
        self._complaints.append(text)
