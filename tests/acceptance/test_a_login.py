"""(a) A person logs in at a shared phone by the voice menu; calls and caller ID follow (R2.1, R3.1, R3.2)."""

from __future__ import annotations

from typing import Any

import pytest

from freeseat.domain.desk_login import Method
from freeseat.domain.events import Kind
from tests.acceptance.office import Office, hear_each_other, shown

pytestmark = pytest.mark.sip


def test_slowly_by_rfc_4733_and_then_calls_and_caller_id_follow(office: Office) -> None:
    office.user("2019", name="Bill", language="en")
    office.user("2001", name="Ann", hot_desk_access=False)
    office.phone("3001", language="en")
    office.phone("4001", owner="2001")
    desk, ann = office.desk("3001", tone=440), office.desk("4001", tone=1_000)

    ear = office.ear(desk, "en")
    desk.call("*45")
    ear.hear("enter_extension")
    desk.digits("2019#")
    ear.hear("enter_pin")
    desk.digits("4711#")
    ear.hear("press_2_to_take_ownership")
    assert office.where() == {}, "nothing happens before the 2"
    desk.digits("2")
    ear.hear("extension", "digit_2", "digit_0", "digit_1", "digit_9", "now_owns_this_phone", "goodbye")
    desk.closed()
    assert office.where() == {"3001": "2019"}
    assert office.place("2019").method is Method.MENU

    ann.dial("2019")
    assert desk.ringing().name == "Ann"
    desk.answer()
    hear_each_other(desk, ann)
    desk.hang_up()
    ann.closed()

    desk.dial("2001")
    event = ann.ringing()
    assert (event.name, event.peer) == ("Bill", "sip:2019@office.test")
    ann.answer()
    hear_each_other(desk, ann)
    assert shown(ann.last_invite()) == ("Bill", "2019")


def test_typed_ahead_by_rfc_4733(office: Office) -> None:
    office.user("2019")
    office.phone("3001")
    desk = office.desk("3001")
    ear = office.ear(desk)
    desk.call("*452019")
    desk.digits("4711#2")
    ear.hear("extension", "now_owns_this_phone")
    assert office.where() == {"3001": "2019"}


@pytest.mark.parametrize("dtmf_relay", [True, False])
def test_typed_ahead_by_sip_info(office: Office, dtmf_relay: bool) -> None:
    office.user("2019")
    office.phone("3001")
    call = office.raw_desk("3001").call("*45")
    call.digits("2019#4711#2", dtmf_relay=dtmf_relay)
    office.ear_of(call).hear("extension", "digit_2", "digit_0", "digit_1", "digit_9", "now_owns_this_phone", "goodbye")
    assert call.ended()
    assert office.where() == {"3001": "2019"}


def test_star_begins_again_and_three_tries_per_field_end_the_call(office: Office) -> None:
    office.user("2019")
    office.phone("3001")
    call = office.raw_desk("3001").call("*45")
    ear = office.ear_of(call)
    call.digits("20*")
    ear.hear("enter_extension")
    call.digits("#")
    ear.hear("nothing_entered", "enter_extension")
    call.digits("#")
    ear.hear("goodbye")
    assert call.ended()
    assert office.where() == {}


@pytest.mark.parametrize("user", ["2019", "2999"])
def test_a_wrong_pin_and_an_unknown_extension_sound_alike(office: Office, user: str) -> None:
    """R2.15: who has not proved the PIN learns nothing, not even whether the extension exists."""
    office.user("2019")
    office.phone("3001")
    call = office.raw_desk("3001").call(f"*45{user}")
    ear = office.ear_of(call)
    for pin in ("0000#", "1111#"):
        call.digits(pin)
        ear.hear("refused_wrong_credentials", "enter_pin")
    call.digits("2222#")
    ear.hear("refused_wrong_credentials", "goodbye")
    assert call.ended()
    assert office.reasons(user, "3001") == ["wrong_credentials"] * 3
    assert office.events(Kind.PIN_LOCKED, user=user)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"hot_desk_access": False}, "no_hot_desk_access"),
        ({"enabled": False}, "user_disabled"),
    ],
)
def test_who_has_proved_the_pin_is_told_why_he_may_not(office: Office, fields: dict[str, Any], reason: str) -> None:
    office.user("2019", **fields)
    office.phone("3001")
    office.menu(office.raw_desk("3001"), "*452019", "4711#", f"refused_{reason}")
    assert office.reasons("2019", "3001") == [reason]
    assert f'"reason": "{reason}"' in office.node.log_text()


def test_roles_do_not_mix(office: Office) -> None:
    """R1.4: a user with a phone of his own does not log in at shared ones, and nobody logs in at his."""
    office.user("2001", hot_desk_access=False)
    office.user("2019")
    office.phone("4001", owner="2001")
    office.phone("3001")
    office.menu(office.raw_desk("3001"), "*452001", "4711#", "refused_user_assigned")
    office.menu(office.raw_desk("4001"), "*452019", "4711#", "refused_phone_assigned")
    assert office.reasons() == ["user_assigned", "phone_assigned"]


def test_a_phone_whose_class_accepts_no_logins(office: Office) -> None:
    """R2.9."""
    office.user("2019")
    office.cos("lobby", hot_desk_login_accept=False)
    office.phone("3001", cos="lobby")
    office.menu(office.raw_desk("3001"), "*452019", "4711#", "refused_phone_refuses")
    assert office.where() == {}
