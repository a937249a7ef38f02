"""Floor plans: pictures, live desks, placing by pointer and keyboard or by typing (R10.4)."""

from __future__ import annotations

import re
import struct
import zlib

import httpx2
import pytest

from freeseat.domain.permissions import Role
from tests.web.portal.filling import done
from tests.web.serving import Browser, Served
from tests.web.test_live import streamed


def png(width: int = 4, height: int = 2) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\xff" * 3 * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def upload(browser: Browser, image: bytes, path: str = "/portal/floor/new", **fields: str) -> httpx2.Response:
    browser.see(path)
    given = {"csrf": browser.csrf, "name": "2nd floor", "site": "north", **fields}
    return browser.post(path, data=given, files={"image": ("plan.png", image, "image/png")})


@pytest.fixture
def plan(served: Served, admin: Browser) -> str:
    """The address of a plan on which 3001 stands."""
    answer = upload(admin, png())
    address = answer.headers["location"].removesuffix("/edit")
    done(answer, admin)
    done(admin.submit(f"{address}/desks", phone="3001"), admin)
    return str(address)


def test_a_picture_is_uploaded_and_shown(admin: Browser, plan: str) -> None:
    assert "2nd floor" in admin.see("/portal/floor")
    answer = admin.get(f"{plan}/image")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == png()


def test_what_is_no_picture_is_refused_and_what_was_typed_stays(admin: Browser) -> None:
    for image in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"\x89PNG\r\n\x1a\n"):
        answer = upload(admin, image, name="attic")
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert 'value="attic"' in answer.text


def test_a_plan_without_a_picture_is_refused(admin: Browser) -> None:
    admin.see("/portal/floor/new")
    answer = admin.submit("/portal/floor/new", name="attic", site="")
    assert answer.status_code == 422
    assert "choose a picture" in answer.text.lower()


def test_name_and_picture_change_and_desks_keep_their_places(admin: Browser, plan: str) -> None:
    done(upload(admin, png(8, 8), f"{plan}/change", name="attic"), admin)
    page = admin.see(plan)
    assert "attic" in page
    assert 'viewBox="0 0 8 8"' in page
    assert 'id="on-plan-3001"' in page
    admin.see(f"{plan}/change")
    done(admin.submit(f"{plan}/change", name="cellar", site="north"), admin)
    assert admin.get(f"{plan}/image").content == png(8, 8)


def test_desks_are_coloured_live_and_a_table_says_the_same(served: Served, admin: Browser, plan: str) -> None:
    def state(text: str) -> str:
        found = re.search(r'id="on-plan-3001"[^>]* class="desk ([a-z]+)"', text)
        return found[1] if found else ""

    with streamed(admin, f"floor?plan={plan.rpartition('/')[2]}") as stream:
        assert state(stream.event()[1]) == "unregistered"
        served.office.bind("3001")
        assert state(stream.event()[1]) == "free"
        served.office.login("2019", "3001")
        text = stream.event()[1]
    assert state(text) == "occupied"
    table = text[text.index('id="row-3001"') :]
    assert "occupied" in table
    assert "User 2019" in table


def test_a_desk_is_moved_by_the_script_and_by_a_form(served: Served, admin: Browser, plan: str) -> None:
    def place() -> tuple[float, float]:
        found = served.office.read(lambda tx: tx.placements.list())[0]
        return found.x, found.y

    assert place() == (0.5, 0.5)
    page = admin.see(f"{plan}/edit")
    assert 'data-desk="3001"' in page
    assert 'tabindex="0"' in page
    headers = {"X-Placing": "1", "X-CSRF-Token": admin.csrf, "Accept": "application/json"}
    answer = admin.post(f"{plan}/desks/3001", data={"x": "25", "y": "75"}, headers=headers)
    assert answer.status_code == 204
    assert place() == (0.25, 0.75)
    assert admin.post(f"{plan}/desks/3001", data={"x": "101", "y": "0"}, headers=headers).status_code == 422
    done(admin.submit(f"{plan}/desks/3001", x="10", y="20.5"), admin)
    assert place() == (0.1, 0.205)
    assert "Use 0 to 100 per cent." in done(admin.submit(f"{plan}/desks/3001", x="-1", y="0"), admin)


def test_a_desk_is_removed_and_a_plan_is_deleted(served: Served, admin: Browser, plan: str) -> None:
    done(admin.submit(f"{plan}/desks/3001/remove"), admin)
    assert 'id="on-plan-3001"' not in admin.see(plan)
    assert admin.submit(f"{plan}/desks/3001/remove").status_code == 404
    assert "There is no phone 4711." in done(admin.submit(f"{plan}/desks", phone="4711"), admin)
    admin.see(f"{plan}/delete")
    done(admin.submit(f"{plan}/delete"), admin)
    admin.see(plan, 404)


def test_a_supervisor_sees_the_plans_of_his_sites_and_places_nothing(served: Served, plan: str) -> None:
    with served.account("susi", Role.SUPERVISOR, sites=("south",)) as susi:
        assert "2nd floor" not in susi.see("/portal/floor")
        for path in (plan, f"{plan}/image"):
            susi.see(path, 404)
    with served.account("sam", Role.SUPERVISOR, sites=("north",)) as sam:
        assert "Place desks" not in sam.see(plan)
        sam.see(f"{plan}/edit", 403)
        assert sam.submit(f"{plan}/desks", phone="3002").status_code == 403


def test_what_is_no_plan_is_not_found(admin: Browser) -> None:
    for plan_id in ("0", "999", "x", "99999999999999999999"):
        assert admin.get(f"/portal/floor/{plan_id}").status_code in (404, 422)
        answer = admin.get("/live", params={"f": f"floor?plan={plan_id}"}, headers={"Accept": "*/*"})
        assert answer.status_code == 404
