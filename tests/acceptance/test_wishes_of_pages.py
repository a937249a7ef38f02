"""A page has the phone beside it dial, answer, hang up (R6.2); the call is the phone's own (R3.2, R3.4, R3.5, R4.5)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.office import Office, hear_each_other, shown
from tests.acceptance.pages import Page

pytestmark = pytest.mark.sip


@pytest.fixture
def page(office: Office) -> Iterator[Page]:
    """Bill, 2019, sits at 3001, with a page beside it; Ann has a phone of her own."""
    office.user("2019", name="Bill")
    office.user("2001", name="Ann", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    office.seat("2019", "3001")
    with Page(office, "3001", "2019") as made:
        yield made


def test_the_phone_dials_what_was_clicked(office: Office, page: Page) -> None:
    desk, ann = office.desk("3001", tone=440, answer=True), office.desk("4001", tone=1_000)
    wish = page.dial("2001")
    ann.ringing()
    assert shown(ann.last_invite()) == ("Bill", "2019"), "the occupant calls, not the page and not the phone"
    asked = desk.last_invite()
    assert shown(asked) == ("2001", "2001"), "the phone shows what it is going to dial"
    assert "answer-after=0" in asked.require("call-info")
    assert "alert-autoanswer" in asked.require("alert-info")
    ann.answer()
    assert page.came_to(wish) == ("connected", "")
    desk.closed()  # the call by which it was asked
    hear_each_other(desk, ann)
    (record,) = office.calls(user="2019")
    assert (record.caller, record.caller_phone, record.dialled, record.kind) == ("2019", "3001", "2001", "internal")
    assert record.answered_at is not None
    ann.hang_up()
    desk.closed()
    ended = office.await_call(lambda call: call.ended_at is not None, "one record", phone="3001")
    assert len(office.calls(phone="3001")) == 1, "the call by which the phone was asked is no call in the records"
    assert ended.cause == "normal"
