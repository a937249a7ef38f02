"""What the page's scripts do, in a real browser (R6.1, R6.2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from freeseat.domain.queues import Readiness
from tests.application.office import PIN
from tests.clients.waiting import until
from tests.web.desk.client import DeskCentre


@pytest.fixture
def page(centre: DeskCentre) -> Iterator[Page]:
    """The page of *desk 1*; no script may fail in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_context(ignore_https_errors=True).new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(centre.served.url + "/desk/link/" + centre.tokens["desk 1"])
        yield page
        browser.close()
        assert faults == []


def test_the_page_follows_the_phone_and_works_by_keys(centre: DeskCentre, page: Page) -> None:
    centre.queue("801", "822")
    centre.member("801", "2020")
    expect(page.get_by_role("heading", name="This desk is free")).to_be_visible()
    expect(page.get_by_label("Call", exact=False)).to_be_hidden()

    page.get_by_label("Extension").fill("2019")
    page.get_by_label("PIN").fill("0000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("unknown extension or wrong PIN")).to_be_visible()
    expect(page.get_by_label("PIN")).to_have_value("")
    page.get_by_label("PIN").fill(PIN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="User 2019")).to_be_visible()
    expect(page.get_by_text("unknown extension")).to_be_hidden()
    expect(page.locator("[data-queue]")).to_have_count(1)

    centre.bind("3001")
    page.keyboard.press("i")
    until(lambda: centre.state("2019") is Readiness.READY, "the key i logs in to the queues")
    page.get_by_role("button", name="Log out of all queues").wait_for()
    page.keyboard.press("p")
    page.keyboard.press("Enter")
    until(lambda: centre.one("2019").pause_reason == "break", "the key p pauses")
    expect(page.locator("li.self")).to_contain_text("paused: break", ignore_case=True)
    centre.waits()
    expect(page).to_have_title("(1) User 2019 · Freeseat")

    centre.login("2020", "3001")
    expect(page.get_by_role("heading", name="User 2020")).to_be_visible()
    expect(page.locator("[data-queue]")).to_have_count(2)
    expect(page.locator("[data-queue='801']")).to_contain_text("Queue 801")

    page.keyboard.press("d")
    page.keyboard.type("0171x")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text("number")
    page.get_by_placeholder("Number").fill("2019")
    page.keyboard.press("Enter")
    expect(page.get_by_text("the phone is being asked")).to_be_visible()

    centre.logout("3001")
    expect(page.get_by_role("heading", name="This desk is free")).to_be_visible()
    expect(page.locator("[data-queue]")).to_have_count(0)
    expect(page.get_by_placeholder("Number")).to_be_hidden()
    expect(page).to_have_title("desk 1 · Freeseat")
