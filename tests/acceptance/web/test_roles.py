"""What is not somebody's to see or to do is neither shown to him nor done for him (R10.1)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from freeseat.domain.permissions import Role
from freeseat.edge.web.portal.menu import MENU
from tests.acceptance.queues.centre import Centre
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.site import Site
from tests.acceptance.web.walking import walk

pytestmark = pytest.mark.sip
_CHANGING = "main form[method=post] button, main [hx-post], main [hx-put], main [hx-delete]"
_CSRF = re.compile(r'"X-CSRF-Token": "([0-9a-f]+)"')


@pytest.fixture
def two_queues(centre: Centre) -> Centre:
    """Bill sits in Berlin and works for 801, Zoe in Hamburg and works for 802."""
    for queue, code, user, phone, place in (
        ("801", "811", "2019", "3001", "Berlin"),
        ("802", "812", "2090", "3092", "Hamburg"),
    ):
        centre.queue(queue, code, name=f"Line {queue}")
        centre.agent(user, phone, queue)
        centre.office.change_phone(phone, site=place)
    return centre


def menu(page: Page) -> list[str]:
    """The titles of the menu that somebody sees."""
    return page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()


def test_a_supervisor_sees_his_own_queues_and_desks_only(two_queues: Centre, site: Site, windows: Windows) -> None:
    windows.allow("status of 40[34]")
    site.account("sofia", Role.SUPERVISOR, queues=("801",), sites=("Berlin",))
    page = windows.open("/portal", "sofia")
    assert not {"Settings", "Audit log", "Accounts and tokens", "Import and export"} & set(menu(page))
    told = []
    for path in walk(page):
        text = page.get_by_role("main").inner_text()
        others = ("Line 802", "3092", "Agent 2090")
        told += [f"{path}: {each}" for each in others if each in text]
    assert not told, told
    page.goto("/portal/queues")
    expect(page.get_by_role("main")).to_contain_text("Line 801")
    for path in (
        "/portal/queues/802",
        "/portal/users/2090",
        "/portal/phones/3092",
        "/portal/settings",
        "/portal/audit",
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status in (403, 404), path
    page.goto("/portal/users/2019/log-out")
    page.get_by_role("main").get_by_role("button", name="Log out").click()
    expect(page.get_by_text("Logged out.")).to_be_visible()
    assert two_queues.office.where() == {"3092": "2090"}
    assert post(page, "/portal/users/2090/log-out") in (403, 404)
    assert two_queues.office.where() == {"3092": "2090"}


def test_an_agent_sees_nothing_of_the_portal_but_his_own_page(two_queues: Centre, site: Site, windows: Windows) -> None:
    windows.allow("status of 40[34]")
    site.account("bill", Role.AGENT, person="2019")
    page = windows.open("/", "bill")
    expect(page.get_by_role("heading", level=1)).to_have_text("Agent 2019")
    expect(page.locator("[data-queue]")).to_have_count(1)
    assert page.locator('a[href^="/portal"]').count() == 0
    paths = [item.href for group in MENU for item in group.items]
    for path in (*paths, "/portal/users/2019", "/portal/queues/801", "/portal/users/new", "/portal/reports/seats"):
        answer = page.request.get(path, headers={"Accept": "text/html"})
        assert answer.status == 403, f"{path}: {answer.status}"
        assert "Agent 2090" not in answer.text()
    page.goto("/portal")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is not for you")
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_who_only_reads_can_change_nothing(two_queues: Centre, site: Site, windows: Windows) -> None:
    windows.allow("status of 40[34]")
    site.account("rahel", Role.READ_ONLY)
    page = windows.open("", "rahel")
    seen = []
    for path in walk(page):
        seen.append(path)
        if path != "/portal/me":  # his own password and theme are his
            assert page.locator(_CHANGING).count() == 0, f"{path} has something to change"
    assert {"/portal/settings", "/portal/audit", "/portal/users/2019"} <= set(seen)
    page.goto("/portal")
    for path in (
        "/portal/users/2019/log-out", "/portal/users/2019/delete", "/portal/users/2019/pin", "/portal/phones/3001/edit",
        "/portal/queues/801/delete", "/portal/users/new", "/portal/settings",
    ):  # fmt: skip
        assert post(page, path) in (403, 405), path
    assert two_queues.office.where() == {"3001": "2019", "3092": "2090"}


def post(page: Page, path: str) -> int:
    """Send a form that the page would have sent; the status."""
    found = _CSRF.search(page.content().replace("&quot;", '"').replace("&#34;", '"'))
    assert found is not None
    headers = {"X-CSRF-Token": found[1], "Origin": page.url[: page.url.index("/", 8)]}
    return page.request.post(path, form={"csrf": found[1]}, headers=headers, max_redirects=0).status
