"""One browser, many windows: all are live, though it has six connections only, and pages still load (R6.2, R6.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import BrowserContext, expect, sync_playwright

from freeseat.edge.web.live.fragments import Asked
from freeseat.edge.web.live.hub import Subscriber
from freeseat.edge.web.viewer import Viewer
from tests.web.serving import Browser, Served

WINDOWS = 9
"""More than a browser has connections, by far."""


@pytest.fixture
def context(served: Served, admin: Browser) -> Iterator[BrowserContext]:
    """A browser in which an administrator has signed in; no script may fail in it."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        opened = chromium.new_context(ignore_https_errors=True)
        name, value = next(iter(admin.cookies.items()))
        opened.add_cookies([{"name": name, "value": value, "url": served.url, "secure": True}])
        faults: list[str] = []
        opened.on("weberror", lambda each: faults.append(str(each.error)))
        yield opened
        chromium.close()
        assert faults == []


@pytest.fixture
def streams(served: Served, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many streams were open each time that one more was, as the server sees it."""
    assert served.web is not None
    hub, seen, subscribe = served.web.hub, list[int](), served.web.hub.subscribe

    async def counted(viewer: Viewer, asked: Sequence[Asked]) -> Subscriber:
        found = await subscribe(viewer, asked)
        seen.append(hub.size[1])
        return found

    monkeypatch.setattr(hub, "subscribe", counted)
    return seen


def test_all_windows_are_live_and_one_more_loads(served: Served, context: BrowserContext, streams: list[int]) -> None:
    pages = [context.new_page() for _ in range(WINDOWS)]
    for page in pages:
        page.goto(served.url + "/portal")
        expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    served.office.login("2019", "3001")
    for page in pages:
        expect(page.get_by_text("User 2019")).to_be_visible(timeout=20_000)
    assert max(streams) == 5, "one connection is left to load pages with"


def test_who_closes_a_window_leaves_its_place_to_another(served: Served, context: BrowserContext) -> None:
    pages = [context.new_page() for _ in range(6)]
    for page in pages:
        page.goto(served.url + "/portal")
    for page in pages[:5]:
        page.close()
    served.office.login("2019", "3001")
    expect(pages[5].get_by_text("User 2019")).to_be_visible(timeout=10_000)
    pages[5].wait_for_function(
        "navigator.locks.query().then(all => all.held.some(each => /^freeseat-live-[1-4]$/.test(each.name)))"
    )
