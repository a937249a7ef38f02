"""(c) `*46` takes the PIN of the current occupant (R2.1); afterwards nothing of him is left on the phone."""

from __future__ import annotations

import pytest

from freeseat.domain.events import Kind
from tests.acceptance.office import Office
from tests.clients.raw import CallRefusedError

pytestmark = pytest.mark.sip


def test_a_wrong_pin_then_the_right_one(office: Office) -> None:
    office.user("2019", name="Bill")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    phone = office.raw_desk("3001")

    call = phone.call("*46")
    ear = office.ear_of(call)
    ear.hear("enter_pin")
    call.digits("0000#")
    ear.hear("refused_wrong_credentials", "enter_pin")
    assert office.where() == {"3001": "2019"}
    call.digits("4711#")
    ear.hear("extension", "digit_2", "digit_0", "digit_1", "digit_9", "logged_out", "goodbye")
    assert call.ended()

    assert office.where() == {}
    assert office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001").data["reason"] == "logout"
    assert office.reasons("2019") == ["wrong_credentials"]
    with pytest.raises(CallRefusedError) as refused:
        phone.call("2001")
    assert (refused.value.answer.code, refused.value.answer.reason) == (403, "Log in to call from this phone")
    caller = office.raw_desk("4001").call("2019")
    office.ear_of(caller).hear("user_logged_out")


def test_slowly_by_rfc_4733(office: Office) -> None:
    office.user("2019")
    office.phone("3001")
    office.seat("2019", "3001")
    desk = office.desk("3001")
    ear = office.ear(desk)
    desk.call("*46")
    ear.hear("enter_pin")
    desk.digits("4711#")
    ear.hear("extension", "logged_out", "goodbye")
    desk.closed()
    assert office.where() == {}


def test_where_nobody_is_logged_in(office: Office) -> None:
    office.phone("3001")
    office.menu(office.raw_desk("3001"), "*46", "", "refused_not_logged_in")
