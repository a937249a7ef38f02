"""R1.9: deleting or disabling a user or a phone ends its desk logins at once, in order, with events."""

from __future__ import annotations

import pytest

from freeseat.domain.events import Kind
from tests.acceptance.office import PIN, Office, hear_each_other
from tests.clients.raw import CallRefusedError
from tests.clients.waiting import until

pytestmark = pytest.mark.sip


@pytest.mark.parametrize("by", ["delete", "disable"])
def test_a_user_who_is_logged_in(office: Office, by: str) -> None:
    office.user("2019", name="Bill")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    desk, ann = office.desk("3001", tone=440), office.desk("4001", tone=1_000, answer=True)
    desk.call("2001")
    if by == "delete":
        office.node.do("user", "delete", "2019")
    else:
        office.node.do("user", "change", "2019", "--disabled")
    assert office.where() == {}
    kinds = [event.kind for event in office.events(user="2019") if event.kind is not Kind.LOGIN_REFUSED]
    assert kinds[-2:] == [Kind.LOGGED_OUT, Kind.USER_DELETED if by == "delete" else Kind.USER_CHANGED]
    assert office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001").data["reason"] == "user_removed"
    hear_each_other(desk, ann)
    desk.hang_up()
    ann.closed()
    assert desk.refused("2001").reason == "Log in to call from this phone"
    assert ann.refused("2019").code in (403, 404), "as a number that nobody has"


def test_a_phone_somebody_is_at(office: Office) -> None:
    office.user("2019")
    office.phone("3001")
    phone = office.raw_desk("3001")
    office.seat("2019", "3001")
    office.node.do("phone", "delete", "3001")
    assert office.where() == {}
    assert office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001").data["reason"] == "phone_removed"
    with pytest.raises(CallRefusedError, match="403"):
        phone.call("*45")
    assert phone.register().code == 403


def test_a_deleted_phone_does_not_ring_for_who_gets_its_number(office: Office) -> None:
    office.user("2019")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    thrown_away = office.desk("3001")
    until(lambda: office.bindings("3001"), "it is bound")
    office.remove_phone("3001")
    office.phone("3001")
    office.seat("2019", "3001")
    until(lambda: not office.bindings("3001"), "it is bound no more")
    assert office.desk("4001").refused("2019").code == 480
    thrown_away.quiet("CALL_INCOMING", seconds=0.1)


def test_hot_desk_access_taken_from_somebody_registered_as_himself(office: Office) -> None:
    office.user("2019")
    office.trust("127.1.0.0/16")
    phone = office.raw("2019", PIN, ip="127.1.0.5")
    assert phone.register().code == 200
    until(lambda: office.bindings("2019"), "he is bound")
    office.node.do("user", "change", "2019", "--no-hot-desk")
    assert office.where() == {}
    until(lambda: not office.bindings("2019"), "his device is rung no more")
    assert phone.register().code == 403
