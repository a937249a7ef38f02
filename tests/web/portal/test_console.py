"""The busy-lamp console (R6.6)."""

from __future__ import annotations

import re

import pytest

from freeseat.domain.permissions import Role
from freeseat.edge.web.rendering import STATIC
from tests.web.serving import Browser, Served
from tests.web.test_live import streamed


def lamp(page: str, number: str) -> str:
    """The state that a lamp shows."""
    found = re.search(rf'id="lamp-{number}" class="lamp ([a-z-]+)"', page)
    return found[1] if found else ""


def test_every_user_has_a_lamp_and_every_phone_too(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    served.office.bind("3001")
    page = admin.see("/portal/console")
    assert lamp(page, "2019") == "idle"
    assert lamp(page, "2020") == "logged-out"
    page = admin.see("/portal/console?shown=phones")
    assert lamp(page, "3001") == "idle"
    assert lamp(page, "3002") == "logged-out"


def test_a_lamp_follows_calls_and_registrations(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    with streamed(admin, "console") as stream:
        assert lamp(stream.event()[1], "2019") == "unregistered"
        served.office.bind("3001")
        assert lamp(stream.event()[1], "2019") == "idle"
        served.office.call("3001", answered_at="3002")
        assert lamp(stream.event()[1], "2019") == "talking"
        served.office.hang_up()
        assert lamp(stream.event()[1], "2019") == "idle"


def test_lamps_are_searched(admin: Browser) -> None:
    page = admin.see("/portal/console?search=2020")
    assert lamp(page, "2020")
    assert not lamp(page, "2019")
    assert "Nothing fits this search." in admin.see("/portal/console?search=nobody")


def test_a_supervisor_sees_the_lamps_of_his_own(served: Served) -> None:
    served.office.change_phone("3001", site="north")
    served.office.login("2019", "3001")
    with served.account("susi", Role.SUPERVISOR, sites=("north",)) as susi:
        page = susi.see("/portal/console")
        assert lamp(page, "2019")
        assert not lamp(page, "2020")
        assert not lamp(susi.see("/portal/console?shown=phones"), "3002")


def test_logged_out_blinks_438_ms_off_and_62_ms_on(admin: Browser) -> None:
    """R6.6, as a choice of the viewer, and never for who wants little motion."""
    css = (STATIC / "css" / "console.css").read_text()
    rule = re.search(r"\.blinks .*animation: logged-out (\d+)ms step-end infinite", css)
    frames = re.search(r"@keyframes logged-out \{ 0% \{ opacity: 0; \} ([0-9.]+)%, 100% \{ opacity: 1; \} \}", css)
    assert rule is not None
    assert frames is not None
    period, off = float(rule[1]), float(frames[1])
    assert period * off / 100 == pytest.approx(438)
    assert period * (100 - off) / 100 == pytest.approx(62)
    assert re.search(r"prefers-reduced-motion: reduce\) \{ \.blinks [^}]*animation: none", css)
    assert 'id="blinks"' in admin.see("/portal/console")
