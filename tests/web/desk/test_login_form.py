"""The form behind the QR code of a desk (R2.4), counted like every channel (R2.15)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from freeseat.application.workplaces.directory import login_token_of
from freeseat.domain.pin import LockoutPolicy
from tests.application.office import PIN
from tests.web.desk.client import AgentClient, DeskCentre
from tests.web.serving import Browser


@pytest.fixture
def mobile(centre: DeskCentre) -> Iterator[Browser]:
    with Browser(centre.served.url) as browser:
        yield browser


@pytest.fixture
def form(centre: DeskCentre) -> str:
    return "/desk/login/" + login_token_of(centre.workplace("desk 1"))


def test_logging_in_and_out_with_a_mobile(centre: DeskCentre, mobile: Browser, form: str) -> None:
    assert "desk 1" in mobile.see(form)
    answer = mobile.post(form, data={"user": "2019", "pin": PIN})
    assert "You are logged in at this desk" in answer.text
    assert centre.occupant("3001") == "2019"
    assert mobile.post(f"{form}/out", data={"user": "2019", "pin": "0000"}).status_code == 401
    assert centre.occupant("3001") == "2019"
    assert "logged out of this desk" in mobile.post(f"{form}/out", data={"user": "2019", "pin": PIN}).text
    assert centre.occupant("3001") == ""


def test_it_shows_nothing_of_who_is_there(centre: DeskCentre, mobile: Browser, form: str) -> None:
    centre.login("2019", "3001")
    text = mobile.see(form)
    assert "2019" not in text
    assert "set-cookie" not in mobile.get(form).headers


def test_wrong_pins_lock_the_source(centre: DeskCentre, mobile: Browser, form: str) -> None:
    centre.policy(lockout=LockoutPolicy(failures=2))
    told = {re.sub("<[^>]*>", "", mobile.post(form, data={"user": "2019", "pin": pin}).text) for pin in ("1", "2")}
    told.add(re.sub("<[^>]*>", "", mobile.post(form, data={"user": "2019", "pin": PIN}).text))
    assert len(told) == 1
    assert "unknown extension or wrong PIN" in told.pop()
    assert centre.occupant("3001") == ""


def test_the_code_on_the_page_leads_to_the_form(centre: DeskCentre, pc: AgentClient) -> None:
    answer = pc.get(f"{pc.base}/code.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.startswith("<?xml")


@pytest.mark.parametrize("wrong", ["x" * 43, "1.abc", "99999999999999999999.x", "1."])
def test_a_wrong_token_opens_nothing(mobile: Browser, wrong: str) -> None:
    assert mobile.get(f"/desk/login/{wrong}").status_code == 404
    assert mobile.post(f"/desk/login/{wrong}", data={"user": "2019", "pin": PIN}).status_code == 404


def test_the_code_ends_with_the_pages_link(centre: DeskCentre, mobile: Browser, form: str) -> None:
    centre.revoke("desk 1")
    assert mobile.get(form).status_code == 404


def test_a_form_of_another_site_is_refused(mobile: Browser, form: str) -> None:
    answer = mobile.post(form, data={"user": "2019", "pin": PIN}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
