"""Which node carries out a wish of a page, and when it does not even try (R6.2, R9.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from freeseat.application.ports import CallRecord
from freeseat.application.workplaces.carrying_out import (
    Taken,
    call_made,
    keep_leg,
    take_wish,
    taken_before,
    wishes_to_take,
)
from freeseat.domain.call_wishes import CallWish, WishFailure, WishKind, WishState, failure_of
from tests.application.office import NODE, Office

OTHER = "other"


@pytest.fixture
def wish(office: Office) -> CallWish:
    """2019, who sits at 3001, which is registered here, wants to call 2020."""
    office.login("2019", "3001")
    office.bind("3001")
    return made(office)


def made(office: Office, kind: WishKind = WishKind.DIAL, user: str = "2019") -> CallWish:
    number = "2020" if kind is WishKind.DIAL else ""
    new = CallWish(0, kind, "3001", user, office.now, office.now, number)
    return office.write(lambda tx: tx.wishes.add(new))


def take(office: Office, wish: CallWish, node: str = NODE) -> Taken | None:
    return office.write(lambda tx: take_wish(tx, wish.id, node, office.now))


def to_take(office: Office, node: str = NODE) -> list[int]:
    return [each.id for each in office.read(lambda tx: wishes_to_take(tx, node, office.now))]


def state(office: Office, wish: CallWish) -> tuple[WishState, str]:
    found = office.read(lambda tx: tx.wishes.get(id=wish.id))
    assert found is not None
    return found.state, found.reason


def test_a_wish_is_taken_once_and_by_the_node_of_its_phone(office: Office, wish: CallWish) -> None:
    assert to_take(office, OTHER) == []
    assert to_take(office) == [wish.id]
    taken = take(office, wish)
    assert taken is not None
    assert (taken.wish.state, taken.wish.number, taken.call) == (WishState.RINGING, "2020", None)
    assert [binding.aor for binding in taken.bindings] == ["3001"]
    assert take(office, wish) is None
    assert to_take(office) == []
    office.write(lambda tx: keep_leg(tx, wish.id, "{}"))
    (left,) = office.read(lambda tx: taken_before(tx, NODE, office.now))
    assert (left.id, left.leg) == (wish.id, "{}")
    assert office.read(lambda tx: taken_before(tx, OTHER, office.now)) == []


def test_a_phone_that_is_registered_nowhere_fails_at_any_node(office: Office) -> None:
    office.login("2019", "3001")
    wish = made(office)
    assert to_take(office, OTHER) == [wish.id]
    assert take(office, wish, OTHER) is None
    assert state(office, wish) == (WishState.FAILED, WishFailure.UNREGISTERED)


def test_somebody_else_is_there(office: Office, wish: CallWish) -> None:
    office.login("2020", "3001")
    assert take(office, wish) is None
    assert state(office, wish) == (WishState.FAILED, WishFailure.NOT_THERE)


def test_a_phone_that_has_a_call_does_not_dial_but_hangs_up(office: Office, wish: CallWish) -> None:
    office.call("3001", answered_at="3002")
    assert take(office, wish) is None
    assert state(office, wish) == (WishState.FAILED, WishFailure.PHONE_BUSY)
    taken = take(office, made(office, WishKind.HANG_UP))
    assert taken is not None
    assert taken.call is not None
    assert taken.call.call_id == "c1"


def test_a_wish_that_is_too_old_is_left_alone(office: Office, wish: CallWish) -> None:
    office.now += timedelta(seconds=10)
    assert to_take(office) == []
    assert take(office, wish) is None


def test_the_call_that_the_phone_made(office: Office, wish: CallWish) -> None:
    """Not one of before, not one to another number, not one from another phone."""
    at = office.now.timestamp()
    before = CallRecord(0, NODE, "before", at - 1, "2019", "3001", "2020", "2020")
    others = [
        replace(before, call_id="other number", started_at=at + 1, dialled="2021"),
        replace(before, call_id="other phone", started_at=at + 1, caller_phone="3002"),
    ]
    office.write(lambda tx: tx.calls.record([before, *others], [], []))
    assert office.read(lambda tx: call_made(tx, wish)) is None
    own = replace(before, call_id="own", started_at=at + 1)
    office.write(lambda tx: tx.calls.record([own], [], []))
    found = office.read(lambda tx: call_made(tx, wish))
    assert found is not None
    assert found.call_id == "own"


@pytest.mark.parametrize(
    ("code", "why"),
    [(403, "not_allowed"), (404, "unknown_number"), (486, "busy"), (408, "no_answer"), (487, "hung_up"),
     (603, "refused"), (500, "unavailable")],
)  # fmt: skip
def test_what_a_final_response_means(code: int, why: str) -> None:
    assert failure_of(code) == why
