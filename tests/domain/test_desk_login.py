"""The life of a desk login: every state and every trigger (R2.13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.desk_login import DEFERRED, TRANSITIONS, DeskLogin, EndReason, State, Trigger
from freeseat.domain.errors import IllegalTransition
from tests.domain.entities import NOW, login

LATER = NOW + timedelta(hours=1)
reasons = st.sampled_from(EndReason)


def in_state(state: State) -> DeskLogin:
    match state:
        case State.ACTIVE:
            return login()
        case State.PENDING:
            return login(pending=EndReason.REMOTE, pending_since=NOW)
        case State.ENDED:
            return login(ended_at=NOW, end_reason=EndReason.LOGOUT)


def after(desk_login: DeskLogin, trigger: Trigger) -> DeskLogin:
    match trigger:
        case Trigger.END:
            return desk_login.ending(EndReason.LOGOUT, LATER, on_call=False)
        case Trigger.END_DURING_CALL:
            return desk_login.ending(EndReason.SCHEDULE, LATER, on_call=True)
        case Trigger.CALLS_OVER:
            return desk_login.calls_over(LATER)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("trigger", Trigger)
def test_every_state_and_trigger(state: State, trigger: Trigger) -> None:
    before = in_state(state)
    assert before.state is state
    if (state, trigger) in TRANSITIONS:
        assert after(before, trigger).state is TRANSITIONS[state, trigger]
    else:
        with pytest.raises(IllegalTransition, match=str(trigger)):
            after(before, trigger)


def test_the_table_is_complete_for_open_logins_and_empty_for_ended_ones() -> None:
    assert set(TRANSITIONS) == {(s, t) for s in (State.ACTIVE, State.PENDING) for t in Trigger}


def test_the_ends_that_never_cut_off_a_call() -> None:
    """R2.13: a timed, scheduled or remote logout waits; what a person at the phone or an administrator does, not."""
    assert {
        EndReason.REMOTE,
        EndReason.MAX_TIME,
        EndReason.IDLE,
        EndReason.SCHEDULE,
        EndReason.UNREGISTERED,
    } == DEFERRED


@given(reasons, st.booleans())
def test_an_end_waits_only_if_deferred_and_on_a_call(reason: EndReason, on_call: bool) -> None:
    told = login().ending(reason, LATER, on_call=on_call)
    if on_call and reason in DEFERRED:
        assert (told.state, told.pending, told.pending_since, told.ended_at) == (State.PENDING, reason, LATER, None)
        over = told.calls_over(LATER + timedelta(seconds=9))
        assert (over.state, over.end_reason, over.ended_at) == (State.ENDED, reason, LATER + timedelta(seconds=9))
        assert over.pending is None
    else:
        assert (told.state, told.end_reason, told.ended_at) == (State.ENDED, reason, LATER)
        assert (told.pending, told.pending_since) == (None, None)


@given(reasons)
def test_the_first_reason_that_waits_stays(second: EndReason) -> None:
    pending = login().ending(EndReason.REMOTE, NOW, on_call=True)
    again = pending.ending(second, LATER, on_call=True)
    if second in DEFERRED:
        assert again == pending
    else:
        assert (again.state, again.end_reason, again.pending) == (State.ENDED, second, None)


@given(st.lists(st.tuples(st.sampled_from(Trigger), st.integers(0, 3600)), max_size=8))
def test_no_history_leaves_a_login_half_ended(steps: list[tuple[Trigger, int]]) -> None:
    now, current = NOW, login()
    for trigger, seconds in steps:
        now += timedelta(seconds=seconds)
        if current.state is State.ENDED:
            with pytest.raises(IllegalTransition):
                after(current, trigger)
            return
        current = after(current, trigger)
        assert (current.ended_at is None) == (current.end_reason is None) == (current.state is not State.ENDED)
        assert (current.pending is None) == (current.pending_since is None) == (current.state is not State.PENDING)
        unchanged = {"pending": None, "pending_since": None, "ended_at": None, "end_reason": None}
        assert replace(current, **unchanged) == login(), "only the end is written"  # type: ignore[arg-type]
