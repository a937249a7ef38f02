"""Issue 3: the voice process is killed, with a caller who waits and with one who talks (ARCHITECTURE.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from freeseat.application.queues.ports import Outcome
from freeseat.domain.queues import Readiness
from tests.acceptance.office import Office, hear_each_other
from tests.acceptance.queues.centre import QUEUE, Centre
from tests.clients.node import Node

pytestmark = pytest.mark.sip


@pytest.fixture(scope="module")
def doomed_office(prompts: Path) -> Iterator[Office]:
    """An office at a node whose voice process is killed."""
    with Node(prompts=prompts) as node, Office(node, prompts) as office:
        yield office


@pytest.fixture
def office(doomed_office: Office) -> Iterator[Office]:
    """That office, emptied afterwards."""
    yield doomed_office
    doomed_office.clear()


def test_voice_is_killed_while_one_talks_and_another_waits(centre: Centre) -> None:
    """Who talks talks on, and the end still reaches both; who waits hears music again and gets the next agent."""
    office = centre.office
    centre.queue()
    centre.agent("2019", "3001")
    centre.caller("2001", "4001")
    centre.caller("2002", "4002")
    bill = office.desk("3001", tone=440, answer=True)
    ann, eve = office.desk("4001", tone=1_000), office.desk("4002", tone=700)
    centre.await_readiness("2019", Readiness.READY)
    ann.call(QUEUE)
    hear_each_other(ann, bill)
    eve.call(QUEUE)
    eve.receive_packets()
    centre.await_waiting(1)

    office.node.await_restart("voice", office.node.kill("voice"))
    hear_each_other(ann, bill)
    eve.receive_packets()
    ann.hang_up()
    bill.closed()
    hear_each_other(eve, bill)
    eve.hang_up()
    bill.closed()
    centre.await_outcomes(Outcome.ANSWERED, Outcome.ANSWERED)
    assert centre.answered_by() == ["2019", "2019"]


def test_who_calls_while_voice_is_away_is_taken_by_the_next(centre: Centre) -> None:
    """Kamailio repeats the INVITE until the new process listens (RFC 3261, 17.1.1.2)."""
    office = centre.office
    centre.queue()
    centre.caller("2001", "4001")
    ann = office.desk("4001", tone=1_000)
    old = office.node.kill("voice")
    ann.call(QUEUE)
    centre.await_waiting(1)
    office.node.await_restart("voice", old)
    ann.receive_packets()
    ann.hang_up()
    centre.await_outcomes(Outcome.ABANDONED)
