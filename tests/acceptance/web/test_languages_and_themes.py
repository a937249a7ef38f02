"""Two languages, dark and light, and no motion for who wants none (R10.6)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from freeseat.domain.permissions import Role
from freeseat.domain.workplaces import Theme
from freeseat.edge.web.portal.menu import MENU
from freeseat.edge.web.texts import CATALOGUES
from tests.acceptance.office import Office
from tests.acceptance.web.agent import AgentPage
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.judging import lightness
from tests.acceptance.web.site import Site

pytestmark = pytest.mark.sip
GERMAN = CATALOGUES["de"].gettext


def heading(page: Page) -> str:
    """The one heading of a page."""
    return page.get_by_role("heading", level=1).inner_text()


def test_the_portal_in_english_and_in_german(site: Site, windows: Windows) -> None:
    site.account("erika", Role.ADMINISTRATOR, language="de")
    page = windows.open("/portal", "erika", language="en")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    titles = [item.title for group in MENU for item in group.items]
    shown = page.get_by_role("navigation", name=GERMAN("Main")).get_by_role("link").all_inner_texts()
    assert shown == [GERMAN(title) for title in titles]
    assert sum(here == english for here, english in zip(shown, titles, strict=True)) < 3, "translated, not copied"
    page.get_by_role("link", name=GERMAN("People")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(GERMAN("People"))
    expect(page.get_by_role("button", name=GERMAN("Sign out"))).to_be_visible()


def test_before_signing_in_the_language_is_the_browsers(site: Site, windows: Windows) -> None:
    assert heading(windows.open("/sign-in", language="en")) == "Sign in"
    page = windows.open("/sign-in", language="de")
    assert heading(page) == GERMAN("Sign in") != "Sign in"
    expect(page.get_by_label(GERMAN("Password"))).to_be_visible()


def test_an_agents_page_speaks_the_language_of_its_user(office: Office, site: Site, windows: Windows) -> None:
    office.user("2019", name="Bill", language="en")
    office.user("2020", name="Jörg", language="de")
    office.phone("3001")
    office.raw_desk("3001")
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    office.seat("2019", "3001")
    page.became("2019", "Bill")
    expect(page.page.get_by_role("button", name="Leave the desk")).to_be_visible()
    office.seat("2020", "3001")
    page.became("2020", "Jörg")
    expect(page.page.get_by_role("button", name=GERMAN("Leave the desk"))).to_be_visible()
    expect(page.page.locator("html")).to_have_attribute("lang", "de")
    assert GERMAN("Leave the desk") != "Leave the desk"


def test_dark_and_light_by_the_pc_or_by_the_account(site: Site, windows: Windows) -> None:
    assert lightness(windows.open("/sign-in", scheme="light")) > 200
    assert lightness(windows.open("/sign-in", scheme="dark")) < 60
    site.account("dora", Role.ADMINISTRATOR, theme=Theme.DARK)
    site.account("lea", Role.ADMINISTRATOR, theme=Theme.LIGHT)
    dark = windows.open("/portal", "dora", scheme="light")
    assert lightness(dark) < 60
    assert lightness(dark, "color") > 200
    light = windows.open("/portal", "lea", scheme="dark")
    assert lightness(light) > 200
    assert lightness(light, "color") < 60


def test_nothing_moves_for_who_wants_no_motion(site: Site, windows: Windows) -> None:
    def moving(page: Page) -> list[str]:
        return [
            each.evaluate("each => getComputedStyle(each).transitionDuration")
            for each in page.get_by_role("button").all()
        ]

    assert any(each != "0s" for each in moving(windows.open("/sign-in")))
    assert set(moving(windows.open("/sign-in", still=True))) == {"0s"}
