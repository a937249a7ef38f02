"""(g) Automatic and scheduled logout (R2.12), and that nobody is ever cut off during a call (R2.13)."""

from __future__ import annotations

import pytest

from freeseat.domain.desk_login import EndReason, State
from freeseat.domain.directory import Schedule, Scope
from freeseat.domain.events import Kind
from tests.acceptance.office import PIN, Office, hear_each_other
from tests.clients.baresip import Baresip
from tests.clients.waiting import until

pytestmark = pytest.mark.sip


@pytest.fixture
def call(office: Office) -> tuple[Baresip, Baresip]:
    """2019, of the class *agents*, sits at 3001 and is on a call with Ann at her own phone."""
    office.cos("agents")
    office.user("2019", cos="agents")
    office.user("2001", hot_desk_access=False)
    office.phone("3001", site="Berlin")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    desk, ann = office.desk("3001", tone=440), office.desk("4001", tone=1_000, answer=True)
    desk.call("2001")
    office.await_call(lambda record: record.answered_at is not None, "the call is known", user="2019")
    return desk, ann


def assert_deferred(office: Office, call: tuple[Baresip, Baresip], reason: EndReason) -> None:
    """The logout is pending while they talk, and happens when they hang up."""
    office.await_event(Kind.LOGOUT_PENDING, user="2019", phone="3001", reason=reason)
    place = office.place("2019")
    assert (place.state, place.pending) == (State.PENDING, reason)
    hear_each_other(*call)
    assert not office.events(Kind.LOGGED_OUT, user="2019")
    call[0].hang_up()
    office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason=reason)
    assert office.where() == {}


@pytest.mark.parametrize(("timer", "reason"), [("max_login_seconds", "max_time"), ("idle_logout_seconds", "idle")])
def test_a_timer(office: Office, timer: str, reason: str) -> None:
    office.cos("agents", **{timer: 1})
    office.user("2019", cos="agents")
    office.user("2020")
    office.phone("3001")
    office.phone("3002")
    office.seat("2020", "3002")
    office.seat("2019", "3001")
    event = office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason=reason)
    assert event.actor.channel == "timer"
    assert office.where() == {"3002": "2020"}, "whose class says nothing stays"


def test_the_longest_login_is_deferred_during_a_call(office: Office, call: tuple[Baresip, Baresip]) -> None:
    office.cos("agents", max_login_seconds=1)
    assert_deferred(office, call, EndReason.MAX_TIME)


def test_nobody_is_idle_during_a_call(office: Office, call: tuple[Baresip, Baresip]) -> None:
    office.cos("agents", idle_logout_seconds=1)
    hear_each_other(*call)
    office.cos("agents", max_login_seconds=2)  # comes later than idling would
    office.await_event(Kind.LOGOUT_PENDING, user="2019", reason="max_time")
    call[0].hang_up()
    office.await_event(Kind.LOGGED_OUT, user="2019", reason="max_time")


def test_a_schedule_is_deferred_during_a_call(office: Office, call: tuple[Baresip, Baresip]) -> None:
    office.user("2020")
    office.phone("3002")
    office.seat("2020", "3002")
    office.schedule(Schedule(0, "* * * * *"))
    office.await_event(Kind.SCHEDULE_RUN, logged_out=1, pending=1)
    office.await_event(Kind.LOGGED_OUT, user="2020", phone="3002", reason="schedule")
    assert_deferred(office, call, EndReason.SCHEDULE)


def test_a_schedule_of_another_site(office: Office) -> None:
    for user, phone, site in (("2019", "3001", "Berlin"), ("2020", "3002", "Köln")):
        office.user(user)
        office.phone(phone, site=site)
        office.seat(user, phone)
    office.schedule(Schedule(0, "* * * * *", "Europe/Berlin", Scope.SITE, "Köln"))
    office.await_event(Kind.SCHEDULE_RUN)
    assert office.where() == {"3001": "2019"}


def test_a_remote_logout_is_deferred_during_a_call(office: Office, call: tuple[Baresip, Baresip]) -> None:
    office.cos("supervisors", remote_logout_enabled=True)
    office.user("2002", cos="supervisors", hot_desk_access=False)
    office.phone("4002", owner="2002")
    office.menu(office.raw_desk("4002"), "*332019", "", "extension", "logged_out_after_call")
    assert_deferred(office, call, EndReason.REMOTE)


def test_by_force_the_login_ends_at_once_and_the_call_survives(office: Office, call: tuple[Baresip, Baresip]) -> None:
    office.free("3001")
    assert office.where() == {}
    assert office.await_event(Kind.LOGGED_OUT, user="2019").data["reason"] == "forced"
    hear_each_other(*call)


def test_a_phone_that_lost_power_during_a_call_holds_no_logout(office: Office) -> None:
    """R2.13, R2.14: it sends no BYE, but registers anew when it is back; what waited for the call happens then."""
    office.cos("agents")
    office.user("2019", cos="agents")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    office.desk("4001", answer=True)
    office.raw_desk("3001").call("2001")
    office.await_call(lambda record: record.answered_at is not None, "the call is known", user="2019")
    office.cos("agents", max_login_seconds=1)
    office.await_event(Kind.LOGOUT_PENDING, user="2019", phone="3001", reason="max_time")
    office.raw_desk("3001")
    office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason="max_time")
    record = office.await_call(lambda record: record.ended_at is not None, "the call is closed", user="2019")
    assert record.cause == "phone restarted"


def test_when_the_phone_stops_being_registered(office: Office) -> None:
    office.cos("agents", unregistered_logout=True)
    office.user("2019", cos="agents")
    office.user("2020")
    for user, phone in (("2019", "3001"), ("2020", "3002")):
        office.phone(phone)
        office.seat(user, phone)
    for number in ("3001", "3002"):
        office.raw_desk(number).unregister()
    office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason="unregistered")
    office.await_event(Kind.UNREGISTERED, phone="3002")
    assert office.where() == {"3002": "2020"}


def test_after_a_power_cut_only_high_security_logs_out(office: Office) -> None:
    """R2.14: a phone that comes back registers with another Call-ID."""
    office.cos("vault", high_security=True)
    office.user("2019", cos="vault")
    office.user("2020")
    for user, phone in (("2019", "3001"), ("2020", "3002")):
        office.phone(phone)
        office.seat(user, phone)
        desk = office.raw_desk(phone)
        office.await_event(Kind.REGISTERED, phone=phone)
        assert desk.register(call_id=f"after-the-power-cut-{phone}").code == 200
    office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason="power_loss")
    until(lambda: len(office.events(Kind.REGISTERED, phone="3002")) == 2, "3002 is seen to be back")
    assert office.where() == {"3002": "2020"}


def test_back_to_the_default_owner_when_a_visitor_leaves(office: Office) -> None:
    """R1.2."""
    owner = office.user("2019")
    office.user("2020")
    office.phone("3001", default_owner_id=owner.id)
    office.seat("2020", "3001")
    office.menu(office.raw_desk("3001"), "*46", f"{PIN}#", "logged_out")
    assert office.where() == {"3001": "2019"}
