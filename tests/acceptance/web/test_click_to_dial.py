"""A click on the page has the phone beside it call, and both hear each other (R6.2, R3.2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.acceptance.office import hear_each_other, shown
from tests.acceptance.queues.centre import QUEUE, Centre
from tests.acceptance.web.agent import AgentPage
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.site import Site

pytestmark = pytest.mark.sip


def test_the_phone_dials_what_is_typed_and_who_is_clicked(centre: Centre, site: Site, windows: Windows) -> None:
    office = centre.office
    centre.queue()
    centre.agent("2019", "3001")
    centre.agent("2020", "3002")
    centre.caller("2001", "4001")
    desk, ann = office.desk("3001", tone=440, answer=True), office.desk("4001", tone=1_000)
    zoe = office.desk("3002", tone=600)
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    page.became("2019", "Agent 2019")

    page.page.get_by_label("Call", exact=False).and_(page.page.locator("#dial-number")).fill("2001")
    page.page.keyboard.press("Enter")
    ann.ringing()
    assert shown(ann.last_invite()) == ("Agent 2019", "2019"), "the occupant calls"
    expect(page.call).to_contain_text("Calling")
    ann.answer()
    hear_each_other(desk, ann)
    expect(page.call).to_contain_text("Talking")
    expect(page.call).to_contain_text("Caller 2001")
    ann.hang_up()
    expect(page.call).to_have_count(0)

    expect(page.page.locator("#dial-number")).to_have_value("")
    page.queue(QUEUE).get_by_role("button", name="Call Agent 2020").click()
    zoe.ringing()
    zoe.answer()
    hear_each_other(desk, zoe)
    expect(page.call).to_contain_text("Agent 2020")
    zoe.hang_up()
    expect(page.call).to_have_count(0)
