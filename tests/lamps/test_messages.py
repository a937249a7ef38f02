"""The message-waiting lamp follows the user (R3.6, RFC 3842)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from freeseat.application.mailboxes import messages_of, set_messages
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Kind
from tests.acceptance.office import ADMINISTRATOR, Office
from tests.lamps.documents import message_summary
from tests.lamps.watcher import Watcher

pytestmark = pytest.mark.sip


def test_messages_are_seen_where_their_owner_sits(office: Office) -> None:
    first, second = Watcher(office.raw_desk("3001")), Watcher(office.raw_desk("3002"))
    lamp, other = first.watch("3001", "message-summary"), second.watch("3002", "message-summary")
    for each in (lamp, other):
        each.body(lambda body: b"Messages-Waiting: no" in body)
    assert office.node.json("mwi", "set", "2019", "--new", "2", "--old", "5") == {"user": "2019", "new": 2, "old": 5}
    office.seat("2019", "3001")
    body = lamp.body(lambda body: b"yes" in body)
    assert message_summary(body) == {
        "Messages-Waiting": "yes",
        "Message-Account": "sip:2019@office.test",
        "Voice-Message": "2/5 (0/0)",
    }
    office.seat("2019", "3002")
    other.body(lambda body: b"Voice-Message: 2/5" in body)
    left = lamp.body(lambda body: b"Messages-Waiting: no" in body)
    assert message_summary(left) == {"Messages-Waiting": "no", "Voice-Message": "0/0 (0/0)"}, "R3.8"
    office.write(lambda tx: set_messages(tx, "2019", 0, 7, ADMINISTRATOR, datetime.now(UTC)))
    other.body(lambda body: b"Messages-Waiting: no" in body and b"0/7" in body)
    box = office.read(lambda tx: messages_of(tx, "2019"))
    assert (box.new, box.old) == (0, 7)
    assert [event.data for event in office.events(Kind.MESSAGES_WAITING, user="2019")] == [
        {"new": 2, "old": 5},
        {"new": 0, "old": 7},
    ]


def test_a_phone_may_ask_by_its_occupant_s_number_but_not_for_others(office: Office) -> None:
    office.seat("2019", "3001")
    desk = Watcher(office.raw_desk("3001"))
    desk.watch("2019", "message-summary").body(bool)
    assert desk.refused("2020", "message-summary").code == 403
    assert desk.refused("3002", "message-summary").code == 403


@pytest.mark.parametrize("count", [-1, 100_000])
def test_a_count_out_of_bounds_is_refused(office: Office, count: int) -> None:
    with pytest.raises(InvalidValue, match="0 to 99999"):
        office.write(lambda tx: set_messages(tx, "2019", count, 0, ADMINISTRATOR, datetime.now(UTC)))
