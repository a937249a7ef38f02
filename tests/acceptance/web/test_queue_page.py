"""What an agent does on his page is true for lamps and calls at once (R5.2, R6.2, R8.3)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from freeseat.domain.queues import Readiness
from tests.acceptance.office import hear_each_other
from tests.acceptance.queues.centre import CODE, QUEUE, Centre
from tests.acceptance.web.agent import AgentPage
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.site import Site
from tests.lamps.watcher import Watcher

pytestmark = pytest.mark.sip


def test_a_queue_login_on_the_page_changes_the_lamp_and_the_calls(centre: Centre, site: Site, windows: Windows) -> None:
    office = centre.office
    centre.queue(ring_seconds=30)
    centre.agent("2019", "3001", logged_in=False)
    desk = office.desk("3001", tone=440)
    key = Watcher(office.raw("3001")).watch(CODE)
    key.until("queue-logged-out")
    page = AgentPage(windows, site.workplace("Desk 1", phone_number="3001"))
    queue = page.queue(QUEUE)

    queue.get_by_role("button", name="Log in").click()
    key.until("queue-logged-in")
    expect(queue.get_by_role("button", name="Log out")).to_be_visible()
    centre.await_readiness("2019", Readiness.READY)

    centre.caller("2001", "4001")
    caller = office.desk("4001", tone=1_000)
    caller.dial(QUEUE)
    desk.ringing()
    expect(page.call).to_contain_text("Caller 2001")
    expect(page.call).to_contain_text("Ringing")
    expect(queue.get_by_role("list").first).to_contain_text("Caller 2001")
    desk.answer()
    hear_each_other(desk, caller)
    expect(page.call).to_contain_text("Talking")
    expect(queue).to_contain_text("Nobody is waiting.")
    caller.hang_up()
    expect(page.call).to_have_count(0)

    queue.get_by_text("Pause").click()
    queue.get_by_role("button", name="Lunch").click()
    key.until("queue-paused")
    assert centre.readiness("2019") is Readiness.PAUSED
    queue.get_by_role("button", name="Ready").click()
    key.until("queue-logged-in")

    queue.get_by_role("button", name="Log out").click()
    key.until("queue-logged-out")
    expect(queue.get_by_role("button", name="Log in")).to_be_visible()
    desk.forget("CALL_INCOMING")
    caller.call(QUEUE)
    expect(queue.get_by_role("list").first).to_contain_text("Caller 2001")
    desk.quiet("CALL_INCOMING", seconds=1.0)
    assert centre.taking_part("2019") == []
