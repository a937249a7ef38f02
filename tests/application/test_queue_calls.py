"""Callers of queues and offers to members (R5.7, R5.8): nobody given twice, nobody lost, every end has its outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from freeseat.application.queues.offers import REST_SECONDS
from freeseat.application.queues.ports import OfferEnd, Outcome, WaitState
from freeseat.application.queues.waiting import Sent, left_over, standings
from freeseat.domain.events import Kind
from freeseat.domain.policy import Policy
from freeseat.domain.queues import Readiness, Strategy
from tests.application.centre import VOICE, Centre
from tests.application.office import Office


@pytest.fixture
def centre(office: Office) -> Centre:
    return Centre(office)


@pytest.fixture
def staffed(centre: Centre) -> Centre:
    """2019 at 3001 and 2020 at 3002 take part, in this order, a second apart."""
    centre.agent("2019", "3001")
    centre.later(1)
    centre.agent("2020", "3002")
    return centre


# -- offers


def test_a_caller_is_offered_answered_and_ended(staffed: Centre) -> None:
    call = staffed.waits()
    staffed.later(3)
    (offer,) = staffed.offers()
    assert (offer.user, offer.call) == ("2019", call)
    assert staffed.state("2019") is Readiness.OFFERED
    assert staffed.seen().waiting[0].offered_to == ("2019",)
    won = staffed.answer(offer)
    assert won is not None
    assert (won.state, won.user_id, won.answered_at) == (WaitState.ANSWERED, offer.offer.user_id, staffed.now)
    assert staffed.state("2019") is Readiness.ON_CALL
    ended = staffed.end(won)
    assert ended is not None
    assert (ended.outcome, ended.ended_at) == (Outcome.ANSWERED, staffed.now)
    assert staffed.one("2019").answered == 1
    told = [event for event in staffed.events() if event.kind.value.startswith("queue_call")]
    assert [event.kind.value for event in told] == [
        "queue_call_entered", "queue_call_offered", "queue_call_answered", "queue_call_ended",
    ]  # fmt: skip
    assert told[2].data["waited"] == 3.0
    assert staffed.end(call) is None, "an end is an end"


@pytest.mark.parametrize(
    ("strategy", "order"),
    [
        (Strategy.ROUND_ROBIN, ["2019", "2020"] * 10),
        (Strategy.LONGEST_IDLE, ["2019", "2020"] * 10),
        (Strategy.FEWEST_CALLS, ["2019", "2020"] * 10),
        (Strategy.PRIORITY, ["2020"] * 20),
    ],
)
def test_the_order_over_20_calls(staffed: Centre, strategy: Strategy, order: list[str]) -> None:
    staffed.change(strategy=strategy)
    staffed.member("800", "2019", priority=2)
    taken = []
    for number in range(20):
        call = staffed.waits(f"{number}")
        (offer,) = staffed.offers()
        taken.append(offer.user)
        staffed.answer(offer)
        staffed.later(10)
        staffed.end(call)
        staffed.later(1)
    assert taken == order


def test_first_come_first_served_each_to_one(staffed: Centre) -> None:
    for call_id in "abc":
        staffed.waits(call_id)
        staffed.later(1)
    assert staffed.rung() == [("2019", "a"), ("2020", "b")]
    assert staffed.rung() == [], "everybody is being rung"


def test_ring_all_gives_the_caller_to_the_quickest_only(staffed: Centre) -> None:
    staffed.change(strategy=Strategy.RING_ALL)
    staffed.waits("a")
    staffed.waits("b")
    first, second = staffed.offers()
    assert {first.user, second.user} == {"2019", "2020"}
    assert {first.call.call_id, second.call.call_id} == {"a"}
    assert staffed.answer(second) is not None
    assert staffed.answer(first) is None, "nobody is given twice"
    assert staffed.rung() == [(first.user, "b")]


def test_ring_all_rings_who_becomes_ready_meanwhile(staffed: Centre) -> None:
    staffed.change(strategy=Strategy.RING_ALL)
    staffed.pause("2020", "lunch")
    staffed.waits()
    assert staffed.rung() == [("2019", "a")]
    staffed.pause("2020", None)
    assert staffed.rung() == [("2020", "a")]


def test_a_member_of_two_queues_is_rung_for_one(staffed: Centre) -> None:
    staffed.queue("801", "812")
    staffed.member("801", "2019")
    staffed.take_part("2019", "801")
    staffed.waits("a", "800")
    staffed.waits("b", "801")
    assert staffed.rung("801") == [("2019", "b")]
    assert staffed.rung("800") == [("2020", "a")]


def test_answering_twice_or_too_late_wins_nothing(staffed: Centre) -> None:
    call = staffed.waits()
    (offer,) = staffed.offers()
    staffed.end(call, Outcome.ABANDONED)
    assert staffed.answer(offer) is None
    assert staffed.state("2019") is Readiness.READY
    staffed.waits("b")
    (again,) = staffed.offers()
    assert staffed.answer(again) is not None
    assert staffed.answer(again) is None


def test_who_hangs_up_in_the_moment_of_the_answer_was_answered(staffed: Centre) -> None:
    call = staffed.waits()
    (offer,) = staffed.offers()
    assert staffed.answer(offer) is not None
    staffed.end(call, Outcome.ABANDONED)
    assert staffed.row(call.id).outcome is Outcome.ANSWERED


# -- not answered


@pytest.mark.parametrize("end", [OfferEnd.MISSED, OfferEnd.REFUSED, OfferEnd.UNREACHABLE])
def test_an_offer_that_came_to_nothing_goes_on_to_the_next(staffed: Centre, end: OfferEnd) -> None:
    staffed.waits()
    (offer,) = staffed.offers()
    staffed.fail(offer, end)
    assert staffed.rung() == [("2020", "a")]
    (event,) = staffed.events(Kind.QUEUE_CALL_MISSED)
    assert (event.user, event.data["end"], event.data["misses"]) == ("2019", end, end is not OfferEnd.UNREACHABLE)
    assert staffed.state("2019") is Readiness.WRAP_UP, "left in peace for a moment"
    staffed.later(REST_SECONDS[end])
    assert staffed.state("2019") is Readiness.READY


def test_who_misses_so_many_in_a_row_is_paused_with_an_event_and_never_just_dropped(centre: Centre) -> None:
    """R5.8"""
    centre.change(misses_until_pause=2)
    centre.agent("2019", "3001")
    centre.waits()
    for expected in (Readiness.WRAP_UP, Readiness.PAUSED):
        (offer,) = centre.offers()
        centre.fail(offer)
        assert centre.state("2019") is expected
        centre.later(REST_SECONDS[OfferEnd.MISSED])
    assert centre.rung() == []
    one = centre.one("2019")
    assert (one.logged_in, one.pause_reason, one.misses) == (True, "no_answer", 2)
    (event,) = centre.events(Kind.QUEUE_PAUSED)
    assert (event.user, event.data) == ("2019", {"queue": "800", "reason": "no_answer"})
    centre.pause("2019", None)
    assert centre.rung() == [("2019", "a")], "and the caller has waited"


def test_an_answer_in_between_counts_anew(centre: Centre) -> None:
    centre.change(misses_until_pause=2)
    centre.agent("2019", "3001")
    for number in range(3):
        call = centre.waits(f"{number}")
        (missed,) = centre.offers()
        centre.fail(missed)
        centre.later(REST_SECONDS[OfferEnd.MISSED])
        (offer,) = centre.offers()
        assert centre.answer(offer) is not None
        centre.end(call)
    assert centre.events(Kind.QUEUE_PAUSED) == []


def test_offers_go_round_among_those_who_do_not_answer(staffed: Centre) -> None:
    staffed.change(misses_until_pause=0)
    staffed.waits()
    rung = []
    for _ in range(6):
        (offer,) = staffed.offers()
        rung.append(offer.user)
        staffed.fail(offer)
        staffed.later(REST_SECONDS[OfferEnd.MISSED])
    assert rung == ["2019", "2020"] * 3


# -- agents who leave mid-offer: the caller goes on to the next


def _logs_out_of_the_queue(centre: Centre) -> None:
    centre.take_part("2019", log_in=False)


def _logs_out_of_the_desk(centre: Centre) -> None:
    centre.logout("3001")


def _is_taken_over(centre: Centre) -> None:
    centre.user("2021")
    centre.login("2021", "3001")


def _phone_dies(centre: Centre) -> None:
    centre.unbind(centre.read(lambda tx: tx.bindings.list(aor="3001"))[0])


def _pauses(centre: Centre) -> None:
    centre.pause("2019", "lunch")


def _is_disabled(centre: Centre) -> None:
    centre.change_user("2019", enabled=False)


@pytest.mark.parametrize(
    "leaves", [_logs_out_of_the_queue, _logs_out_of_the_desk, _is_taken_over, _phone_dies, _pauses, _is_disabled]
)
def test_a_caller_survives_his_agents_leaving(staffed: Centre, leaves: Any) -> None:
    call = staffed.waits()
    (offer,) = staffed.offers()
    assert offer.user == "2019"
    leaves(staffed)
    served = staffed.serve()
    assert offer.offer.id not in served.open_offers, "voice stops ringing him"
    assert call.id in served.waiting
    assert [each.user for each in served.offers] == ["2020"]
    assert staffed.answer(offer) is None


def test_a_call_that_is_up_survives_everything(staffed: Centre) -> None:
    call = staffed.waits()
    (offer,) = staffed.offers()
    staffed.answer(offer)
    for leaves in (_pauses, _logs_out_of_the_queue, _phone_dies, _is_disabled):
        leaves(staffed)
    assert staffed.row(call.id).state is WaitState.ANSWERED
    assert staffed.end(call) is not None


# -- wrap-up (R5.7)


def test_wrap_up_ends_by_itself_or_by_hand(staffed: Centre) -> None:
    staffed.change(wrap_up_seconds=30)
    staffed.queue("801", "812")
    staffed.member("801", "2019")
    staffed.take_part("2019", "801")
    call = staffed.waits()
    (offer,) = staffed.offers()
    staffed.answer(offer)
    staffed.end(call)
    assert [staffed.state("2019", number) for number in ("800", "801")] == [Readiness.WRAP_UP] * 2
    assert staffed.one("2019").wrap_up_until == staffed.now + timedelta(seconds=30)
    assert staffed.serve().again_at == staffed.now + timedelta(seconds=30)
    staffed.later(30)
    assert staffed.state("2019") is Readiness.READY
    second = staffed.waits("b")
    (offer,) = staffed.offers()
    assert offer.user == "2020", "idle longer"
    staffed.answer(offer)
    staffed.end(second)
    staffed.pause("2020", None)
    assert staffed.state("2020") is Readiness.READY


# -- those who cannot be served


def test_a_full_queue(staffed: Centre) -> None:
    staffed.change(max_length=1, overflow_to="number:2020")
    staffed.waits("a")
    sent = staffed.enter("b")
    assert isinstance(sent, Sent)
    assert (sent.destination, sent.outcome, sent.call.outcome) == ("number:2020", Outcome.FULL, Outcome.FULL)
    assert len(staffed.seen().waiting) == 1


def test_the_longest_wait(centre: Centre) -> None:
    centre.change(max_wait_seconds=60, overflow_to="")
    early = centre.waits("a")
    centre.later(30)
    centre.waits("b")
    assert centre.serve().again_at == early.entered_at + timedelta(seconds=60)
    centre.later(30)
    served = centre.serve()
    assert [(each.call.id, each.destination, each.outcome) for each in served.sent] == [
        (early.id, "reject", Outcome.MAX_WAIT)
    ]
    assert len(served.waiting) == 1
    centre.later(30)
    assert len(centre.serve().sent) == 1
    assert centre.serve().sent == ()


def test_nobody_there(centre: Centre) -> None:
    """At once, or when the last one leaves; who is paused or on a call may come back."""
    centre.change(no_agents_to="announce:closed")
    sent = centre.enter("a")
    assert isinstance(sent, Sent)
    assert (sent.destination, sent.outcome) == ("announce:closed", Outcome.NO_AGENTS)
    centre.agent("2019", "3001")
    centre.waits("b")
    centre.pause("2019", "lunch")
    assert centre.serve().sent == ()
    centre.logout("3001")
    (gone,) = centre.serve().sent
    assert (gone.call.call_id, gone.outcome) == ("b", Outcome.NO_AGENTS)


def test_without_such_a_destination_they_wait_for_somebody_to_come(centre: Centre) -> None:
    centre.waits()
    centre.later(3600)
    served = centre.serve()
    assert (served.sent, len(served.waiting)) == ((), 1)
    centre.agent("2019", "3001")
    assert centre.rung() == [("2019", "a")]


def test_a_caller_that_is_sent_away_while_somebody_is_rung_for_him(staffed: Centre) -> None:
    staffed.change(max_wait_seconds=10)
    staffed.waits()
    (offer,) = staffed.offers()
    staffed.later(10)
    served = staffed.serve()
    assert len(served.sent) == 1
    assert served.open_offers == frozenset()
    assert staffed.answer(offer) is None
    assert staffed.state("2019") is Readiness.READY


def test_position_and_estimated_wait(staffed: Centre) -> None:
    queue = staffed.read(lambda tx: tx.queues.get(number="800"))
    assert queue is not None
    calls = [staffed.waits(call_id) for call_id in "abc"]
    found = staffed.read(lambda tx: standings(tx, queue, staffed.now))
    assert [(found[call.id].position, found[call.id].estimated_seconds) for call in calls] == [
        (1, 90.0), (2, 180.0), (3, 270.0),
    ]  # fmt: skip
    for user in ("2019", "2020"):
        staffed.take_part(user, log_in=False)
    found = staffed.read(lambda tx: standings(tx, queue, staffed.now))
    assert found[calls[0].id].estimated_seconds is None


# -- a voice process that died


def test_what_a_voice_process_finds_when_it_is_back(staffed: Centre) -> None:
    waiting, talking = staffed.waits("a"), staffed.waits("b")
    first, second = staffed.offers()
    assert staffed.answer(second) is not None
    found = staffed.write(lambda tx: left_over(tx, VOICE, staffed.now))
    assert [(each.call.id, each.queue.number, each.rung) for each in found] == [
        (waiting.id, "800", ((first.offer.id, "2019"),)),
        (talking.id, "800", ()),
    ]
    assert staffed.answer(first) is None, "nobody rings any more"
    assert staffed.rung() == [("2019", "a")]
    assert staffed.write(lambda tx: left_over(tx, "another", staffed.now)) == []


def test_a_call_that_nobody_ended_does_not_keep_its_agent_for_ever(staffed: Centre) -> None:
    call = staffed.waits()
    (offer,) = staffed.offers()
    staffed.answer(offer)
    staffed.later(Policy().longest_call_hours * 3600 + 1)
    assert staffed.state("2019") is Readiness.ON_CALL
    staffed.timers()
    assert staffed.row(call.id).outcome is Outcome.LOST
    assert staffed.state("2019") is Readiness.READY
