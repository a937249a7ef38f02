"""An administrator's first day: from the link in the terminal to five thousand people (R1.7, R1.8, R2.13, R10.1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from freeseat.application.ports import Transaction
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Role
from freeseat.domain.reasons import Reason
from tests.acceptance.office import Office
from tests.acceptance.web.agent import AgentPage
from tests.acceptance.web.browser import Chromium, Windows
from tests.acceptance.web.conftest import web_at
from tests.acceptance.web.importing import upload
from tests.acceptance.web.site import PASSWORD, Site, link_of_first_run
from tests.clients.node import Node
from tests.clients.ports import free_port

pytestmark = pytest.mark.sip
ADA = "ada"
PEOPLE = 5_000
_NOTING_PROGRESS = """
(() => {
  const note = () => {
    const bar = document.querySelector("progress[value]");
    if (!bar) return;
    const kept = JSON.parse(sessionStorage.getItem("progress") || "[]");
    kept.push(bar.value / bar.max);
    sessionStorage.setItem("progress", JSON.stringify(kept));
  };
  document.addEventListener("DOMContentLoaded", () => {
    note();
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
})();
"""


@pytest.fixture(scope="module")
def new_site(prompts: Path) -> Iterator[Site]:
    """A node that was just installed: nobody can sign in, nothing is entered."""
    port = free_port()
    with Node(prompts=prompts, settings={"web": web_at(port)}) as node, Office(node, prompts) as office:
        yield Site(office, port)


@pytest.fixture
def windows(chromium: Chromium, new_site: Site) -> Iterator[Windows]:
    """Windows at that node."""
    opened = Windows(chromium.browser, new_site.url, new_site.cookie)
    yield opened
    opened.close()


@pytest.fixture
def site(new_site: Site) -> Iterator[Site]:
    """That node, without people and phones."""
    yield new_site
    new_site.clear(but=ADA)
    new_site.office.clear()


@pytest.fixture
def ada(site: Site) -> str:
    """An administrator, be it the one of the first run."""
    if site.office.read(lambda tx: tx.accounts.get(name=ADA)) is None:
        site.account(ADA, Role.ADMINISTRATOR)
    return ADA


def fill(page: Page, **fields: str) -> None:
    """Fill a form of the portal by the names of its fields."""
    for name, value in fields.items():
        page.locator(f"#field-{name}").fill(value)


def save(page: Page, button: str) -> None:
    """Send the form of a page."""
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def test_the_first_run_makes_the_administrator_by_a_link_that_works_once(site: Site, windows: Windows) -> None:
    windows.allow("status of 404")
    link = link_of_first_run(site.office.node)
    page = windows.open("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto(link)
    fill(page, name=ADA, full_name="Ada Lovelace", password="too short", again="too short")
    save(page, "Make the account")
    expect(page.get_by_role("alert")).to_contain_text("at least 12")
    fill(page, password=PASSWORD, again=PASSWORD)
    save(page, "Make the account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.get_by_role("link", name="Ada Lovelace")).to_be_visible()
    page.goto(link)
    expect(page.get_by_role("button", name="Make the account")).to_have_count(0)
    page.goto("/portal")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/portal")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_adds_a_person_and_a_phone_resets_the_pin_and_forces_a_logout(site: Site, windows: Windows, ada: str) -> None:
    """What is entered here is what a phone registers with and a person logs in by."""
    office = site.office
    page = windows.open("/portal/users", ada)
    page.get_by_role("link", name="Add a person").first.click()
    fill(page, number="2019", name="Bill", pin="4711", pin_again="4712")
    save(page, "Add")
    expect(page.locator("#help-pin_again")).to_contain_text("same PIN twice")
    fill(page, pin="4711", pin_again="4711")
    save(page, "Add")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bill")

    page.goto("/portal/phones/new")
    fill(page, number="3001")
    save(page, "Add")
    secret = page.locator("#secret-2").inner_text()
    phone = office.raw("3001", secret)
    assert phone.register().code == 200
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_role("main")).not_to_contain_text(secret)
    expect(page.get_by_role("main")).to_contain_text("registered")

    page.goto("/portal/users/2019/pin")
    fill(page, pin="0815", pin_again="0815")
    save(page, "Set the PIN")
    expect(page.get_by_text("The new PIN holds from now on")).to_be_visible()
    office.change_user("2019", language="qq")  # from here on prompts are short
    office.change_phone("3001", language="qq")
    office.menu(phone, "*45", "2019#4711#0815#2", "now_owns_this_phone")
    assert office.reasons("2019") == [Reason.WRONG_CREDENTIALS.value]
    desk = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    desk.became("2019", "Bill")

    place = page.locator('tr[id^="login-"]')  # told by the feed, nobody has loaded the page anew
    expect(place).to_contain_text("3001")
    page.get_by_role("link", name="Log out …").click()
    expect(page.get_by_role("main")).to_contain_text("Logged in at 3001")
    save(page, "Log out")
    expect(page.get_by_text("Logged out everywhere.")).to_be_visible()
    left = office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001")
    assert (left.actor.who, left.actor.channel) == (ada, "web")
    assert desk.became_blank() - left.at.timestamp() < 1.0
    assert office.where() == {}


def test_imports_a_csv_with_three_bad_lines_nothing_then_one_of_five_thousand_with_progress(
    site: Site, windows: Windows, ada: str
) -> None:
    page = windows.open("", ada)
    page.add_init_script(_NOTING_PROGRESS)
    good = [f"{number},Person {number},4711,yes,Sales" for number in range(20_000, 20_000 + PEOPLE)]
    bad = [*good[:10]]
    bad[1], bad[4], bad[7] = "2x001,Bad number,4711,yes,", "20004,Bad PIN,47,yes,", "20007,Bad flag,4711,perhaps,"
    upload(page, bad)
    expect(page.get_by_role("alert")).to_have_text("3 lines are not acceptable; nothing was changed.")
    assert page.get_by_role("main").locator("tbody th").all_inner_texts() == ["3", "6", "9"]
    expect(page.get_by_role("button", name="Apply the file")).to_have_count(0)
    assert site.office.read(lambda tx: tx.users.list()) == []

    upload(page, good)
    expect(page.get_by_text("The file is good. Nothing was changed yet.")).to_be_visible(timeout=60_000)
    assert site.office.read(lambda tx: tx.users.list()) == []
    page.get_by_role("button", name="Apply the file").click()
    expect(page.get_by_text("The file was applied.")).to_be_visible(timeout=60_000)
    expect(page.locator(".figure").filter(has_text="added")).to_contain_text("5000")
    moved = page.evaluate('JSON.parse(sessionStorage.getItem("progress") || "[]")')
    assert len(set(moved)) >= 3, f"the bar has moved: {moved}"
    page.get_by_role("link", name="Show the list").click()
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("5000 in all")
    page.get_by_label("Search").fill("24999")
    expect(page.get_by_role("main").locator("tbody tr")).to_have_count(1)
    site.office.write(forget_everybody)


def forget_everybody(tx: Transaction) -> None:
    """Quicker than deleting them one by one by the use case, which tells the feed of each."""
    for user in tx.users.list():
        tx.users.delete(user)
