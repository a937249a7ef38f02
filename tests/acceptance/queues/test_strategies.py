"""Issue 3: each strategy's order over 20 calls (R5.8), with the callers and the agents played by sipp."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freeseat.application.queues.ports import OfferEnd, Outcome
from freeseat.domain.queues import Readiness, Strategy
from tests.acceptance.office import secret_of
from tests.acceptance.queues.centre import QUEUE, Centre
from tests.clients.sipp import Credentials, Sipp

pytestmark = pytest.mark.sip

CALLS = 20
AGENTS = {"2019": "3001", "2020": "3002", "2021": "3003"}


@pytest.fixture
def agents(centre: Centre) -> Iterator[Sipp]:
    """Three agents, the last one with the best priority, whose phones answer at once."""
    office = centre.office
    centre.queue(misses_until_pause=0)
    with Sipp("queue_agent", office.node.server, calls=3 * CALLS, seconds=60) as phones:
        for place, (user, phone) in enumerate(AGENTS.items()):
            centre.agent(user, phone, priority=3 - place)
            raw = office.raw(phone)
            there = f"<sip:{phone}@{phones.ip}:{phones.port}>"
            right = raw.credentials(raw.challenge())
            assert raw.ask(raw.register_request(right, contact=there)).code == 200
        for user in AGENTS:
            centre.await_readiness(user, Readiness.READY)
        centre.caller("2001", "4001")
        yield phones


def call_one_after_the_other(centre: Centre) -> None:
    """20 callers, each after the one before, all answered and hung up on."""
    people = [Credentials("4001", secret_of("4001"))]
    callers = Sipp(
        "queue_caller", centre.office.node.server, calls=CALLS, rate=100, limit=1, people=people,
        values={"target": QUEUE}, seconds=50,
    )  # fmt: skip
    with callers as running:
        outcome = running.finish()
        assert outcome.ok, outcome.problems
        assert (
            outcome.succeeded
            == len({line.split("joined ")[1].split()[0] for line in running.told()})
            == len(running.told())
            == CALLS
        ), "each caller was joined with somebody once"
    centre.await_outcomes(*[Outcome.ANSWERED] * CALLS)


@pytest.mark.parametrize(
    "strategy", [Strategy.ROUND_ROBIN, Strategy.LONGEST_IDLE, Strategy.FEWEST_CALLS, Strategy.PRIORITY]
)
def test_the_order_of_20_calls(centre: Centre, agents: Sipp, strategy: Strategy) -> None:
    centre.change(strategy=strategy)
    call_one_after_the_other(centre)
    users = list(AGENTS)
    expected = ["2021"] * CALLS if strategy is Strategy.PRIORITY else [users[at % 3] for at in range(CALLS)]
    assert centre.answered_by() == expected
    assert centre.offers() == [(user, OfferEnd.ANSWERED) for user in expected], "nobody else was rung"


def test_ring_all_over_20_calls(centre: Centre, agents: Sipp) -> None:
    """All are rung for each caller, and one of them gets him."""
    centre.change(strategy=Strategy.RING_ALL)
    call_one_after_the_other(centre)
    offers = centre.offers()
    assert [user for user, end in offers if end is OfferEnd.ANSWERED] == centre.answered_by()
    assert {end for _, end in offers} == {OfferEnd.ANSWERED, OfferEnd.WITHDRAWN}
    assert len(offers) >= 2 * CALLS, "who has just been let go may come a little later"
