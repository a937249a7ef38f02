"""A wallboard's link shows figures, live, and nothing else; without the link it shows nothing (R6.4)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from freeseat.domain.boards import BoardColumn, Thresholds
from tests.acceptance.queues.centre import QUEUE, Centre
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.judging import lightness
from tests.acceptance.web.site import Site

pytestmark = pytest.mark.sip


def test_a_link_that_only_shows_and_ends_when_it_is_taken_away(centre: Centre, site: Site, windows: Windows) -> None:
    windows.allow("status of 404")
    centre.queue()
    centre.caller("2001", "4001")
    columns = (BoardColumn.WAITING, BoardColumn.LONGEST_WAIT, BoardColumn.READY)
    link = site.board("Service", columns=columns, thresholds=Thresholds(waiting=0))
    page = windows.open(link)
    expect(page.locator("html")).to_have_attribute("data-link", "live")
    assert lightness(page) < 60, "dark, whatever the PC is"
    waiting = page.locator(f"#board-{QUEUE} .waiting")
    expect(waiting.locator("b")).to_have_text("0")
    assert page.locator("form, a[href^='/'], input, select").count() == 0, "it only shows"
    assert page.context.cookies() == [], "and proves nothing elsewhere"
    for path in ("/portal", "/portal/queues", "/api/v1/queues"):
        answer = page.request.get(path, max_redirects=0)
        assert answer.status in (303, 401), path
    assert page.request.post(link).status == 405

    caller = centre.office.raw_desk("4001").call(QUEUE)
    expect(waiting).to_contain_text("1")
    expect(waiting).to_contain_text("over its threshold")
    caller.hang_up()
    expect(waiting.locator("b")).to_have_text("0")

    site.revoke_board("Service")
    expect(page.locator(f"#board-{QUEUE}")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Service")
    answered = page.goto(link)
    assert answered is not None
    assert answered.status == 404
