"""Wallboards and the console (R6.4, R6.6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from freeseat.application.boards.console import ConsoleLamp, ConsoleState, Shown, console_seen
from freeseat.application.boards.directory import (
    add_board,
    board_by_token,
    board_of,
    change_board,
    delete_board,
    give_board_link,
    revoke_board_link,
)
from freeseat.application.boards.status import BoardSeen, board_seen
from freeseat.application.log_in import Registration
from freeseat.application.queues.ports import Outcome
from freeseat.domain.boards import Board, BoardColumn, DayCounts, Thresholds, day_began
from freeseat.domain.desk_login import Method
from freeseat.domain.errors import Clash, InvalidValue, NotFound
from freeseat.domain.events import Kind
from freeseat.domain.queues import Readiness
from tests.application.centre import Centre
from tests.application.office import ADMIN, Office


class Wall(Centre):
    """The centre, with the board *wall* of all queues."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.write(lambda tx: add_board(tx, Board(0, "wall"), ADMIN, self.now))

    def alter(self, **changes: Any) -> Board:
        return self.write(lambda tx: change_board(tx, "wall", changes, ADMIN, self.now))

    def shows(self) -> BoardSeen:
        return self.read(lambda tx: board_seen(tx, board_of(tx, "wall"), self.now))

    def lamp(self, number: str) -> ConsoleLamp:
        shown = Shown.PHONES if number.startswith("3") else Shown.USERS
        page = self.read(lambda tx: console_seen(tx, shown))
        return next(lamp for lamp in page.lamps if lamp.number == number)

    def lit(self, number: str) -> str:
        return self.lamp(number).state.value


@pytest.fixture
def wall(office: Office) -> Wall:
    return Wall(office)


def test_a_board_shows_who_waits_and_agents_by_state(wall: Wall) -> None:
    wall.agent("2019", "3001")
    began = wall.now
    wall.waits("a")
    wall.later(5)
    wall.waits("b")
    (offer,) = wall.offers()
    shown = wall.shows()
    (queue,) = shown.queues
    assert (queue.number, queue.name, queue.waiting, queue.longest_since) == ("800", "Queue 800", 2, began)
    assert {state: count for state, count in queue.agents.items() if count} == {
        Readiness.OFFERED: 1, Readiness.LOGGED_OUT: 1,
    }  # fmt: skip
    wall.answer(offer)
    assert wall.shows().total.agents[Readiness.ON_CALL] == 1
    assert wall.shows().total.waiting == 1


def test_todays_figures(wall: Wall) -> None:
    """Answered, abandoned, and the share answered in time of all but who hung up within the same time."""
    wall.agent("2019", "3001")
    assert wall.shows().total.today == DayCounts()
    assert wall.shows().total.today.service_level is None
    for wait, answered in ((20, True), (21, True), (3, False), (40, False)):
        call = wall.waits(f"c{wait}")
        if not answered:
            wall.pause("2019", "away")
            wall.later(wait)
            wall.end(call, Outcome.ABANDONED)
            continue
        wall.later(wait)
        (offer,) = wall.offers()
        wall.answer(offer)
        wall.end(call)
    sent = wall.waits("sent")
    wall.end(sent, Outcome.MAX_WAIT)
    assert wall.shows().total.today == DayCounts(answered=2, in_time=1, abandoned=2, early=1, decided=5)
    assert wall.shows().total.today.service_level == 25.0
    wall.later(86_400)
    assert wall.shows().total.today == DayCounts()


def test_the_day_begins_at_midnight_of_the_boards_zone() -> None:
    now = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)  # the day on which Berlin's clocks go forward
    assert day_began(now, "Europe/Berlin") == datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert day_began(datetime(2026, 3, 2, 3, 0, tzinfo=UTC), "America/New_York") == datetime(
        2026, 3, 1, 5, 0, tzinfo=UTC
    )


def test_figures_turn_red_over_their_thresholds(wall: Wall) -> None:
    wall.alter(thresholds=Thresholds(1, 10, 80, 0))
    wall.waits("a")
    wall.later(10)
    assert wall.shows().queues[0].red == frozenset()
    wall.later(1)
    assert wall.shows().queues[0].red == {BoardColumn.LONGEST_WAIT}
    call = wall.waits("b")
    assert wall.shows().total.red == {BoardColumn.LONGEST_WAIT, BoardColumn.WAITING}
    wall.end(call, Outcome.ABANDONED)
    assert wall.shows().total.red == {BoardColumn.LONGEST_WAIT, BoardColumn.ABANDONED}, "he gave nobody the time"
    call = wall.waits("c")
    wall.later(21)
    wall.end(call, Outcome.ABANDONED)
    assert wall.shows().total.red == {BoardColumn.LONGEST_WAIT, BoardColumn.ABANDONED, BoardColumn.SERVICE_LEVEL}


def test_several_queues_in_the_boards_order(wall: Wall) -> None:
    wall.queue("801", "822")
    wall.member("801", "2019")
    wall.alter(queues=("801", "800"))
    wall.agent("2019", "3001", "801")
    wall.waits("a", "801")
    shown = wall.shows()
    assert [queue.number for queue in shown.queues] == ["801", "800"]
    assert shown.total.agents[Readiness.READY] == 1
    assert sum(shown.total.agents.values()) == 2
    assert shown.total.logged_in == 1
    wall.change("801", number="881")
    assert [queue.number for queue in wall.shows().queues] == ["881", "800"]


def test_a_board_is_read_with_its_link_only(wall: Wall) -> None:
    def opened(token: str) -> str:
        found = wall.read(lambda tx: board_by_token(tx, token))
        return found.name if found else ""

    token = "t" * 43
    assert opened("") == ""
    wall.write(lambda tx: give_board_link(tx, "wall", token, ADMIN, wall.now))
    assert opened(token) == "wall"
    wall.alter(name="big wall")
    assert opened(token) == "big wall"
    board = wall.write(lambda tx: revoke_board_link(tx, "big wall", ADMIN, wall.now))
    assert (opened(token), board.revoked_at) == ("", wall.now)
    assert "digest" not in repr([event.data for event in wall.events(Kind.BOARD_CHANGED)])
    wall.write(lambda tx: delete_board(tx, "big wall", ADMIN, wall.now))
    with pytest.raises(NotFound):
        wall.shows()


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({"name": ""}, "empty"),
        ({"columns": ()}, "at least one column"),
        ({"language": "deutsch"}, "two-letter"),
        ({"timezone": "Berlin"}, "zone's name"),
        ({"service_seconds": 0}, "1 to 3600"),
        ({"thresholds": Thresholds(service_level_percent=101)}, "0 to 100"),
        ({"digest": "x"}, "use one of"),
    ],
)
def test_a_board_is_checked(wall: Wall, changes: dict[str, Any], right: str) -> None:
    with pytest.raises(InvalidValue, match=right):
        wall.alter(**changes)
    with pytest.raises(Clash):
        wall.write(lambda tx: add_board(tx, Board(0, "wall"), ADMIN, wall.now))
    with pytest.raises(NotFound):
        wall.alter(queues=("899",))


# -- the console (R6.6)


def test_lamps_of_users_and_phones(wall: Wall) -> None:
    assert (wall.lit("2019"), wall.lit("3001")) == ("logged-out", "logged-out")
    wall.login("2019", "3001")
    assert (wall.lit("2019"), wall.lit("3001")) == ("unregistered", "unregistered")
    wall.bind("3001")
    assert (wall.lit("2019"), wall.lit("3001")) == ("idle", "idle")
    assert (wall.lamp("2019").at, wall.lamp("3001").at, wall.lamp("3001").name) == (("3001",), ("2019",), "User 2019")
    wall.login("2020", "3002")
    wall.bind("3002")
    wall.call("3001", "2020")
    assert [wall.lit(number) for number in ("2019", "3001", "2020", "3002")] == [
        "calling", "calling", "ringing", "ringing",
    ]  # fmt: skip
    wall.hang_up()
    wall.call("3001", "2020", answered_at="3002", call_id="c2")
    assert [wall.lit(number) for number in ("2019", "3001", "2020", "3002")] == ["talking"] * 4
    wall.hang_up("c2")
    assert wall.lit("2020") == "idle"


def test_who_registered_as_himself_lights_the_phones_lamp_too(wall: Wall) -> None:
    wall.trust("10.0.0.0/8")
    wall.change_phone("3001", mac="0004f2000001")
    registration = Registration("call-1", "sip:2019@10.0.0.9", ("0004f2000001",))
    wall.login("2019", None, method=Method.REGISTER, source="10.0.0.9", registration=registration)
    wall.bind("2019", call_id="call-1")
    assert (wall.lit("2019"), wall.lit("3001")) == ("idle", "idle")


def test_who_is_logged_in_outside_needs_no_binding(wall: Wall) -> None:
    wall.outside()
    wall.login("2019", None, method=Method.EXTERNAL, outside="01711234")
    assert wall.lit("2019") == ConsoleState.IDLE


def test_the_console_is_read_page_by_page(wall: Wall) -> None:
    first = wall.read(lambda tx: console_seen(tx, Shown.PHONES, "", 2))
    assert ([lamp.number for lamp in first.lamps], first.after) == (["3001", "3002"], "3002")
    second = wall.read(lambda tx: console_seen(tx, Shown.PHONES, first.after, 2))
    assert ([lamp.number for lamp in second.lamps], second.after) == (["3003"], "")
    wall.change_user("2020", enabled=False)
    assert [lamp.number for lamp in wall.read(lambda tx: console_seen(tx, Shown.USERS)).lamps] == ["2019"]


def test_replacing_everything_at_once_is_one_change(wall: Wall) -> None:
    board = wall.read(lambda tx: board_of(tx, "wall"))
    before = wall.position()
    wall.alter(name="wall")
    assert wall.position() == before
    assert wall.alter(service_seconds=30) == replace(board, service_seconds=30)
