"""Calls of people at shared phones: hold, transfer, transparency, destinations, records (R3.1, R4.4, R4.5)."""

from __future__ import annotations

import pytest

from tests.acceptance.office import Office, hear_each_other, shown
from tests.clients.baresip import Baresip
from tests.clients.raw import CallRefusedError
from tests.clients.waiting import until

pytestmark = pytest.mark.sip


@pytest.fixture
def desk(office: Office) -> Baresip:
    """Bill, 2019, sits at 3001; his destinations are as entered by default."""
    office.user("2019", name="Bill")
    office.user("2001", name="Ann", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    return office.desk("3001", tone=440)


def test_hold_and_resume(office: Office, desk: Baresip) -> None:
    ann = office.desk("4001", tone=1_000, answer=True)
    desk.call("2001")
    hear_each_other(desk, ann)
    desk.hold()
    ann.receive_nothing()
    desk.receive_nothing()
    desk.resume()
    ann.receive_packets()
    desk.receive_packets()
    reinvites = [message.body for message in ann.received() if message.method == "INVITE" and not message.code]
    assert [b"a=sendonly" in body for body in reinvites] == [False, True, False]
    desk.hang_up()
    ann.closed()
    record = office.await_call(lambda call: call.ended_at is not None, "one record", user="2019")
    assert len(office.calls(user="2019")) == 1, "re-INVITEs are no calls"
    assert record.cause == "normal"


def test_a_blind_transfer_to_a_hot_desk_user(office: Office, desk: Baresip) -> None:
    office.user("2020", name="Zoe")
    office.phone("3002")
    office.seat("2020", "3002")
    ann, zoe = office.desk("4001", tone=1_000, answer=True), office.desk("3002", tone=1_500, answer=True)
    desk.call("2001")
    desk.hear(1_000)
    desk.transfer(f"sip:2020@{office.node.ip}:{office.node.port}")
    ann.hear(1_500)
    zoe.hear(1_000)
    assert shown(zoe.last_invite()) == ("Ann", "2001")


def test_what_passes_transparently(office: Office, desk: Baresip) -> None:
    """Replaces (RFC 3891), REFER with Replaces (RFC 5589), session timers (RFC 4028), PRACK (RFC 3262)."""
    desk.answer_by_itself(True)
    headers = {"Supported": "timer, replaces, 100rel", "Session-Expires": "1800;refresher=uac"}
    call = office.raw_desk("4001").call("2019", headers=headers)
    invite = desk.last_invite()
    assert {name: invite.header(name) for name in headers} == headers
    refer_to = f"<sip:2001@{office.node.ip}?Replaces=abc%40def%3Bto-tag%3D1%3Bfrom-tag%3D2>"
    call.request("REFER", {"Refer-To": refer_to, "Referred-By": "<sip:2001@office.test>"})
    refer = until(lambda: next((m for m in desk.received() if m.method == "REFER"), None), "REFER arrives")
    assert refer.header("refer-to") == refer_to
    call.request("UPDATE", {"Session-Expires": "1800"})
    assert any(message.method == "UPDATE" for message in desk.received())


def test_a_call_that_replaces_another_says_so_to_the_phone(office: Office, desk: Baresip) -> None:
    replaces = "none@here;to-tag=1;from-tag=2"
    desk.answer_by_itself(True)
    office.raw_desk("4001").call("2019", headers={"Replaces": replaces}).hang_up()
    assert desk.last_invite().header("replaces") == replaces


def test_busy(office: Office, desk: Baresip) -> None:
    ann = office.desk("4001")
    ann.dial("2019")
    desk.ringing()
    desk.hang_up()
    assert ann.closed().code == 486
    office.await_call(lambda call: call.cause == "busy", "the record says busy", user="2019")
    office.change_user("2019", busy_to="announce:busy")
    ear = office.ear(ann)
    ann.dial("2019")
    desk.ringing()
    desk.hang_up()
    ear.hear("busy")


def test_no_answer_goes_to_somebody_else(office: Office, desk: Baresip) -> None:
    office.user("2020")
    office.phone("3002")
    office.seat("2020", "3002")
    office.change_user("2019", ring_seconds=5, no_answer_to="number:2020")
    other = office.desk("3002", tone=700, answer=True)
    ann = office.desk("4001", tone=1_000)
    ann.dial("2019")
    desk.ringing()
    ann.wait("CALL_ESTABLISHED")
    hear_each_other(ann, other)
    desk.closed()
    record = office.await_call(lambda call: call.answered_at is not None, "its record", user="2001")
    assert record.called_phone == "3002"


def test_at_a_phone_that_is_not_registered(office: Office, desk: Baresip) -> None:
    ann = office.raw_desk("4001")
    office.user("2020")
    office.phone("3002")
    office.seat("2020", "3002")
    with pytest.raises(CallRefusedError, match="480"):
        ann.call("2020")
    office.change_user("2020", no_answer_to="announce:unreachable")
    office.ear_of(ann.call("2020")).hear("unreachable")


@pytest.mark.parametrize("destination", ["reject", "number:2001", "announce:user_logged_out"])
def test_logged_out(office: Office, desk: Baresip, destination: str) -> None:
    office.user("2020", logged_out_to=destination)
    ann = office.desk("4001", tone=1_000, answer=True)
    if destination == "reject":
        assert desk.refused("2020").code == 480
        return
    ear = office.ear(desk)
    desk.call("2020")
    if destination.startswith("number"):
        hear_each_other(desk, ann)
    else:
        ear.hear("user_logged_out")


def test_diversions_in_a_circle_end(office: Office, desk: Baresip) -> None:
    office.user("2020", logged_out_to="number:2021")
    office.user("2021", logged_out_to="number:2020")
    assert desk.refused("2020").code == 482


def test_a_number_that_nobody_has(office: Office, desk: Baresip) -> None:
    assert desk.refused("2999").code in (403, 404)


def test_records_on_the_command_line(office: Office, desk: Baresip) -> None:
    """R4.5, R3.4: under the user, and also by the phone."""
    ann = office.desk("4001", answer=True)
    desk.call("2001")
    desk.hang_up()
    ann.closed()
    office.await_call(lambda call: call.ended_at is not None, "its record", user="2019")
    since = ("--since", "1m")
    record = office.node.json("calls", "list", "--user", "2019", *since)[-1]
    expected = {"caller": "2019", "called": "2001", "cause": "normal", "kind": "internal", "node": "test"}
    assert expected.items() <= record.items()
    assert office.node.json("calls", "list", "--phone", "3001", *since)[-1] == record
    assert record["call_id"] in office.node.do("calls", "list", "--user", "2019", "--csv", *since).splitlines()[-1]
