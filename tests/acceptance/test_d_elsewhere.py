"""(d) Logging in at a second phone: what the class of service says (R2.8), *move*, *deny* or *several*."""

from __future__ import annotations

import pytest

from freeseat.domain.directory import Elsewhere
from freeseat.domain.events import Kind
from tests.acceptance.office import Office, hear_each_other, shown
from tests.clients.baresip import Baresip

pytestmark = pytest.mark.sip


@pytest.fixture
def desks(office: Office) -> tuple[Baresip, Baresip, Baresip]:
    """2019 sits at the first; the second is empty; the third belongs to Ann."""
    office.user("2019", name="Bill")
    office.user("2001", name="Ann", hot_desk_access=False)
    office.phone("3001")
    office.phone("3002")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    return office.desk("3001", tone=440), office.desk("3002", tone=700), office.desk("4001", tone=1_000)


def log_in(office: Office, desk: Baresip, said: str) -> None:
    """2019 keys his PIN at a desk and hears what is said."""
    ear = office.ear(desk)
    desk.call("*452019")
    desk.digits("4711#2")
    ear.hear(said)
    desk.hang_up()


def test_move_ends_the_old_login(office: Office, desks: tuple[Baresip, Baresip, Baresip]) -> None:
    first, second, ann = desks
    log_in(office, second, "now_owns_this_phone")
    assert office.where() == {"3002": "2019"}
    assert office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001").data["reason"] == "moved"
    ann.dial("2019")
    second.ringing()
    second.answer()
    hear_each_other(second, ann)
    first.quiet("CALL_INCOMING", seconds=0.1)


def test_deny_refuses_and_tells_where(office: Office, desks: tuple[Baresip, Baresip, Baresip]) -> None:
    first, second, ann = desks
    office.cos(elsewhere=Elsewhere.DENY)
    log_in(office, second, "refused_elsewhere")
    assert office.where() == {"3001": "2019"}
    refusal = office.await_event(Kind.LOGIN_REFUSED, user="2019", phone="3002", reason="elsewhere")
    assert str(refusal.data["detail"]).startswith("at 3001 since ")
    assert "at 3001 since" in office.node.log_text()
    ann.dial("2019")
    first.ringing()
    second.quiet("CALL_INCOMING", seconds=0.1)


def test_several_rings_at_all_and_the_first_to_answer_has_it(
    office: Office, desks: tuple[Baresip, Baresip, Baresip]
) -> None:
    first, second, ann = desks
    office.cos(elsewhere=Elsewhere.SEVERAL)
    office.seat("2019", "3001")  # the login from before the rule was an exclusive one
    log_in(office, second, "now_owns_this_phone")
    assert office.where() == {"3001": "2019", "3002": "2019"}
    ann.dial("2019")
    first.ringing()
    second.ringing()
    second.answer()
    first.closed()
    hear_each_other(second, ann)
    second.hang_up()
    ann.closed()
    assert office.await_call(lambda c: c.ended_at is not None, "its record", user="2001").called_phone == "3002"
    for desk in (first, second):
        desk.dial("2001")
        ann.ringing()
        assert shown(ann.last_invite()) == ("Bill", "2019")
        desk.hang_up()
        ann.closed()


def test_several_stop_ringing_when_the_caller_gives_up(office: Office, desks: tuple[Baresip, Baresip, Baresip]) -> None:
    """R4.4: CANCEL of parallel ringing."""
    first, second, ann = desks
    office.cos(elsewhere=Elsewhere.SEVERAL)
    office.seat("2019", "3001")
    office.seat("2019", "3002")
    ann.dial("2019")
    first.ringing()
    second.ringing()
    ann.hang_up()
    first.closed()
    second.closed()
    record = office.await_call(lambda call: call.ended_at is not None, "its record", user="2001")
    assert (record.cause, record.code, record.answered_at) == ("cancelled", 487, None)
