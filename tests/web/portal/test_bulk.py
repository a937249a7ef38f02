"""Import and export (R1.7)."""

from __future__ import annotations

import re
import time

import httpx2

from freeseat.domain.permissions import Role
from tests.web.serving import Browser, Served

HEADS = "number,name,hot_desk_access,pin"


def _check(browser: Browser, text: str | bytes, kind: str = "users", **fields: str) -> httpx2.Response:
    browser.see("/portal/import")
    data = {"csrf": browser.csrf, "kind": kind, **fields}
    return browser.post("/portal/import/check", data=data, files={"file": ("file.csv", text, "text/csv")})


def _over(browser: Browser, answer: httpx2.Response) -> str:
    """The page of an import when it is over."""
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    deadline = time.monotonic() + 20
    while "hx-trigger" in (part := browser.see(f"{path}/state")):
        assert "<progress" in part
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return browser.see(path)


def test_every_bad_line_is_reported_by_its_number_and_nothing_is_applied(served: Served, admin: Browser) -> None:
    lines = [HEADS, "2050,Zoe,yes,4712", "3005,Range,yes,4712", "2052,Pin,yes,1", "2019,Taken,yes,4712"]
    page = _over(admin, _check(admin, "\n".join(lines)))
    assert "3 lines are not acceptable; nothing was changed." in page
    assert re.findall(r'<th scope="row" class="number">(\d+)', page) == ["3", "4", "5"]
    assert "Apply the file" not in page
    assert served.office.read(lambda tx: tx.users.get(number="2050")) is None


def test_a_good_file_is_applied_after_it_was_checked(served: Served, admin: Browser) -> None:
    text = "\n".join([HEADS, *(f"{number},Person {number},yes,4712" for number in range(2100, 2200))])
    answer = _check(admin, text)
    page = _over(admin, answer)
    assert "The file is good." in page
    assert served.office.read(lambda tx: tx.users.get(number="2100")) is None
    page = _over(admin, admin.submit(f"{answer.headers['location']}/apply"))
    assert "The file was applied." in page
    assert "<b>100</b><span>added" in page
    assert served.office.login("2199", "3001", "4712")


def test_an_export_imports_again_without_changing_anything(admin: Browser) -> None:
    for kind in ("users", "phones", "queues"):
        answer = admin.get(f"/portal/export/{kind}.csv")
        assert answer.headers["content-disposition"] == f'attachment; filename="{kind}.csv"'
        assert answer.headers["content-type"].startswith("text/csv")
        page = _over(admin, _check(admin, answer.content, kind, change="1"))
        assert "The file is good." in page
        assert "<b>0</b><span>to be changed" in page


def test_what_is_no_text_is_refused(admin: Browser) -> None:
    answer = _check(admin, b"\x81\x8d\x9d")
    assert answer.status_code == 422
    assert "Save it as CSV UTF-8" in answer.text or "save it as CSV UTF-8" in answer.text


def test_only_who_changes_the_directory_imports_and_exports(served: Served) -> None:
    for name, role in (("susi", Role.SUPERVISOR), ("rita", Role.READ_ONLY)):
        with served.account(name, role) as browser:
            browser.see("/portal/import", 403)
            browser.see("/portal/export/users.csv", 403)


def test_an_import_that_is_not_known_is_not_found(admin: Browser) -> None:
    admin.see("/portal/import/0123", 404)
