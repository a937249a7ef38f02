"""A CSV file sent to the portal."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Page

GOOD_LINES = [f"21{n:02},New colleague {n},{7_000 + 37 * n},yes,Support" for n in range(40)]
BAD_LINES = [
    *GOOD_LINES[:3],
    "2010,Anna Berger,5813,yes,Support",
    "21xx,Nobody,4711,yes,",
    "2190,Otto,12345,yes,Sales",
]
"""People for the sample office: all acceptable, and three that are not."""


def upload(page: Page, lines: Sequence[str]) -> None:
    """Send a CSV file of people to be checked."""
    page.goto("/portal/import")
    text = "\n".join(["number,name,pin,hot_desk_access,department", *lines]) + "\n"
    page.locator("#field-file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("main").get_by_role("button", name="Check the file", exact=True).click()
