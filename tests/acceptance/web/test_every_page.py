"""Every page, for everybody: no serious fault that axe finds, dark and light, wide and narrow (R10.6)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.office import Office
from tests.acceptance.queues.centre import Centre
from tests.acceptance.web.browser import Windows
from tests.acceptance.web.importing import BAD_LINES, GOOD_LINES, upload
from tests.acceptance.web.judging import faults, lightness, show_in, too_wide
from tests.acceptance.web.sample import AGENT, Sample, furnish
from tests.acceptance.web.site import ROOT, Site
from tests.acceptance.web.walking import walk

pytestmark = pytest.mark.sip
_DARK, _LIGHT = 60, 200


@pytest.fixture(scope="module")
def sample(open_site: Site) -> Iterator[Sample]:
    """The lively office."""
    centre = Centre(open_site.office)
    yield furnish(open_site, centre, days=1, calls=6)
    open_site.clear()
    centre.clear()
    open_site.office.clear()


@pytest.fixture
def office(open_site: Site, sample: Sample) -> Office:
    """That office, which is left as it is."""
    return open_site.office


def judge(page: Page, name: str) -> list[str]:
    """All that is wrong with an open page, whatever the theme and the width."""
    wrong = faults(page)
    assert lightness(page) > _LIGHT, f"{name} is light where the PC is"
    show_in(page, "dark")
    assert lightness(page) < _DARK, f"{name} is dark where the PC is"
    assert lightness(page, "color") > _LIGHT
    wrong += [f"dark: {each}" for each in faults(page, "color-contrast")]
    wrong += [f"wider than the screen: {each}" for each in too_wide(page)]
    show_in(page, "light")
    return [f"{name}: {each}" for each in wrong]


@pytest.mark.timeout(400)
def test_every_page_of_the_portal(office: Office, windows: Windows) -> None:
    page = windows.open("", ROOT, still=True, traced=False)
    wrong, seen = [], []
    for path in walk(page):
        seen.append(path)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        wrong += judge(page, path)
    print(f"{len(seen)} pages: {' '.join(seen)}")
    assert len(seen) > 50, seen
    assert not wrong, "\n".join(wrong)


def test_pages_that_no_link_of_the_portal_leads_to(office: Office, windows: Windows, sample: Sample) -> None:
    windows.allow("status of 404")
    wrong = []
    for path in (sample.desk, sample.free_desk, "/sign-in", "/welcome/nothing"):
        wrong += judge(windows.open(path, still=True, traced=False), path.rpartition("/")[0])
    page = windows.open(sample.desk, still=True, traced=False)
    page.get_by_role("link", name="Settings").click()
    wrong += judge(page, "settings of a desk")
    wrong += judge(windows.open("/desk", AGENT, still=True, traced=False), "own desk")
    page = windows.open("", ROOT, still=True, traced=False)
    for lines in (BAD_LINES, GOOD_LINES):
        upload(page, lines)
        page.wait_for_selector("#import-state .figure")
        wrong += judge(page, "import")
    board = windows.open(sample.board, still=True, traced=False)  # a wall has the theme of its board
    wrong += [f"board: {each}" for each in (*faults(board), *too_wide(board))]
    assert not wrong, "\n".join(wrong)
