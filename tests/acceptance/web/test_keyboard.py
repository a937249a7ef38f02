"""Everything by keyboard alone, with a focus that can be seen (R10.6; WCAG 2.1.1, 2.4.7)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from freeseat.domain.permissions import Role
from freeseat.domain.queues import Readiness
from tests.acceptance.queues.centre import QUEUE, Centre
from tests.acceptance.web.agent import AgentPage
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.keyboard import Keyboard
from tests.acceptance.web.site import PASSWORD, Site

pytestmark = pytest.mark.sip


def test_an_administrator_without_a_mouse(centre: Centre, site: Site, windows: Windows) -> None:
    office = centre.office
    office.user("2019", name="Bill")
    office.user("2020", name="Zoe")
    office.phone("3001")
    office.seat("2019", "3001")
    site.account("kay", Role.ADMINISTRATOR)
    page = windows.open("/sign-in")
    keys = Keyboard(page)
    main = page.get_by_role("main")

    keys.type(page.get_by_label("Name"), "kay")
    keys.type(page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    keys.press(page.get_by_role("link", name="People"))
    expect(page.get_by_role("heading", level=1)).to_have_text("People")

    keys.press(page.get_by_role("link", name="Skip to the content"))
    assert page.evaluate("document.activeElement.id") == "content"
    keys.type(page.get_by_role("searchbox", name="Search"), "Bill")
    expect(main.locator("tbody tr")).to_have_count(1)
    keys.press(main.get_by_role("link", name="2019"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Bill")

    keys.press(main.get_by_role("link", name="Change", exact=True))
    expect(page.get_by_label("Department")).to_be_visible()
    keys.type(page.get_by_label("Department"), "Sales")
    keys.press(main.get_by_role("button", name="Save"))
    expect(page.get_by_text("The changes were saved.")).to_be_visible()
    assert office.read(lambda tx: [user.department for user in tx.users.list(number="2019")]) == ["Sales"]

    keys.press(main.get_by_role("link", name="Log out …"))
    expect(main.get_by_role("button", name="Log out")).to_be_visible()
    keys.press(main.get_by_role("button", name="Log out"))
    expect(page.get_by_text("Logged out everywhere.")).to_be_visible()
    assert office.where() == {}


def test_an_agent_without_a_mouse(centre: Centre, site: Site, windows: Windows) -> None:
    """By Tab, and by the single keys that the page names."""
    centre.queue()
    centre.agent("2019", "3001", logged_in=False)
    centre.office.raw_desk("3001")
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    keys = Keyboard(page.page)
    queue = page.queue(QUEUE)
    keys.press(queue.get_by_role("button", name="Log in"))
    centre.await_readiness("2019", Readiness.READY)
    expect(queue.get_by_role("button", name="Log out")).to_be_visible()
    keys.press(queue.get_by_role("button", name="Log out"))
    expect(queue.get_by_role("button", name="Log in")).to_be_visible()
    assert centre.taking_part("2019") == []

    page.page.evaluate("document.activeElement.blur()")
    page.page.keyboard.press("i")
    centre.await_readiness("2019", Readiness.READY)
    expect(page.page.get_by_role("button", name="Log out of all queues")).to_be_visible()
    page.page.keyboard.press("p")
    page.page.keyboard.press("Enter")
    centre.await_readiness("2019", Readiness.PAUSED)
    expect(page.page.get_by_role("button", name="Ready").first).to_be_visible()
    page.page.keyboard.press("r")
    centre.await_readiness("2019", Readiness.READY)
    page.page.keyboard.press("x")
    page.became_blank()
    assert centre.office.where() == {}
