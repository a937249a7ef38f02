"""Locating somebody by `*34` (R2.11) and changing one's PIN by `*47` (R1.8), at a phone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freeseat.domain.events import Kind
from freeseat.domain.pin import PinPolicy
from freeseat.domain.policy import Policy
from tests.acceptance.office import PIN, Office

pytestmark = pytest.mark.sip


def test_where_somebody_is(office: Office) -> None:
    office.user("2019")
    office.user("2020")
    office.trust("127.1.0.0/16")
    office.phone("3001")
    office.phone("3002")
    office.seat("2019", "3001")
    assert office.raw("2020", PIN, ip="127.1.0.5").register().code == 200
    phone = office.raw_desk("3002")
    who = ("extension", "digit_2", "digit_0")
    there = ("is_at_phone", "digit_3", "digit_0", "digit_0", "digit_1")
    office.menu(phone, "*342019", "", *who, "digit_1", "digit_9", *there)
    office.menu(phone, "*342020", "", *who, "digit_2", "digit_0", "is_at_own_phone")
    assert {"place": "3001", "method": "cli"}.items() <= office.node.json("locate", "2019")[0].items()


@pytest.mark.parametrize("extension", ["2019", "2999"])
def test_who_is_nowhere_and_who_does_not_exist_sound_alike(office: Office, extension: str) -> None:
    office.user("2019")
    office.phone("3001")
    office.menu(office.raw_desk("3001"), "*34", f"{extension}#", "extension", "is_not_logged_in")


def test_whoever_may_not_ask_is_told_so(office: Office) -> None:
    office.cos("discreet", locate_enabled=False)
    office.user("2019")
    office.phone("3001", cos="discreet")
    office.menu(office.raw_desk("3001"), "*342019", "", "refused_not_permitted")
    assert office.reasons("2019", "3001") == ["not_permitted"]


def test_changing_ones_pin(office: Office) -> None:
    office.policy(replace(Policy(), pin=PinPolicy(refuse_weak=True)))
    office.user("2019")
    office.phone("3001")
    office.phone("3002")
    office.seat("2019", "3001")
    phone = office.raw_desk("3001")
    call = phone.call("*47")
    ear = office.ear_of(call)
    ear.hear("enter_old_pin")
    call.digits(f"{PIN}#")
    ear.hear("enter_new_pin")
    call.digits("5290#")
    ear.hear("enter_new_pin_again")
    call.digits("5291#")
    ear.hear("pins_differ", "enter_new_pin")
    call.digits("1234#1234#")
    ear.hear("refused_weak_pin", "enter_new_pin")
    call.digits("5290#5290#")
    ear.hear("pin_changed")
    assert call.ended()
    event = office.await_event(Kind.PIN_CHANGED, user="2019", by_self=True)
    assert "5290" not in str(event)
    assert "5290" not in office.node.log_text()
    second = office.raw_desk("3002")
    old = second.call("*452019")
    old.digits(f"{PIN}#")
    office.ear_of(old).hear("refused_wrong_credentials")
    old.hang_up()
    office.menu(second, "*452019", "5290#2", "now_owns_this_phone")


def test_with_a_wrong_old_pin_nothing_changes(office: Office) -> None:
    office.user("2019")
    office.phone("3001")
    office.seat("2019", "3001")
    call = office.raw_desk("3001").call("*47")
    call.digits("0000#5290#5290#")
    office.ear_of(call).hear("refused_wrong_credentials", "enter_old_pin")
    call.hang_up()
    office.menu(office.raw_desk("3001"), "*46", f"{PIN}#", "logged_out")


def test_where_nobody_is_logged_in_there_is_no_pin_to_change(office: Office) -> None:
    office.phone("3001")
    office.menu(office.raw_desk("3001"), "*47", "", "refused_not_logged_in")
