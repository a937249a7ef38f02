"""What a page asks the phone to do: dial, answer, hang up (R6.2)."""

from __future__ import annotations

import pytest

from freeseat.application.workplaces.wishes import (
    SUPERSEDED,
    wish_to_answer,
    wish_to_hang_up,
)
from freeseat.domain.call_wishes import EXPIRED, WishState
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Kind
from tests.application.workplaces.desk import PC, Desk


def test_a_wish_to_dial_goes_on_until_it_is_done(desk: Desk) -> None:
    desk.login("2019", "3001")
    wish = desk.dial_wish("+49 (30) 555-019")
    assert (wish.phone, wish.number) == ("3001", "+4930555019")
    (event,) = desk.events(Kind.DIAL_WISHED)
    assert (event.phone, event.user, event.data) == ("3001", "2019", {"wish": wish.id, "number": "+4930555019"})
    assert desk.wishes() == [wish.id]
    assert desk.desk().wish == wish
    assert desk.went(wish, WishState.RINGING) is not None
    done = desk.went(wish, WishState.CONNECTED)
    assert done is not None
    assert done.done_at == desk.now
    assert desk.wishes() == []
    assert desk.desk().wish is None
    assert desk.went(wish, WishState.FAILED) is None
    assert [event.data["state"] for event in desk.events(Kind.WISH_WENT)] == ["ringing", "connected"]


def test_clicking_twice_is_one_wish_and_another_number_replaces_it(desk: Desk) -> None:
    desk.login("2019", "3001")
    first = desk.dial_wish("2020")
    assert desk.dial_wish("2020") == first
    second = desk.dial_wish("2021")
    assert desk.wishes() == [second.id]
    (event,) = desk.events(Kind.WISH_WENT)
    assert (event.data["wish"], event.data["reason"]) == (first.id, SUPERSEDED)


def test_a_wish_that_nobody_takes_up_fails(desk: Desk) -> None:
    """A phone must not dial minutes later."""
    desk.login("2019", "3001")
    wish = desk.dial_wish()
    desk.later(10)
    assert desk.wishes() == []
    desk.timers()
    (event,) = desk.events(Kind.WISH_WENT)
    assert (event.data["state"], event.data["reason"]) == ("failed", EXPIRED)
    desk.later(3601)
    desk.timers()
    assert desk.read(lambda tx: tx.wishes.get(id=wish.id)) is None


def test_answering_and_hanging_up(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.do(lambda tx, workplace: wish_to_answer(tx, workplace, "2019", "c1", PC, desk.now))
    desk.do(lambda tx, workplace: wish_to_hang_up(tx, workplace, "2019", "", PC, desk.now))
    assert [(event.kind, event.data["call_id"]) for event in desk.events(Kind.ANSWER_WISHED, Kind.HANG_UP_WISHED)] == [
        (Kind.ANSWER_WISHED, "c1"), (Kind.HANG_UP_WISHED, ""),
    ]  # fmt: skip
    assert len(desk.wishes()) == 2


@pytest.mark.parametrize("number", ["", "sip:2020@example.org", "2020;x", "1" * 33])
def test_only_what_can_be_dialled_is_dialled(desk: Desk, number: str) -> None:
    desk.login("2019", "3001")
    with pytest.raises(InvalidValue):
        desk.dial_wish(number)
