"""The page of a phone becomes its occupant's within a second, whatever happens in between (R6.1, R6.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from freeseat.domain.events import Event, Kind
from freeseat.domain.reasons import Reason
from tests.acceptance.office import Office
from tests.acceptance.queues.centre import Centre
from tests.acceptance.web.agent import AgentPage
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.site import Site

pytestmark = pytest.mark.sip
SECOND = 1.0
Note = Callable[[str, object], None]


@pytest.fixture
def people(office: Office) -> Office:
    """Bill and Zoe, hot desk users."""
    office.user("2019", name="Bill")
    office.user("2020", name="Zoe", pin="0815")
    office.phone("3001")
    return office


def late(event: Event, shown: float) -> float:
    """Seconds from a change to the page that shows it."""
    return shown - event.at.timestamp()


def test_a_softphone_logs_in_by_the_voice_menu_and_the_page_of_that_phone_becomes_the_users(
    site: Site, people: Office, windows: Windows, record_testsuite_property: Note
) -> None:
    desk = people.desk("3001")
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    page.became_blank()
    ear = people.ear(desk)
    desk.call("*452019")
    desk.digits("4711#2")
    ear.hear("extension", "now_owns_this_phone")
    took = late(people.await_event(Kind.LOGGED_IN, user="2019", phone="3001"), page.became("2019", "Bill"))
    print(f"login to page: {took * 1000:.0f} ms")
    record_testsuite_property("login-to-page seconds", f"{took:.3f}")
    assert 0 <= took < SECOND
    expect(page.page).to_have_title("Bill · Freeseat")
    expect(page.page.get_by_label("Extension")).to_be_hidden()


def test_a_takeover_switches_it_and_a_logout_blanks_it(
    centre: Centre, site: Site, people: Office, windows: Windows
) -> None:
    """The phone is found by its address here, which wins over a number that is wrong (R6.1)."""
    centre.queue()
    centre.member("2019")
    people.phone("3002")
    people.seat("2019", "3001")
    phone = people.raw_desk("3001", ip="127.0.0.31")
    page = AgentPage(windows, site.workplace("Desk 2", address="127.0.0.31", phone_number="3002"))
    page.became("2019", "Bill")
    expect(page.queue("801")).to_be_visible()

    people.menu(phone, "*45", "2020#0815#2", "now_owns_this_phone")
    came = people.await_event(Kind.LOGGED_IN, user="2020", phone="3001")
    assert late(came, page.became("2020", "Zoe")) < SECOND
    expect(page.queue("801")).to_have_count(0)
    page.see_nothing_of("Bill", "2019")

    people.menu(phone, "*46", "0815#", "logged_out")
    left = people.await_event(Kind.LOGGED_OUT, user="2020", phone="3001")
    assert late(left, page.became_blank()) < SECOND
    page.see_nothing_of("Zoe", "2020")
    expect(page.page.get_by_role("heading", name="Log in here")).to_be_visible()


def test_a_login_with_extension_and_pin_on_the_page(site: Site, people: Office, windows: Windows) -> None:
    """R2.4; a wrong PIN is told as everywhere, and is not left in the form."""
    people.raw_desk("3001")
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    page.page.get_by_label("Extension").fill("2019")
    page.page.get_by_label("PIN").fill("0000")
    page.page.get_by_role("button", name="Log in").click()
    expect(page.page.locator("#told")).to_contain_text(Reason.WRONG_CREDENTIALS.text, ignore_case=True)
    expect(page.page.get_by_label("PIN")).to_have_value("")
    assert people.where() == {}
    page.page.get_by_label("PIN").fill("4711")
    page.page.get_by_role("button", name="Log in").click()
    page.became("2019", "Bill")
    assert people.where() == {"3001": "2019"}
    page.page.get_by_role("button", name="Leave the desk").click()
    page.became_blank()
    assert people.where() == {}


def test_a_page_that_lost_its_connection_is_right_again_when_it_is_back(
    site: Site, people: Office, windows: Windows
) -> None:
    windows.allow("ERR_INTERNET_DISCONNECTED|ERR_NETWORK|ERR_CONNECTION")
    people.raw_desk("3001")
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    people.seat("2019", "3001")
    page.became("2019", "Bill")
    page.page.context.set_offline(True)
    expect(page.page.locator("html")).to_have_attribute("data-link", "lost")
    expect(page.page.get_by_text("The connection is lost")).to_be_visible()
    people.seat("2020", "3001")
    back = datetime.now(UTC).timestamp()
    page.page.context.set_offline(False)
    assert page.became("2020", "Zoe") - back < 10
    page.await_live()
    expect(page.page.get_by_text("The connection is lost")).to_be_hidden()
    people.free("3001")
    assert late(people.await_event(Kind.LOGGED_OUT, user="2020"), page.became_blank()) < SECOND


def test_a_page_is_right_again_when_the_web_process_was_killed(site: Site, people: Office, windows: Windows) -> None:
    """Kill -9: the supervisor starts it anew, and the page that stayed open shows who came meanwhile."""
    windows.allow("ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|ERR_SOCKET|ERR_SSL")
    people.raw_desk("3001")
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    people.seat("2019", "3001")
    page.became("2019", "Bill")
    pid = people.node.kill("web")
    people.seat("2020", "3001")
    people.node.await_restart("web", pid)
    page.became("2020", "Zoe")
    page.await_live()
    people.free("3001")
    assert late(people.await_event(Kind.LOGGED_OUT, user="2020"), page.became_blank()) < SECOND
