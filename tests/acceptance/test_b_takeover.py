"""(b) Logging in where somebody sits is a takeover: it needs only the newcomer's PIN (R2.7)."""

from __future__ import annotations

import pytest

from freeseat.domain.events import Kind
from tests.acceptance.office import Office, hear_each_other, shown

pytestmark = pytest.mark.sip


def test_2020_takes_over_from_2019(office: Office) -> None:
    office.user("2019", name="Bill")
    office.user("2020", name="Zoe", pin="0815")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    desk, other = office.desk("3001", tone=440), office.desk("4001", tone=1_000)

    ear = office.ear(desk)
    desk.call("*452020")
    desk.digits("0815#2")
    ear.hear("extension", "digit_2", "digit_0", "digit_2", "digit_0", "now_owns_this_phone")
    assert office.where() == {"3001": "2020"}
    desk.hang_up()

    out = office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason="taken_over")
    came = office.await_event(Kind.LOGGED_IN, user="2020", phone="3001", method="menu")
    assert came.position == out.position + 1, "one transaction"
    assert (out.actor.who, out.actor.source, out.actor.channel) == ("3001", "127.0.0.1", "voice")

    heard = office.ear(other)
    other.call("2019")
    heard.hear("user_logged_out")
    other.closed()
    other.dial("2020")
    desk.ringing()
    desk.answer()
    hear_each_other(desk, other)
    desk.hang_up()
    other.closed()
    desk.dial("2001")
    other.ringing()
    assert shown(other.last_invite()) == ("Zoe", "2020")


def test_a_takeover_during_a_call_leaves_the_call_alone(office: Office) -> None:
    """R2.13: the call survives, whoever owns the phone."""
    office.user("2019")
    office.user("2020")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    desk, other = office.desk("3001", tone=440), office.desk("4001", tone=1_000, answer=True)
    desk.call("2001")
    office.seat("2020", "3001")
    assert office.where() == {"3001": "2020"}
    hear_each_other(desk, other)
    desk.hang_up()
    record = office.await_call(lambda call: call.ended_at is not None, "the call is recorded", user="2019")
    assert (record.caller, record.caller_phone, record.called) == ("2019", "3001", "2001")
