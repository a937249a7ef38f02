"""Queue state as a property of its independent inputs (R5.6), codes (R5.1), pauses, wrap-up, misses (R5.7, R5.8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.queues import (
    UNREG_WARNING,
    Attendance,
    Queue,
    QueueVerb,
    Readiness,
    code_pair,
    queue_claims,
    queue_codes,
    readiness,
    toggled,
)
from tests.domain.entities import NOW

QUEUE = Queue(1, "800", "811", "Sales")
EARLIER, LATER = NOW - timedelta(minutes=10), NOW + timedelta(minutes=10)
moments = st.sampled_from([EARLIER, NOW, LATER])

attendances = st.none() | st.builds(
    Attendance,
    id=st.just(1),
    queue_id=st.just(1),
    user_id=st.just(2019),
    logged_in_at=st.none() | moments,
    suspended=st.booleans(),
    paused_at=st.none() | moments,
    pause_reason=st.sampled_from(["", "lunch"]),
    wrap_up_until=st.none() | moments,
    misses=st.integers(0, 3),
)
inputs = st.fixed_dictionaries(dict.fromkeys(("at_desk", "reachable", "on_call", "offered"), st.booleans()))


@given(attendance=attendances, given_=inputs)
def test_ready_is_exactly_as_defined(attendance: Attendance | None, given_: dict[str, bool]) -> None:
    """R5.6, Words: queue-logged-in, not paused, reachable, not on a call; and not being rung or wrapping up."""
    ready = (
        attendance is not None
        and attendance.logged_in_at is not None
        and attendance.paused_at is None
        and given_["at_desk"]
        and given_["reachable"]
        and not given_["on_call"]
        and not given_["offered"]
        and (attendance.wrap_up_until is None or attendance.wrap_up_until <= NOW)
    )
    assert (readiness(attendance, **given_, now=NOW) is Readiness.READY) is ready


@given(attendance=attendances, given_=inputs)
def test_the_reason_for_not_being_ready_is_true(attendance: Attendance | None, given_: dict[str, bool]) -> None:
    logged_in = attendance is not None and attendance.logged_in
    match readiness(attendance, **given_, now=NOW):
        case Readiness.LOGGED_OUT:
            assert not logged_in
        case Readiness.NO_DESK:
            assert not given_["at_desk"]
        case Readiness.UNREGISTERED:
            assert not given_["reachable"]
        case Readiness.PAUSED:
            assert attendance is not None
            assert attendance.paused_at is not None
        case Readiness.ON_CALL:
            assert given_["on_call"]
        case Readiness.OFFERED:
            assert given_["offered"]
        case Readiness.WRAP_UP:
            assert attendance is not None
            assert attendance.wrap_up_until == LATER


@given(attendance=attendances, given_=inputs)
def test_the_unreg_warning_is_for_who_is_logged_in_and_cannot_be_reached(
    attendance: Attendance | None, given_: dict[str, bool]
) -> None:
    """R5.6: whatever else may be so."""
    left = attendance is not None and attendance.logged_in and not (given_["at_desk"] and given_["reachable"])
    assert (readiness(attendance, **given_, now=NOW) in UNREG_WARNING) is left


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"attendance": None}, Readiness.LOGGED_OUT),
        ({"attendance": Attendance(1, 1, 2019)}, Readiness.LOGGED_OUT),
        ({"at_desk": False}, Readiness.NO_DESK),
        ({"reachable": False}, Readiness.UNREGISTERED),
        ({"attendance": Attendance(1, 1, 2019, EARLIER, paused_at=EARLIER)}, Readiness.PAUSED),
        ({"on_call": True}, Readiness.ON_CALL),
        ({"offered": True}, Readiness.OFFERED),
        ({"attendance": Attendance(1, 1, 2019, EARLIER, wrap_up_until=LATER)}, Readiness.WRAP_UP),
        ({}, Readiness.READY),
    ],
)
def test_each_input_alone_decides(change: dict[str, object], state: Readiness) -> None:
    ready: dict[str, object] = {
        "attendance": Attendance(1, 1, 2019, EARLIER), "at_desk": True, "reachable": True, "on_call": False,
        "offered": False, "now": NOW,
    }  # fmt: skip
    assert readiness(**(ready | change)) is state  # type: ignore[arg-type]


# -- transitions

present = attendances.filter(lambda each: each is not None and each.logged_in)


@given(attendance=attendances.filter(bool), suspended=st.booleans())
def test_a_queue_login_begins_afresh_and_a_logout_leaves_nothing(attendance: Attendance, suspended: bool) -> None:
    """No pause, wrap-up or miss outlives it; what feeds the strategies does."""
    inside, outside = attendance.logging_in(NOW), attendance.logging_out(suspended=suspended)
    assert inside.logged_in
    assert not outside.logged_in
    assert (inside == attendance) is attendance.logged_in
    for after in (inside, outside):
        assert (after.answered, after.last_call_at) == (attendance.answered, attendance.last_call_at)
    again = outside.logging_in(NOW)
    assert (again.paused_at, again.pause_reason, again.wrap_up_until, again.misses) == (None, "", None, 0)
    assert not again.suspended
    assert outside.logging_out().suspended is False, "a logout on purpose is not undone when registered again"


@given(attendance=present)
def test_pausing_and_resuming(attendance: Attendance) -> None:
    """R5.7"""
    paused = attendance.pausing("lunch", NOW)
    assert (paused.paused_at, paused.pause_reason) == (attendance.paused_at or NOW, "lunch")
    assert paused.pausing("call back", LATER) == replace(paused, pause_reason="call back")
    resumed = paused.resuming()
    assert (resumed.paused_at, resumed.pause_reason, resumed.misses, resumed.wrap_up_until) == (None, "", 0, None)
    assert resumed.logged_in_at == attendance.logged_in_at


@pytest.mark.parametrize("limit", [0, 1, 2, 3])
def test_so_many_misses_in_a_row_pause(limit: int) -> None:
    """R5.8: with a reason, never silently dropped; 0 never does."""
    queue = replace(QUEUE, misses_until_pause=limit)
    member = Attendance(1, 1, 2019, EARLIER)
    for count in range(1, 6):
        member = member.missing(queue, NOW)
        assert member.logged_in
        assert member.misses == count
        assert (member.paused_at is not None) is bool(limit and count >= limit)
    assert member.pause_reason == ("no_answer" if limit else "")
    answered = Attendance(1, 1, 2019, EARLIER, misses=limit).answering()
    assert (answered.misses, answered.answered) == (0, 1)


@pytest.mark.parametrize(
    ("logged_in_at", "seconds", "until"),
    [(EARLIER, 30, NOW + timedelta(seconds=30)), (EARLIER, 0, None), (None, 30, None)],
)
def test_wrap_up(logged_in_at: datetime | None, seconds: int, until: datetime | None) -> None:
    """R5.7: it ends by itself; nobody wraps up who is not logged in."""
    after = Attendance(1, 1, 2019, logged_in_at).call_over(NOW, seconds)
    assert (after.wrap_up_until, after.last_call_at) == (until, NOW)


@given(attendance=present, seconds=st.integers(1, 60))
def test_a_rest_never_shortens_a_wrap_up(attendance: Attendance, seconds: int) -> None:
    until = NOW + timedelta(seconds=seconds)
    assert attendance.resting(NOW, seconds).wrap_up_until == max(until, attendance.wrap_up_until or until)


# -- codes


def test_codes_and_their_reversed_order() -> None:
    """R5.1: the order is a setting of the queue, and another one of the code of all queues."""
    verbs = (QueueVerb.TOGGLE, QueueVerb.LOG_IN, QueueVerb.LOG_OUT)
    assert queue_codes(QUEUE) == dict(zip(("811", "8111", "8110"), verbs, strict=True))
    reversed_ = replace(QUEUE, reversed_digits=True)
    assert queue_codes(reversed_) == dict(zip(("811", "8110", "8111"), verbs, strict=True))
    assert code_pair("900", reversed_digits=True) == dict(zip(("900", "9000", "9001"), verbs, strict=True))


@given(code=st.text("0189", min_size=1, max_size=4), other=st.text("0189", min_size=1, max_size=4))
def test_two_queues_clash_exactly_if_they_share_a_string(code: str, other: str) -> None:
    """R1.5: so a queue 81 beside a queue 811 does."""
    one, two = Queue(1, "700", code, "a"), Queue(2, "701", other, "b")
    clash = any(a.clashes_with(b) for a in queue_claims(one) for b in queue_claims(two))
    strings = [{queue.number, queue.code, queue.code + "0", queue.code + "1"} for queue in (one, two)]
    assert clash is bool(strings[0] & strings[1])
    reversed_ = replace(two, reversed_digits=True)
    assert {claim.string for claim in queue_claims(two)} == {claim.string for claim in queue_claims(reversed_)}


def test_queue_81_beside_queue_811() -> None:
    mine, theirs = (queue_claims(Queue(1, f"70{code}", code, code)) for code in ("81", "811"))
    clashing = {(a.string, a.owner, b.owner) for a in mine for b in theirs if a.clashes_with(b)}
    assert clashing == {("811", "queue 7081", "queue 70811")}


@given(states=st.lists(st.booleans(), max_size=5))
def test_a_toggle_of_mixed_states_logs_in_to_the_rest(states: list[bool]) -> None:
    """R5.1: only where he is logged in to all of them it logs out."""
    assert toggled(states) is not (bool(states) and all(states))
