"""What Kamailio told: bindings and call records, taken in once (R4.5, R3.4)."""

from __future__ import annotations

from dataclasses import replace

from freeseat.application.observe import Observation
from freeseat.application.ports import CallAnswered, CallEnded, CallRecord
from freeseat.domain.desk_login import State
from freeseat.domain.events import Kind
from tests.application.office import NODE, Office


def calls(office: Office) -> list[CallRecord]:
    return office.read(lambda tx: tx.calls.list())


def state(office: Office) -> object:
    """Everything that observing may change, but for the ids."""
    return office.read(lambda tx: (tx.bindings.list(), tx.calls.list(), tx.logins.list(), tx.events.last_position()))


def test_a_call_record(office: Office) -> None:
    """R4.5: caller, called, user, phone, start, answer, end, cause, node; R3.4: under the user, and the phone."""
    office.login("2019", "3001")
    start = office.now.timestamp()
    office.call("3001", "2020")
    office.later(4)
    office.observe(CallAnswered(NODE, "c1", office.now.timestamp(), "3002"))
    office.later(60)
    office.hang_up()
    (record,) = calls(office)
    assert record == CallRecord(
        id=record.id,
        node=NODE,
        call_id="c1",
        started_at=start,
        caller="2019",
        caller_phone="3001",
        dialled="2020",
        called="2020",
        called_phone="3002",
        kind="internal",
        answered_at=start + 4,
        ended_at=start + 64,
        code=200,
        cause="normal",
        source="10.0.0.1",
    )


def test_a_call_that_was_never_answered(office: Office) -> None:
    office.call("3001")
    office.observe(CallEnded(NODE, "c1", office.now.timestamp(), 486, "busy"))
    (record,) = calls(office)
    assert (record.answered_at, record.called_phone, record.code, record.cause) == (None, "", 486, "busy")


def test_an_end_or_answer_of_an_unknown_call_is_nothing(office: Office) -> None:
    office.observe(CallAnswered(NODE, "x", 1.0, "3001"), CallEnded(NODE, "x", 2.0, 200, "normal"))
    assert calls(office) == []


def test_the_first_answer_and_the_first_end_stand(office: Office) -> None:
    office.call("3001", answered_at="3002")
    first = calls(office)
    office.later(1)
    office.observe(CallAnswered(NODE, "c1", office.now.timestamp(), "3003"))
    assert calls(office) == first
    office.hang_up()
    first = calls(office)
    office.later(1)
    office.hang_up()
    office.observe(CallAnswered(NODE, "c1", office.now.timestamp(), "3003"))
    assert calls(office) == first


def test_the_same_call_id_at_another_node_is_another_call(office: Office) -> None:
    office.call("3001")
    other = replace(calls(office)[0], node="other")
    office.observe(other, CallEnded("other", "c1", office.now.timestamp(), 200, "normal"))
    assert [(call.node, call.ended_at is None) for call in calls(office)] == [(NODE, True), ("other", False)]


def test_everything_twice_changes_nothing_more(office: Office) -> None:
    """The journal is read again from a remembered place after a crash."""
    office.standard(high_security=True, unregistered_logout=True)
    office.trust("10.0.0.0/24")
    office.login("2020", "3002")
    office.register("2019")
    own = office.binding("2019", "call-1")
    call = CallRecord(0, NODE, "c1", office.now.timestamp(), "2020", "3002", "2019", "2019")
    seen: list[Observation] = [
        own,
        office.binding("3002", "reg-1"),
        call,
        CallAnswered(NODE, "c1", office.now.timestamp(), "2019"),
        office.unbound(own),
        CallEnded(NODE, "c1", office.now.timestamp(), 200, "normal"),
    ]
    for each in seen:
        office.observe(each)
        once = state(office)
        office.observe(each)
        assert state(office) == once, each


def test_a_journal_in_one_batch_or_line_by_line_comes_to_the_same(office: Office) -> None:
    """A phone is lost during a call: the logout waits for the call's end, however the lines were read (R2.13)."""
    office.standard(unregistered_logout=True)
    office.login("2019", "3001")
    binding = office.bind("3001")
    call = CallRecord(0, NODE, "c1", office.now.timestamp(), "2019", "3001", "2020", "2020")
    office.observe(call, office.unbound(binding))
    assert [place.state for place in office.places("2019")] == [State.PENDING]
    office.hang_up()
    assert office.places("2019") == ()


def test_the_end_of_a_registration_is_told_when_its_user_is_back_already(office: Office) -> None:
    """Unregistering and registering again with the same Call-ID, as phones do when they are set up anew (R2.2)."""
    office.trust("10.0.0.0/24")
    office.register("2019")
    binding = office.bind("2019", "call-1")
    office.unregister("2019")
    told_late = office.unbound(binding, "unregistered")
    office.later(0.01)
    office.register("2019")
    office.observe(told_late)
    assert office.where("2019") == ["2019"]
    office.unbind(office.bind("2019", "call-1"))
    assert office.where("2019") == []


def test_a_whole_call_and_a_lost_phone_in_one_batch(office: Office) -> None:
    office.standard(unregistered_logout=True)
    office.login("2019", "3001")
    binding = office.bind("3001")
    call = CallRecord(0, NODE, "c1", office.now.timestamp(), "2019", "3001", "2020", "2020")
    end = CallEnded(NODE, "c1", office.now.timestamp(), 200, "normal")
    office.observe(call, office.unbound(binding), end)
    assert office.places("2019") == ()


def test_bindings(office: Office) -> None:
    binding = office.bind("3001", user_agent="Phone 1.0")
    (event,) = office.events(Kind.REGISTERED)
    assert (event.phone, event.actor.source, event.data["user_agent"]) == ("3001", "10.0.0.9", "Phone 1.0")
    assert [b.contact for b in office.read(lambda tx: tx.bindings.list())] == [binding.contact]
    office.unbind(binding, "unregistered")
    (event,) = office.events(Kind.UNREGISTERED)
    assert event.data == {"contact": binding.contact, "why": "unregistered", "node": NODE}
    assert office.read(lambda tx: tx.bindings.list()) == []


def test_a_ringing_phone_is_not_on_a_call(office: Office) -> None:
    """Only who calls, or has answered, is on a call."""
    office.standard(idle_logout_seconds=60)
    office.login("2019", "3001")
    office.call("3002", "2019")
    office.later(60)
    assert office.timers().timed == 1


def test_whatever_stands_in_a_register_can_be_kept(office: Office) -> None:
    nasty = "\ud800\x00" + "é" * 5000
    binding = office.bind("3001", nasty, f"sip:{nasty}", user_agent=nasty, instance=nasty, path=nasty, received=nasty)
    office.unbind(binding)
    assert office.read(lambda tx: tx.bindings.list()) == []
