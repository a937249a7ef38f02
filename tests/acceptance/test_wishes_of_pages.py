"""A page has the phone beside it dial, answer, hang up (R6.2); the call is the phone's own (R3.2, R3.4, R3.5, R4.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from freeseat.domain.directory import Right
from freeseat.domain.trunks import Trunk
from tests.acceptance.office import Office, hear_each_other, shown
from tests.acceptance.pages import Page
from tests.clients.baresip import Baresip
from tests.clients.waiting import until

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


def bills_desk(office: Office, **options: Any) -> Baresip:
    """The phone 3001, registered and known to be."""
    phone = office.desk("3001", **options)
    until(lambda: office.bindings("3001"), "the binding is known")
    return phone


def test_the_phone_dials_what_was_clicked(office: Office, page: Page) -> None:
    desk, ann = bills_desk(office, tone=440, answer=True), office.desk("4001", tone=1_000)
    wish = page.dial("2001")
    ann.ringing()
    assert shown(ann.last_invite()) == ("Bill", "2019"), "the occupant calls, not the page and not the phone"
    asked = desk.last_invite()
    assert shown(asked) == ("2001", "2001"), "the phone shows what it is going to dial"
    assert "answer-after=0" in asked.require("call-info")
    assert "alert-autoanswer" in asked.require("alert-info")
    assert not [name for name, _ in asked.headers if name.startswith("x-freeseat")]
    ann.answer()
    assert page.came_to(wish) == ("connected", "")
    desk.closed()  # the call by which it was asked
    hear_each_other(desk, ann)
    (record,) = office.calls(user="2019")
    assert (record.caller, record.caller_phone, record.dialled, record.kind) == ("2019", "3001", "2001", "internal")
    assert record.answered_at is not None
    assert page.came_to(page.hang_up(record.call_id)) == ("failed", "not_ours"), "it does not pass through voice"
    ann.hang_up()
    desk.closed()
    ended = office.await_call(lambda call: call.ended_at is not None, "one record", phone="3001")
    assert len(office.calls(phone="3001")) == 1, "the call by which the phone was asked is no call in the records"
    assert ended.cause == "normal"


def test_a_phone_that_does_not_answer_by_itself_is_picked_up(office: Office, page: Page) -> None:
    desk, ann = bills_desk(office, tone=440), office.desk("4001", tone=1_000, answer=True)
    wish = page.dial("2001")
    assert desk.ringing().name == "2001"
    desk.answer()
    assert page.came_to(wish) == ("connected", "")
    hear_each_other(desk, ann)


def test_the_page_thinks_better_of_it_while_the_phone_rings(office: Office, page: Page) -> None:
    desk = bills_desk(office)
    wish = page.dial("2001")
    desk.ringing()
    assert page.came_to(page.hang_up()) == ("connected", "")
    assert page.came_to(wish) == ("failed", "hung_up")
    desk.closed()
    cancel = next(message for message in desk.received() if message.method == "CANCEL")
    assert "completed elsewhere" in cancel.require("reason"), "this is no missed call"
    assert office.calls(phone="3001") == []


def test_what_the_occupant_may_not_call_is_refused_with_the_reason(office: Office, page: Page) -> None:
    """R3.5: the phone's own INVITE is judged, with its occupant's rights."""
    office.cos(rights=frozenset({Right.INTERNAL, Right.FEATURES}))
    office.trunk(Trunk(0, "carrier", "sip:127.0.0.1:9", prefixes=("",)))
    desk = bills_desk(office, answer=True)
    wish = page.dial("+49 30 1234")
    assert page.came_to(wish) == ("failed", "not_allowed")
    desk.closed()
    record = office.await_call(lambda call: call.ended_at is not None, "its record", phone="3001")
    assert (record.dialled, record.cause) == ("+49301234", "refused")


def test_the_called_is_busy_or_unknown(office: Office, page: Page) -> None:
    desk, ann = bills_desk(office, answer=True), office.desk("4001")
    wish = page.dial("2001")
    ann.ringing()
    ann.hang_up()
    assert page.came_to(wish) == ("failed", "busy")
    desk.closed()
    assert page.came_to(page.dial("2999"))[0] == "failed"


def test_a_phone_that_has_a_call_is_left_alone(office: Office, page: Page) -> None:
    desk, ann = bills_desk(office, tone=440, answer=True), office.desk("4001", answer=True)
    desk.call("2001")
    office.await_call(lambda call: call.answered_at is not None, "the call is known", phone="3001")
    desk.forget()
    assert page.came_to(page.dial("2999")) == ("failed", "phone_busy")
    desk.quiet("CALL_INCOMING")
    ann.hang_up()


def test_a_phone_that_is_not_registered_or_refuses(office: Office, page: Page) -> None:
    assert page.came_to(page.dial("2001")) == ("failed", "unregistered")
    desk = bills_desk(office)
    wish = page.dial("2001")
    desk.ringing()
    desk.hang_up()  # 486, as from a phone that does not want to be disturbed
    assert page.came_to(wish) == ("failed", "phone_busy")


def test_keys_without_a_call_and_at_calls_of_others(office: Office, page: Page) -> None:
    desk, ann = bills_desk(office), office.desk("4001")
    assert page.came_to(page.answer()) == ("failed", "no_call")
    assert page.came_to(page.hang_up()) == ("failed", "no_call")
    ann.dial("2019")
    desk.ringing()
    office.await_call(lambda call: call.ended_at is None, "the call is known", user="2019")
    assert page.came_to(page.answer()) == ("failed", "not_ours")
    ann.hang_up()


def test_a_call_to_a_menu_is_hung_up(office: Office, page: Page) -> None:
    desk = bills_desk(office)
    desk.call("*34")
    office.await_call(lambda call: call.answered_at is not None, "the call is known", phone="3001")
    assert page.came_to(page.hang_up()) == ("connected", "")
    desk.closed()


def test_an_emergency_call_by_click_has_the_location_of_the_desk(office: Office, page: Page) -> None:
    """R4.7: it is the phone that calls."""
    office.change_phone("3001", location_id="berlin-2nd-floor")
    desk = bills_desk(office, answer=True)
    page.dial("112")
    sent = until(
        lambda: next((m for m in desk.sent() if m.method == "INVITE" and not m.code and "112" in m.uri), None),
        "the phone dials 112 itself",
    )
    assert sent.require("from").count("3001")
