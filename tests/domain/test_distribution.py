"""Whom the next caller is offered to (R5.8): the order of each strategy, and nobody twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.distribution import ReadyMember, distribute, estimated_wait
from freeseat.domain.queues import Attendance, Strategy
from tests.domain.entities import NOW

AGENTS = (1, 2, 3, 4)


def member(user_id: int, priority: int = 1, **attendance: object) -> ReadyMember:
    state = Attendance(user_id, 1, user_id, NOW - timedelta(hours=1))
    return ReadyMember(user_id, priority, replace(state, **attendance))  # type: ignore[arg-type]


class Floor:
    """Four agents, ready whenever they are not on a call, taking calls one after the other, a minute apart."""

    def __init__(self, strategy: Strategy, *members: ReadyMember) -> None:
        self.strategy = strategy
        self.members = {each.user_id: each for each in members or map(member, AGENTS)}
        self.now = NOW

    def next_call(self, *away: int) -> int:
        """Who is offered the next caller; he takes it, talks for half a minute and wraps nothing up."""
        ready = [each for each in self.members.values() if each.user_id not in away]
        (offer,) = distribute(self.strategy, [7], ready)
        chosen = offer.user_ids[0]
        old = self.members[chosen]
        after = old.attendance.offered(self.now).answering()
        after = after.call_over(self.now + timedelta(seconds=30), 0)
        self.members[chosen] = replace(old, attendance=after)
        self.now += timedelta(minutes=1)
        return chosen


def test_round_robin_over_20_calls() -> None:
    floor = Floor(Strategy.ROUND_ROBIN)
    assert [floor.next_call() for _ in range(20)] == list(AGENTS) * 5


def test_round_robin_passes_over_who_is_away_and_takes_him_first_when_he_is_back() -> None:
    floor = Floor(Strategy.ROUND_ROBIN)
    assert [floor.next_call(2) for _ in range(6)] == [1, 3, 4, 1, 3, 4]
    assert floor.next_call() == 2


def test_longest_idle_over_20_calls() -> None:
    """Idle since the last call, or since the queue login: who has just come is not first."""
    newcomer = member(4, logged_in_at=NOW - timedelta(minutes=1))
    floor = Floor(Strategy.LONGEST_IDLE, member(1), member(2), member(3), newcomer)
    assert [floor.next_call() for _ in range(20)] == [1, 2, 3, 4] * 5


def test_longest_idle_is_not_whose_turn_it_is() -> None:
    long_call = member(1, last_offered_at=NOW - timedelta(minutes=50), last_call_at=NOW)
    short_call = member(2, last_offered_at=NOW - timedelta(minutes=5), last_call_at=NOW - timedelta(minutes=4))
    assert Floor(Strategy.LONGEST_IDLE, long_call, short_call).next_call() == 2
    assert Floor(Strategy.ROUND_ROBIN, long_call, short_call).next_call() == 1


def test_fewest_calls_over_20_calls() -> None:
    floor = Floor(Strategy.FEWEST_CALLS, member(1, answered=10), member(2, answered=8), member(3, answered=8))
    first = [floor.next_call() for _ in range(4)]
    assert first == [2, 3, 2, 3]
    rest = [floor.next_call() for _ in range(16)]
    assert max(rest.count(each) for each in (1, 2, 3)) - min(rest.count(each) for each in (1, 2, 3)) <= 1


def test_priority_over_20_calls() -> None:
    """The lowest number first; among equals who is idle longest."""
    floor = Floor(Strategy.PRIORITY, member(1, 2), member(2, 1), member(3, 1), member(4, 3))
    assert [floor.next_call() for _ in range(8)] == [2, 3] * 4
    assert [floor.next_call(2, 3) for _ in range(6)] == [1] * 6
    assert [floor.next_call(1, 2, 3) for _ in range(6)] == [4] * 6


def test_ring_all_rings_everybody_for_the_first_caller() -> None:
    (offer,) = distribute(Strategy.RING_ALL, [7, 8, 9], [member(each) for each in AGENTS])
    assert (offer.call_id, set(offer.user_ids)) == (7, set(AGENTS))


# -- what holds for all strategies

ready = st.lists(
    st.builds(
        member,
        st.integers(1, 8),
        st.integers(1, 3),
        answered=st.integers(0, 3),
        last_offered_at=st.none() | st.integers(0, 5).map(lambda n: NOW - timedelta(minutes=n)),
        last_call_at=st.none() | st.integers(0, 5).map(lambda n: NOW - timedelta(minutes=n)),
    ),
    unique_by=lambda each: each.user_id,
    max_size=6,
)
waiting = st.lists(st.integers(1, 20), unique=True, max_size=6)
declined = st.dictionaries(st.integers(1, 20), st.dictionaries(st.integers(1, 8), st.integers(1, 3)), max_size=4)
one_each = st.sampled_from([each for each in Strategy if each is not Strategy.RING_ALL])


@given(strategy=st.sampled_from(Strategy), waiting=waiting, ready=ready, declined=declined)
def test_nobody_is_offered_twice_and_only_who_is_ready(
    strategy: Strategy, waiting: list[int], ready: list[ReadyMember], declined: dict[int, dict[int, int]]
) -> None:
    offers = distribute(strategy, waiting, ready, declined)
    users = [user for offer in offers for user in offer.user_ids]
    assert len(users) == len(set(users))
    assert set(users) <= {each.user_id for each in ready}
    assert [offer.call_id for offer in offers] == waiting[: len(offers)], "first come, first served"
    assert distribute(strategy, waiting, ready[::-1], declined) == offers, "the same everywhere"


@given(strategy=one_each, waiting=waiting, ready=ready, declined=declined)
def test_nobody_waits_while_somebody_is_ready(
    strategy: Strategy, waiting: list[int], ready: list[ReadyMember], declined: dict[int, dict[int, int]]
) -> None:
    assert len(distribute(strategy, waiting, ready, declined)) == min(len(waiting), len(ready))


@given(strategy=one_each, ready=ready.filter(bool), declined=st.dictionaries(st.integers(1, 8), st.integers(1, 3)))
def test_who_did_not_answer_a_caller_comes_after_those_who_missed_him_less(
    strategy: Strategy, ready: list[ReadyMember], declined: dict[int, int]
) -> None:
    (offer,) = distribute(strategy, [7], ready, {7: declined})
    least = min(declined.get(each.user_id, 0) for each in ready)
    assert declined.get(offer.user_ids[0], 0) == least


@pytest.mark.parametrize("strategy", [Strategy.LONGEST_IDLE, Strategy.PRIORITY, Strategy.FEWEST_CALLS])
def test_offers_go_round_when_nobody_answers(strategy: Strategy) -> None:
    """However the strategy orders them: he who would always be first is not rung again and again."""
    members, missed, rung = [member(each) for each in (1, 2, 3)], dict[int, int](), []
    for _ in range(9):
        (offer,) = distribute(strategy, [7], members, {7: missed})
        (user,) = offer.user_ids
        missed[user] = missed.get(user, 0) + 1
        rung.append(user)
    assert rung == [1, 2, 3] * 3


def test_the_estimated_wait() -> None:
    assert estimated_wait(0, 2, 180.0) == 90.0
    assert estimated_wait(3, 2, 180.0) == 360.0
    assert estimated_wait(3, 0, 180.0) is None, "nobody serves: unknown, not for ever"
