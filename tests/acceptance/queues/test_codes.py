"""Issue 3: an agent logs in at any phone, takes part by one key, and gets the queue's calls (R5.1, R5.2, R5.8)."""

from __future__ import annotations

import pytest

from freeseat.application.queues.ports import Outcome
from freeseat.domain.policy import Policy
from freeseat.domain.queues import Readiness
from tests.acceptance.office import PIN, hear_each_other, shown
from tests.acceptance.queues.centre import QUEUE, Centre, numbers

pytestmark = pytest.mark.sip


def test_log_in_to_the_phone_dial_811_and_talk_to_who_waits(centre: Centre) -> None:
    office = centre.office
    office.user("2019", name="Bill", language="en")
    office.phone("3001", language="en")
    office.user("2001", name="Ann", hot_desk_access=False)
    office.phone("4001", owner="2001")
    centre.queue()
    centre.member("2019")
    desk, ann = office.desk("3001", tone=440), office.desk("4001", tone=1_000)
    ann.call(QUEUE)
    ann.receive_packets()
    centre.await_waiting(1)

    ear = office.ear(desk, "en")
    desk.call("*452019")
    desk.digits(f"{PIN}#2")
    ear.hear("now_owns_this_phone", "goodbye")
    desk.closed()
    assert centre.readiness("2019") is Readiness.LOGGED_OUT, "a new desk login starts queue-logged-out (R5.5)"
    ear = office.ear(desk, "en")
    desk.call("811")
    ear.hear("queue", "queue_logged_in")

    assert desk.ringing().name == f"Queue {QUEUE}: Ann"
    desk.answer()
    hear_each_other(desk, ann)
    assert shown(desk.last_invite())[1] == "2001"
    assert centre.readiness("2019") is Readiness.ON_CALL
    ann.hang_up()
    centre.await_outcomes(Outcome.ANSWERED)
    assert centre.answered_by() == ["2019"]
    record = office.await_call(lambda call: call.queue == QUEUE and call.ended_at is not None, "it is recorded")
    assert record.caller == "2001"


def test_toggle_in_out_and_the_codes_of_all_queues(centre: Centre) -> None:
    """R5.1: 811 toggles, 8111 in, 8110 out; 900, 9001 and 9000 for all; mixed states log in to the rest."""
    centre.queue("801", "811")
    centre.queue("802", "812")
    centre.agent("2019", "3001", "801", "802", logged_in=False)
    phone = centre.office.raw_desk("3001")
    for code, heard, queues in (
        ("811", "queue_logged_in", ["801"]),
        ("811", "queue_logged_out", []),
        ("8111", "queue_logged_in", ["801"]),
        ("8111", "queue_logged_in", ["801"]),
        ("8110", "queue_logged_out", []),
        ("8121", "queue_logged_in", ["802"]),
        ("900", "queue_logged_in", ["801", "802"]),
        ("900", "queue_logged_out", []),
        ("9001", "queue_logged_in", ["801", "802"]),
        ("9000", "queue_logged_out", []),
    ):
        of_all = code.startswith("900")
        said = ["all_your_queues"] if of_all else ["queue", *numbers("802" if code == "8121" else "801")]
        centre.dial(phone, code, *said, heard)
        assert centre.taking_part("2019") == queues, code


def test_the_order_of_the_digits_is_a_setting_of_each_scope(centre: Centre) -> None:
    """R5.1: one vendor has the global pair reversed."""
    centre.queue(reversed_digits=True)
    centre.agent("2019", "3001", logged_in=False)
    phone = centre.office.raw_desk("3001")
    centre.dial(phone, "8110", "queue_logged_in")
    assert centre.taking_part("2019") == [QUEUE]
    centre.dial(phone, "8111", "queue_logged_out")
    centre.dial(phone, "9001", "queue_logged_in")
    assert centre.taking_part("2019") == [QUEUE], "the codes of all queues are as they were"
    centre.office.policy(Policy(queues_reversed_digits=True))
    centre.dial(phone, "9001", "queue_logged_out")
    assert centre.taking_part("2019") == []
    centre.dial(phone, "9000", "queue_logged_in")
    assert centre.taking_part("2019") == [QUEUE]


def test_who_is_no_member_and_a_phone_without_anybody_are_refused(centre: Centre) -> None:
    """R5.2: with a spoken reason, and nothing changes."""
    centre.queue()
    centre.agent("2019", "3001", logged_in=False)
    centre.office.user("2020")
    centre.office.phone("3002")
    centre.office.phone("3003")
    centre.office.seat("2020", "3002")
    stranger, nobody = centre.office.raw_desk("3002"), centre.office.raw_desk("3003")
    for code in ("811", "8111", "8110", "900", "9001"):
        centre.dial(stranger, code, "refused_not_a_member")
        centre.dial(nobody, code, "refused_not_logged_in")
    assert centre.taking_part("2019") == centre.taking_part("2020") == []
    assert centre.office.reasons("2020") == ["not_a_member"] * 5
    assert centre.office.reasons(phone="3003") == ["not_logged_in"] * 5
