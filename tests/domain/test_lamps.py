"""What lamps show (R5.3, R8.1), as pure rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.lamps import (
    Dialog,
    Lamp,
    LiveCall,
    Phase,
    QueueState,
    Seat,
    State,
    dialogs,
    is_lit,
    queue_state,
    state,
)
from freeseat.domain.queues import QueueVerb

BILL = Seat(("3001",), ("2019",), logged_in=True, is_user=True)
DESK = Seat(("3001",), ("2019",), logged_in=True, is_user=False)
GONE = Seat((), ("2019",), logged_in=False, is_user=True)


def call(**fields: object) -> LiveCall:
    """Ann at 3002 calls Bill."""
    given = {"id": "c1", "at": 1.0, "caller": "2020", "caller_phone": "3002", "called": "2019", **fields}
    return LiveCall(**given)  # type: ignore[arg-type]


def shown(seat: Seat, *calls: LiveCall) -> list[Phase]:
    """The phases that a lamp shows."""
    return [dialog.phase for dialog in dialogs(seat, calls)]


def test_a_call_rings_at_all_places_of_the_called_and_is_answered_at_one() -> None:
    both = Seat(("3001", "3005"), ("2019",), logged_in=True, is_user=True)
    other = Seat(("3005",), ("2019",), logged_in=True, is_user=False)
    assert shown(both, call()) == shown(DESK, call()) == shown(other, call()) == [Phase.RINGING]
    answered = call(phone="3001", answered=True)
    assert shown(both, answered) == shown(DESK, answered) == [Phase.TALKING]
    assert shown(other, answered) == []


def test_where_it_is_known_which_phone_rings_no_other_does() -> None:
    assert shown(DESK, call(rung=frozenset({"3005"}))) == []
    assert shown(DESK, call(rung=frozenset({"3001"}))) == [Phase.RINGING]


def test_the_caller_calls_then_talks() -> None:
    ann = Seat(("3002",), ("2020",), logged_in=True, is_user=True)
    assert shown(ann, call()) == [Phase.CALLING]
    assert shown(ann, call(phone="3001", answered=True)) == [Phase.TALKING]


def test_a_call_outlives_the_login_of_who_made_it() -> None:
    """R2.13: the call survives, and the lamp says so rather than that he is gone."""
    his = call(caller="2019", caller_phone="3001", called="2020", phone="3002", answered=True)
    assert state(GONE, dialogs(GONE, [his])) is State.TALKING
    assert state(GONE, dialogs(GONE, [call(phone="3005", answered=True)])) is State.LOGGED_OUT


def test_a_queue_s_offer_rings_the_member_and_says_nothing_about_the_caller() -> None:
    ann = Seat(("3002",), ("2020",), logged_in=True, is_user=True)
    offer = call(caller_phone="")
    assert shown(BILL, offer) == [Phase.RINGING]
    assert shown(ann, offer) == []


def test_who_talks_is_talking_whatever_rings() -> None:
    second = call(id="c2", at=2.0)
    both = dialogs(BILL, [second, call(phone="3001", answered=True)])
    assert both == (Dialog("c1", Phase.TALKING), Dialog("c2", Phase.RINGING)), "the oldest first"
    assert state(BILL, both) is State.TALKING


@given(logged_in=st.booleans(), phases=st.lists(st.sampled_from(Phase)))
def test_idle_and_logged_out_only_without_calls(logged_in: bool, phases: list[Phase]) -> None:
    seat = Seat(("3001",), ("2019",), logged_in, is_user=True)
    says = state(seat, [Dialog(str(n), phase) for n, phase in enumerate(phases)])
    assert (says in (State.IDLE, State.LOGGED_OUT)) == (not phases)
    if not phases:
        assert (says is State.IDLE) == logged_in


OUT, IN = QueueState.LOGGED_OUT, QueueState.LOGGED_IN


@pytest.mark.parametrize(
    ("states", "all_of_them"),
    [
        ([], QueueState.NOBODY),
        ([OUT, OUT], OUT),
        ([IN, OUT], QueueState.PARTLY),
        ([QueueState.PAUSED, OUT], QueueState.PARTLY),
        ([IN, QueueState.PAUSED], QueueState.PAUSED),
        ([QueueState.UNREGISTERED, QueueState.PAUSED], QueueState.UNREGISTERED),
        ([IN, IN], IN),
    ],
)
def test_the_key_of_all_queues(states: list[QueueState], all_of_them: QueueState) -> None:
    assert queue_state(states) is all_of_them


@given(st.sampled_from(QueueState))
def test_of_a_pair_of_keys_exactly_one_shines_for_a_member(says: QueueState) -> None:
    lit = [is_lit(verb, says) for verb in (QueueVerb.LOG_IN, QueueVerb.LOG_OUT)]
    assert sum(lit) == (0 if says is QueueState.NOBODY else 1)
    assert is_lit(QueueVerb.TOGGLE, says) == lit[0]


def test_names_of_presentities() -> None:
    assert (Lamp("dialog", "2019").code, Lamp("dialog", "2019").number) == ("", "2019")
    assert (Lamp("dialog", "811.3001").code, Lamp("dialog", "811.3001").number) == ("811", "3001")
