"""Issue 3: nobody is lost where agents do not answer, leave or die; overflow; who is not registered (R5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from freeseat.application.queues.ports import OfferEnd, Outcome
from freeseat.domain.events import Kind
from freeseat.domain.queues import Readiness, Strategy
from tests.acceptance.office import hear_each_other
from tests.acceptance.queues.centre import QUEUE, Centre
from tests.clients.baresip import Baresip
from tests.clients.raw import RawPhone, response

pytestmark = pytest.mark.sip


def ann(centre: Centre) -> Baresip:
    """A caller's phone."""
    centre.caller("2001", "4001")
    return centre.office.desk("4001", tone=1_000)


def two_agents(centre: Centre) -> tuple[Baresip, Baresip]:
    """Bill, who is rung first, and Zoe, who answers by herself; both are logged in to the queue."""
    centre.queue(strategy=Strategy.PRIORITY)
    centre.agent("2019", "3001", priority=1)
    centre.agent("2020", "3002", priority=2)
    desks = centre.office.desk("3001", tone=440), centre.office.desk("3002", tone=600, answer=True)
    for user in ("2019", "2020"):
        centre.await_readiness(user, Readiness.READY)
    return desks


def test_an_agent_who_does_not_answer_is_paused_with_an_event_and_the_next_gets_the_caller(centre: Centre) -> None:
    bill, zoe = two_agents(centre)
    centre.change(ring_seconds=1, misses_until_pause=1)
    caller = ann(centre)
    caller.call(QUEUE)
    bill.ringing()
    hear_each_other(caller, zoe)
    assert centre.offers() == [("2019", OfferEnd.MISSED), ("2020", OfferEnd.ANSWERED)]
    event = centre.office.await_event(Kind.QUEUE_PAUSED, user="2019")
    assert event.data == {"queue": QUEUE, "reason": "no_answer"}
    assert centre.readiness("2019") is Readiness.PAUSED
    assert centre.taking_part("2019") == [QUEUE], "never silently dropped"
    cancelled = [each for each in bill.received() if each.method == "CANCEL"]
    assert len(cancelled) == 1


def leaves_the_queue(centre: Centre, bill: Baresip) -> None:
    centre.dial(centre.office.raw("3001"), "8110", "queue_logged_out")


def leaves_the_desk(centre: Centre, bill: Baresip) -> None:
    centre.office.free("3001")


def is_unplugged(centre: Centre, bill: Baresip) -> None:
    centre.office.remove_desk(bill)


@pytest.mark.parametrize("leaves", [leaves_the_queue, leaves_the_desk, is_unplugged])
def test_an_agent_goes_while_his_phone_rings(centre: Centre, leaves: Callable[[Centre, Baresip], None]) -> None:
    bill, zoe = two_agents(centre)
    centre.change(ring_seconds=60 if leaves is not is_unplugged else 2)
    caller = ann(centre)
    caller.call(QUEUE)
    bill.ringing()
    leaves(centre, bill)
    hear_each_other(caller, zoe)
    caller.hang_up()
    centre.await_outcomes(Outcome.ANSWERED)
    assert centre.answered_by() == ["2020"]


def test_every_agent_leaves(centre: Centre) -> None:
    """The caller hears that nobody is there, and that is written down."""
    bill, zoe = two_agents(centre)
    zoe.answer_by_itself(False)
    centre.change(no_agents_to="announce:queue_closed")
    caller = ann(centre)
    ear = centre.office.ear(caller, "en")
    caller.call(QUEUE)
    bill.ringing()
    for user in ("2020", "2019"):
        centre.take_part(user, log_in=False)
    ear.hear("queue_closed")
    caller.closed()
    centre.await_outcomes(Outcome.NO_AGENTS)


def test_overflow_and_the_longest_wait(centre: Centre) -> None:
    """A full queue sends to another number; who has waited long enough goes there as well, and talks there."""
    centre.queue(max_length=1, max_wait_seconds=3, overflow_to="number:2002")
    centre.office.user("2002", hot_desk_access=False)
    centre.office.phone("4002", owner="2002")
    other = centre.office.desk("4002", tone=600)
    first = ann(centre)
    centre.caller("2003", "4003")
    second = centre.office.desk("4003", tone=700)
    first.call(QUEUE)
    centre.await_waiting(1)
    second.dial(QUEUE)
    other.ringing()
    other.hang_up()
    second.closed()
    assert other.ringing().name == "Caller 2001"
    other.answer()
    hear_each_other(first, other)
    other.hang_up()
    first.closed()
    centre.await_outcomes(Outcome.MAX_WAIT, Outcome.FULL)


def test_an_agent_whose_phone_is_gone_gets_no_calls_and_is_warned_of(centre: Centre) -> None:
    """R5.6: registered, queue-logged-in and ready are three states; a silenced warning hides none of it."""
    centre.queue()
    centre.agent("2019", "3001", logged_in=False)
    desk = centre.office.raw_desk("3001")
    centre.dial(desk, "811", "queue_logged_in")
    centre.await_readiness("2019", Readiness.READY)
    assert desk.unregister().code == 200
    centre.await_readiness("2019", Readiness.UNREGISTERED)
    centre.office.await_event(Kind.QUEUE_UNREG, user="2019")
    caller = ann(centre)
    caller.call(QUEUE)
    centre.await_waiting(1)
    told = status(centre)
    (member,) = told["members"]
    assert (member["registered"], member["logged_in"], member["state"]) == (False, True, "unregistered")
    assert (told["ready"], told["unregistered"], told["unreg_warning"]) == (0, 1, True)
    centre.change(no_unreg_warning=True)
    told = status(centre)
    assert (told["unregistered"], told["unreg_warning"]) == (1, False)
    assert told["members"][0]["state"] == "unregistered", "the table still shows it"
    assert centre.offers() == []
    assert desk.register().code == 200
    assert rung(desk), "back again, he is offered who waits"


def status(centre: Centre) -> Any:
    """What `freeseat queue status` tells of the queue."""
    (told,) = centre.office.node.json("queue", "status", QUEUE)
    return told


def rung(phone: RawPhone) -> bool:
    """Whether a call comes. It is refused, or it would be sent again to whoever has this port next."""
    invite = phone.receive(10, lambda got: got.method == "INVITE" and not got.code)
    if invite is not None:
        phone.send(response(invite, 486, "Busy Here"))
    return invite is not None
