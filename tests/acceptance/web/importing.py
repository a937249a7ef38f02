"""A CSV file sent to the portal."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Page


def upload(page: Page, lines: Sequence[str]) -> None:
    """Send a CSV file of people to be checked."""
    page.goto("/portal/import")
    text = "\n".join(["number,name,pin,hot_desk_access,department", *lines]) + "\n"
    page.locator("#field-file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": text.encode()})
    page.get_by_role("main").get_by_role("button", name="Check the file", exact=True).click()
