"""Issue 3: sipp as carrier: calls come in to the DID of a queue and of a user; one goes out by the second trunk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.proving import Authority
from freeseat.application.queues.ports import OfferEnd, Outcome
from freeseat.domain.desk_login import Method
from freeseat.domain.directory import Right
from freeseat.domain.queues import Readiness
from freeseat.domain.trunks import Trunk
from tests.acceptance.office import ADMINISTRATOR
from tests.acceptance.queues.centre import QUEUE, Centre
from tests.clients import sipp
from tests.clients.raw import RawPhone, response
from tests.clients.sipp import Credentials, Sipp
from tests.clients.waiting import until

pytestmark = pytest.mark.sip

FIRST, SECOND = "127.0.0.31", "127.0.0.32"
OUTSIDE = [Credentials("+44123", "")]


@pytest.fixture
def ends(centre: Centre) -> Iterator[tuple[RawPhone, Sipp]]:
    """A carrier that fails and one that answers; Bill sits at 3001 and is in the queue."""
    office = centre.office
    with ExitStack() as stack:
        broken = stack.enter_context(RawPhone(office.node.server, "carrier", ip=FIRST))
        good = stack.enter_context(Sipp("uas", office.node.server, calls=1, seconds=60, ip=SECOND))
        office.trunk(Trunk(0, "first", f"sip:{FIRST}:{broken.port}", sources=(FIRST,)))
        office.trunk(Trunk(0, "second", f"sip:{SECOND}:{good.port}", sources=(SECOND,), priority=2))
        centre.queue()
        centre.agent("2019", "3001")
        yield broken, good


def test_calls_come_in_for_a_queue_and_for_a_user(centre: Centre, ends: tuple[RawPhone, Sipp]) -> None:
    office = centre.office
    office.inbound("+4930801", QUEUE)
    office.inbound("+49302019", "2019")
    desk = office.desk("3001", answer=True)
    centre.await_readiness("2019", Readiness.READY)
    waiting = Sipp(
        "queue_caller", office.node.server, people=OUTSIDE, values={"target": "+4930801"}, ip=SECOND, pause=300
    )
    with waiting as caller:
        outcome = caller.finish()
        assert outcome.ok, outcome.problems
    desk.closed()
    centre.await_outcomes(Outcome.ANSWERED)
    assert [(call.caller, *centre.answered_by()) for call in centre.calls()] == [("+44123", "2019")]
    outcome = sipp.run("uac", office.node.server, people=OUTSIDE, values={"target": "+49302019"}, ip=SECOND)
    assert outcome.ok, outcome.problems
    shown = desk.last_invite().address("from")
    assert shown is not None
    assert shown.user == "+44123"


def test_a_call_goes_out_by_the_second_trunk(centre: Centre, ends: tuple[RawPhone, Sipp]) -> None:
    broken, good = ends
    centre.office.cos(rights=frozenset(Right))
    desk = centre.office.desk("3001")
    desk.dial("030123")
    invite = broken.receive(10, lambda got: got.method == "INVITE" and not got.code)
    assert invite is not None, "the first one is tried first"
    broken.send(response(invite, 503, "Service Unavailable"))
    desk.wait("CALL_ESTABLISHED")
    desk.hang_up()
    outcome = good.finish()
    assert outcome.ok, outcome.problems
    record = centre.office.await_call(lambda call: call.dialled == "030123" and bool(call.ended_at), "it is recorded")
    assert record.answered_at is not None


def test_a_member_at_an_outside_telephone_gets_the_queues_caller(centre: Centre, ends: tuple[RawPhone, Sipp]) -> None:
    """R2.6, R5.8: the offer rings his number outside, by the second trunk where the first fails."""
    broken, good = ends
    office = centre.office
    office.cos(rights=frozenset(Right))
    wish = LogIn("2019", None, Authority(), Method.EXTERNAL, ADMINISTRATOR, outside="+44777")
    assert isinstance(office.write(lambda tx: log_in(tx, wish, datetime.now(UTC))), LoggedIn)
    assert office.where() == {"tel:+44777": "2019"}
    centre.take_part("2019")
    centre.await_readiness("2019", Readiness.READY)
    centre.caller("2001", "4001")
    caller = office.desk("4001")
    caller.call(QUEUE)
    invite = broken.receive(10, lambda got: got.method == "INVITE" and not got.code)
    assert invite is not None
    assert invite.uri.startswith("sip:+44777@")
    shown = invite.address("from")
    assert shown is not None
    assert shown.user == "2001"
    broken.send(response(invite, 503, "Service Unavailable"))
    until(lambda: centre.answered_by() == ["2019"], "he answers outside")
    caller.hang_up()
    outcome = good.finish()
    assert outcome.ok, outcome.problems
    centre.await_outcomes(Outcome.ANSWERED)
    assert centre.offers() == [("2019", OfferEnd.ANSWERED)]
