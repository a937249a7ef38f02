"""Any sequence of callers and agents: a caller is never lost and never given twice (R5.8), ready is as defined (R5.6).

Every caller is at every moment waiting, on a call with one member, or over with an outcome; and as soon as anybody can
take calls again, all who wait are served.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from freeseat.application.ports import Binding
from freeseat.application.queues.offers import OfferMade
from freeseat.application.queues.ports import OfferEnd, OfferRow, Outcome, QueueCall, WaitState
from freeseat.application.queues.waiting import Sent, left_over
from freeseat.domain.queues import Readiness, Strategy
from tests.application.centre import VOICE, Centre
from tests.application.office import Office
from tests.store.databases import Copies, PostgresCopies, SqliteCopies, open_database

DESKS = {"2019": "3001", "2020": "3002", "2021": "3003"}
QUEUES = ("800", "801")
agents, queues = st.sampled_from(sorted(DESKS)), st.sampled_from(QUEUES)
failures = st.sampled_from([OfferEnd.MISSED, OfferEnd.REFUSED, OfferEnd.UNREACHABLE])
outcomes = st.sampled_from([Outcome.ANSWERED, Outcome.ABANDONED])


@dataclass
class Agent:
    """An agent, as the specification has him: independent inputs of *ready*."""

    sits: bool = False
    registered: bool = False
    enabled: bool = True
    takes_part: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    call: int | None = None


class CentreMachine(RuleBasedStateMachine):
    """Three agents, each at his own desk, take part in both queues; the second rings all."""

    copies: Copies

    def __init__(self) -> None:
        super().__init__()
        self.url = self.copies.create()
        self.centre = Centre(Office(open_database(self.url)))
        self.centre.user("2021")
        self.centre.queue("801", "812", strategy=Strategy.RING_ALL, misses_until_pause=2, wrap_up_seconds=20)
        for number in QUEUES:
            for agent in DESKS:
                self.centre.member(number, agent)
        self.callers: dict[int, str] = {}
        self.winners: dict[int, str] = {}
        self.over: dict[int, Outcome | None] = {}
        self.made: list[OfferMade] = []
        self.agents = {number: Agent() for number in DESKS}
        self.bindings: dict[str, Binding] = {}
        for number in DESKS:
            self.sit_down_or_leave(number)
            self.register_or_vanish(number)
            for queue in QUEUES:
                self.log_in_or_out(number, queue, log_in=True)
        for queue in QUEUES:
            self.callers_enter(queue, 2)

    def teardown(self) -> None:
        self.serve_everybody()
        self.centre.database.close()
        self.copies.drop(self.url)

    # -- callers

    @rule(number=queues, count=st.integers(1, 3))
    def callers_enter(self, number: str, count: int) -> None:
        for _ in range(count):
            self.a_caller_enters(number)

    def a_caller_enters(self, number: str) -> None:
        call = self.centre.enter(f"call-{len(self.callers)}", number)
        if isinstance(call, Sent):
            call = call.call
            self.over[call.id] = call.outcome
        self.callers[call.id] = number

    @rule(data=st.data(), outcome=outcomes)
    def a_call_ends(self, data: st.DataObject, outcome: Outcome) -> None:
        """He hangs up, waiting or talking; or the end of a call that is over is told again."""
        if not self.callers:
            return
        call_id = data.draw(st.sampled_from(sorted(self.callers)))
        was_answered = self.centre.row(call_id).state is WaitState.ANSWERED
        ended = self.centre.end(self.centre.row(call_id), outcome)
        assert (ended is None) is (call_id in self.over)
        self.over.setdefault(call_id, Outcome.ANSWERED if was_answered else outcome)
        for agent in self.agents.values():
            if agent.call == call_id:
                agent.call = None

    @rule(number=queues, seconds=st.sampled_from([None, 30]), nobody_there=st.sampled_from(["", "reject"]))
    def the_rules_change(self, number: str, seconds: int | None, nobody_there: str) -> None:
        self.centre.change(number, max_wait_seconds=seconds, no_agents_to=nobody_there)

    # -- what voice does

    @rule(number=queues)
    def serve(self, number: str) -> None:
        """Offers go to those who are ready, one each, and nobody waits without need."""
        before = {each.user: each.readiness for each in self.centre.seen(number).members}
        served = self.centre.serve(number)
        for sent in served.sent:
            assert sent.call.id not in self.over
            self.over[sent.call.id] = sent.outcome
        for offer in served.offers:
            was = before[offer.user]
            assert was is Readiness.READY or (was is Readiness.OFFERED and served.sent), "his caller was sent away"
            self.may_take_calls(offer.user, number)
            assert self.callers[offer.call.id] == number
        self.made += served.offers
        offered = {each.queue_call_id for each in self.open_offers()}
        idle = [each for each in self.centre.seen(number).members if each.ready]
        if number == "800":
            assert not idle or served.waiting <= offered, "somebody is ready and somebody waits"
        else:
            assert not idle or not served.waiting, "under ring all everybody is rung"

    @rule(data=st.data())
    def a_member_answers(self, data: st.DataObject) -> None:
        """Perhaps too late: offers of long ago are answered as well."""
        if not self.made:
            return
        offer = data.draw(st.sampled_from(self.made[-8:]))
        open_ = offer.offer.id in {each.id for each in self.open_offers()}
        won = self.centre.answer(offer)
        assert (won is not None) is open_, "who is rung wins, all others do not"
        if won is not None:
            assert won.id not in self.winners, "never given twice"
            assert won.id not in self.over
            self.winners[won.id] = offer.user
            self.agents[offer.user].call = won.id

    @rule(data=st.data(), end=failures)
    def an_offer_comes_to_nothing(self, data: st.DataObject, end: OfferEnd) -> None:
        if self.made:
            offer = data.draw(st.sampled_from(self.made[-8:]))
            self.centre.fail(offer, end)
            self.note_pauses()

    @rule()
    def voice_dies_and_comes_back(self) -> None:
        found = self.centre.write(lambda tx: left_over(tx, VOICE, self.centre.now))
        open_calls = {call_id for call_id in self.callers if call_id not in self.over}
        assert open_calls <= {each.call.id for each in found}, "it finds every call that is not over"
        assert self.open_offers() == []

    @rule(seconds=st.sampled_from([1.0, 16.0, 31.0]))
    def time_passes(self, seconds: float) -> None:
        self.centre.later(seconds)

    # -- what agents do

    @rule(
        number=agents, what=st.sampled_from(["desk", "phone", "in", "out", "pause", "resume", "disable"]), queue=queues
    )
    def an_agent(self, number: str, what: str, queue: str) -> None:
        match what:
            case "desk":
                self.sit_down_or_leave(number)
            case "phone":
                self.register_or_vanish(number)
            case "in" | "out":
                self.log_in_or_out(number, queue, log_in=what == "in")
            case "pause" | "resume":
                self.pause_or_resume(number, "lunch" if what == "pause" else None)
            case "disable":
                self.disable_or_enable(number)

    def sit_down_or_leave(self, number: str) -> None:
        agent = self.agents[number]
        if agent.sits:
            self.centre.logout(DESKS[number])
        elif agent.enabled:
            self.centre.login(number, DESKS[number])
            agent.takes_part, agent.paused = set(), set()  # R5.5: a new desk login starts queue-logged-out
        agent.sits = agent.enabled and not agent.sits

    def register_or_vanish(self, number: str) -> None:
        agent = self.agents[number]
        if agent.registered:
            self.centre.unbind(self.bindings[number])
        else:
            self.bindings[number] = self.centre.bind(DESKS[number], f"reg-{self.centre.position()}")
        agent.registered = not agent.registered

    def log_in_or_out(self, number: str, queue: str, log_in: bool) -> None:
        agent = self.agents[number]
        if not agent.enabled:
            return
        self.centre.take_part(number, queue, log_in=log_in)
        if log_in is not (queue in agent.takes_part):
            agent.paused.discard(queue)
        agent.takes_part = agent.takes_part | {queue} if log_in else agent.takes_part - {queue}

    def pause_or_resume(self, number: str, reason: str | None) -> None:
        agent = self.agents[number]
        if agent.enabled and agent.takes_part:
            self.centre.pause(number, reason)
            agent.paused = set(agent.takes_part) if reason else set()

    def disable_or_enable(self, number: str) -> None:
        agent = self.agents[number]
        agent.enabled = not agent.enabled
        self.centre.change_user(number, enabled=agent.enabled)
        if not agent.enabled:
            agent.sits, agent.takes_part, agent.paused = False, set(), set()

    # -- what must hold

    def may_take_calls(self, number: str, queue: str) -> None:
        """R5.6, by the model: who is ready, or is being rung."""
        agent = self.agents[number]
        assert agent.enabled
        assert agent.sits
        assert agent.registered
        assert queue in agent.takes_part
        assert queue not in agent.paused
        assert agent.call is None

    def note_pauses(self) -> None:
        """Who missed too many is paused, and it shows."""
        for number, agent in self.agents.items():
            for queue in agent.takes_part:
                one = self.centre.one(number, queue)
                if one.paused_since is not None and queue not in agent.paused:
                    assert one.pause_reason == "no_answer"
                    agent.paused.add(queue)

    def open_offers(self) -> list[OfferRow]:
        return self.centre.read(lambda tx: tx.offers.list(ended_at=None))

    @invariant()
    def no_caller_is_lost_or_given_twice(self) -> None:
        def look(tx: Any) -> tuple[list[QueueCall], list[OfferRow], dict[int, str]]:
            people = {user.id: user.number for user in tx.users.list()}
            return tx.queue_calls.list(), tx.offers.list(), people

        calls, offers, people = self.centre.read(look)
        assert {call.id for call in calls} == set(self.callers)
        for call in calls:
            answered = [offer for offer in offers if offer.queue_call_id == call.id and offer.end is OfferEnd.ANSWERED]
            assert len(answered) == (call.id in self.winners)
            if call.id in self.over:
                assert (call.state, call.outcome) == (WaitState.ENDED, self.over[call.id])
                assert call.ended_at is not None
            elif call.id in self.winners:
                assert call.state is WaitState.ANSWERED
                assert people[call.user_id or 0] == self.winners[call.id]
            else:
                assert call.state is WaitState.WAITING
        waiting = {call.id for call in calls if call.state is WaitState.WAITING}
        rung = [offer for offer in offers if offer.ended_at is None]
        assert {offer.queue_call_id for offer in rung} <= waiting, "nobody is rung for a caller who is gone"
        for offer in rung:
            self.may_take_calls(people[offer.user_id], self.callers[offer.queue_call_id])
        users = [offer.user_id for offer in rung]
        assert len(users) == len(set(users)), "one offer a member"

    @invariant()
    def the_three_states_are_apart(self) -> None:
        """R5.6: registered, queue-logged-in, ready; each by its own inputs."""
        for queue in QUEUES:
            for one in self.centre.seen(queue).members:
                agent = self.agents[one.user]
                assert one.logged_in is (queue in agent.takes_part)
                assert one.registered is (agent.sits and agent.registered)
                assert one.unregistered is (one.logged_in and not one.registered)
                assert (one.paused_since is not None) is (queue in agent.paused)
                if one.ready:
                    self.may_take_calls(one.user, queue)

    def serve_everybody(self) -> None:
        """At the end somebody takes his seat: all who still wait are answered, one after the other."""
        for agent in self.agents.values():
            if agent.call is not None and agent.call not in self.over:
                self.centre.end(self.centre.row(agent.call))
                self.over[agent.call] = Outcome.ANSWERED
            agent.call = None
        self.centre.later(60)
        for queue in QUEUES:
            self.centre.change(queue, max_wait_seconds=None, no_agents_to="")
        if not self.agents["2019"].enabled:
            self.disable_or_enable("2019")
        if not self.agents["2019"].sits:
            self.sit_down_or_leave("2019")
        if not self.agents["2019"].registered:
            self.register_or_vanish("2019")
        self.centre.write(lambda tx: left_over(tx, VOICE, self.centre.now))
        for queue in QUEUES:
            self.centre.take_part("2019", queue)
            self.centre.pause("2019", None)
            while waiting := self.centre.seen(queue).waiting:
                offers = self.centre.offers(queue)
                assert offers, "somebody is ready and somebody waits"
                assert self.centre.answer(offers[0]) is not None
                self.centre.end(offers[0].call)
                self.centre.later(60)
                self.centre.write(lambda tx: left_over(tx, VOICE, self.centre.now))
                assert len(self.centre.seen(queue).waiting) == len(waiting) - 1


def check(copies: Copies, examples: int, steps: int) -> None:
    class Machine(CentreMachine):
        pass

    Machine.copies = copies
    quick = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(Machine, settings=quick)


def test_on_sqlite(sqlite_copies: SqliteCopies) -> None:
    check(sqlite_copies, 14, 35)


@pytest.mark.postgres
def test_on_postgresql(postgres_copies: PostgresCopies) -> None:
    check(postgres_copies, 3, 25)
