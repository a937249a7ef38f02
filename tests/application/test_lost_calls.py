"""Calls whose end nobody saw hold no login for ever, and what is seen later counts more (R2.13, R4.5)."""

from __future__ import annotations

import pytest

from freeseat.application.close_calls import close_call
from freeseat.application.observe import SwitchStarted
from freeseat.application.ports import CallAnswered, CallRecord
from freeseat.domain.desk_login import EndReason, State
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.events import Kind
from tests.application.office import ADMIN, NODE, Office


def the_call(office: Office) -> CallRecord:
    (record,) = office.read(lambda tx: tx.calls.list())
    return record


def is_open(office: Office) -> bool:
    return the_call(office).ended_at is None


def times_up_during_the_call(office: Office) -> None:
    """2019 at 3001 is on a call when his time is up."""
    office.standard(max_login_seconds=60)
    office.later(60)
    office.timers()
    assert [place.state for place in office.places("2019")] == [State.PENDING]


def restarts(office: Office, node: str = NODE) -> None:
    office.later(1)
    office.observe(SwitchStarted(node, office.now.timestamp()))


# -- Kamailio is started anew


def test_a_call_that_rang_when_kamailio_died_is_over(office: Office) -> None:
    """R2.13: what waited for it happens; event and record in one transaction."""
    office.login("2019", "3001")
    office.call("3001", "2020")
    times_up_during_the_call(office)
    restarts(office)
    assert (the_call(office).cause, the_call(office).ended_at) == ("switch restarted", office.now.timestamp())
    (event,) = office.events(Kind.CALL_CLOSED)
    assert (event.user, event.phone, event.data["call_id"], event.data["cause"]) == (
        "2019",
        "3001",
        "c1",
        "switch restarted",
    )
    assert office.places("2019") == ()
    assert office.events(Kind.LOGGED_OUT)[-1].data["reason"] == EndReason.MAX_TIME


def test_an_answered_call_lives_on_when_kamailio_dies(office: Office) -> None:
    """R4.4: its dialog is the phones' own."""
    office.login("2019", "3001")
    office.call("3001", "2020", answered_at="3002")
    times_up_during_the_call(office)
    restarts(office)
    assert is_open(office)
    assert [place.state for place in office.places("2019")] == [State.PENDING]
    office.hang_up()
    assert (the_call(office).cause, office.places("2019")) == ("normal", ())


def test_calls_of_other_nodes_and_of_the_new_kamailio_are_none_of_its_business(office: Office) -> None:
    office.call("3001")
    restarts(office, "other")
    assert is_open(office)
    began_later = CallRecord(0, NODE, "c2", office.now.timestamp() + 2, "", "3002", "2020", "2020")
    office.observe(began_later, SwitchStarted(NODE, office.now.timestamp() + 1))
    assert [call.ended_at is None for call in office.read(lambda tx: tx.calls.list())] == [False, True]


def test_a_call_that_is_tried_again_after_the_restart_goes_on(office: Office) -> None:
    """A phone repeats its INVITE (RFC 3261 section 17.1.1.2), and the new Kamailio takes it for a new one."""
    office.call("3001")
    restarts(office)
    office.later(1)
    office.observe(CallAnswered(NODE, "c1", office.now.timestamp(), "3002"))
    assert (is_open(office), the_call(office).called_phone) == (True, "3002")
    office.hang_up()
    assert the_call(office).cause == "normal"


def test_the_end_that_is_seen_counts_more_than_the_one_assumed(office: Office) -> None:
    """The answer's journal line died with Kamailio: the BYE still tells when the call ended."""
    office.call("3001")
    restarts(office)
    office.later(30)
    office.hang_up()
    assert (the_call(office).cause, the_call(office).ended_at) == ("normal", office.now.timestamp())
    restarts(office)
    assert the_call(office).cause == "normal"


def test_a_start_that_is_read_twice_changes_nothing_more(office: Office) -> None:
    office.call("3001")
    restarts(office)
    before = the_call(office), office.read(lambda tx: tx.events.last_position())
    office.observe(SwitchStarted(NODE, office.now.timestamp()))
    assert (the_call(office), office.read(lambda tx: tx.events.last_position())) == before


# -- a phone is started anew


@pytest.mark.parametrize("instance", ["", "<urn:uuid:1>"])
@pytest.mark.parametrize("calling", [True, False])
def test_a_phone_that_was_restarted_holds_no_call_any_more(office: Office, calling: bool, instance: str) -> None:
    """R2.13: the logout that waited for its call happens; of the call nobody hangs up."""
    office.login("2019", "3001")
    office.bind("3001", "before", instance=instance)
    office.call("3001" if calling else "3002", "2019", answered_at="3002" if calling else "3001")
    times_up_during_the_call(office)
    office.bind("3001", "after", instance=instance)
    assert (the_call(office).cause, the_call(office).ended_at) == ("phone restarted", office.now.timestamp())
    assert office.places("2019") == ()
    assert [event.data["cause"] for event in office.events(Kind.CALL_CLOSED)] == ["phone restarted"]


def test_after_a_loss_of_power_during_a_call_its_occupant_is_still_logged_in(office: Office) -> None:
    """R2.14: the logout of a phone that was lost is called off when it is back, before its call is closed."""
    office.standard(unregistered_logout=True)
    office.login("2019", "3001")
    here = office.bind("3001", "before", "sip:3001@10.0.0.9:1", instance="<urn:uuid:1>")
    office.bind("3001", "before", "sip:3001@10.0.0.9:2", instance="<urn:uuid:1>")
    office.call("3001", answered_at="3002")
    office.unbind(here)
    office.later(1)
    office.bind("3001", "after", "sip:3001@10.0.0.9:1", instance="<urn:uuid:1>")
    assert not is_open(office)
    assert [place.state for place in office.places("2019")] == [State.ACTIVE]


def test_high_security_logs_out_at_once_though_the_phone_was_on_a_call(office: Office) -> None:
    """R2.14: power was lost, and with it the call."""
    office.standard(high_security=True)
    office.login("2019", "3001")
    office.bind("3001", "before")
    office.call("3001", answered_at="3002")
    office.later(5)
    office.bind("3001", "after")
    assert office.places("2019") == ()
    assert office.events(Kind.LOGGED_OUT)[-1].data["reason"] == EndReason.POWER_LOSS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"instance": "<urn:uuid:1>"}, {"instance": "<urn:uuid:2>"}),
        ({"instance": "<urn:uuid:1>", "source": "10.0.0.9"}, {"instance": "<urn:uuid:1>", "source": "10.0.0.10"}),
        ({"source": "10.0.0.9"}, {"source": "10.0.0.10"}),
    ],
    ids=["another phone of that number", "a softphone in another network", "anything from elsewhere"],
)
def test_a_call_is_kept_where_it_may_go_on(office: Office, before: dict[str, str], after: dict[str, str]) -> None:
    """R1.3: a shared phone's number may ring several devices; R2.13: nobody on a call is cut off."""
    office.bind("3001", "one", **before)
    office.call("3001", answered_at="3002")
    office.later(5)
    office.bind("3001", "two", **after)
    assert is_open(office)


def test_a_call_is_kept_where_several_phones_without_instance_share_a_number(office: Office) -> None:
    office.bind("3001", "one", "sip:3001@10.0.0.9:1")
    office.bind("3001", "two", "sip:3001@10.0.0.9:2")
    office.call("3001", answered_at="3002")
    office.later(5)
    office.bind("3001", "three", "sip:3001@10.0.0.9:2")
    assert is_open(office)


def test_the_call_of_a_restarted_phone_ends_truly_when_the_other_side_hangs_up(office: Office) -> None:
    office.bind("3001", "before")
    office.call("3001", answered_at="3002")
    office.later(5)
    office.bind("3001", "after")
    office.later(20)
    office.hang_up()
    assert (the_call(office).cause, the_call(office).ended_at) == ("normal", office.now.timestamp())


# -- nobody knows


def test_the_longest_call_is_a_rule(office: Office) -> None:
    """Both phones are lost: no BYE ever comes (R2.13)."""
    office.policy(longest_call_hours=2)
    office.login("2019", "3001")
    office.call("3001", answered_at="3002")
    times_up_during_the_call(office)
    office.later(2 * 3600)
    assert office.timers().calls_closed == 1
    assert the_call(office).cause == "no end seen"
    assert office.places("2019") == ()
    (event,) = office.events(Kind.CALL_CLOSED)
    assert (event.data["cause"], event.actor.who) == ("no end seen", "timer")


def test_an_administrator_closes_a_call(office: Office) -> None:
    """R2.13: and the logout that waited for it happens with it."""
    office.login("2019", "3001")
    office.call("3001", answered_at="3002")
    times_up_during_the_call(office)
    id = the_call(office).id
    closed = office.write(lambda tx: close_call(tx, id, ADMIN, office.now))
    assert (closed.cause, closed.ended_at) == ("closed by administrator", office.now.timestamp())
    assert office.places("2019") == ()
    (event,) = office.events(Kind.CALL_CLOSED)
    assert (event.actor, event.data["call"]) == (ADMIN, id)
    with pytest.raises(InvalidValue, match="ended already"):
        office.write(lambda tx: close_call(tx, id, ADMIN, office.now))
    with pytest.raises(NotFound):
        office.write(lambda tx: close_call(tx, 99, ADMIN, office.now))
