"""Wallboards behind their links (R6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freeseat.application.boards.directory import add_board, change_board, give_board_link, revoke_board_link
from freeseat.domain.boards import Board, Thresholds
from tests.application.centre import Centre
from tests.application.office import ADMIN
from tests.web.serving import Browser, Served
from tests.web.test_live import Stream

TOKEN = "b" * 43


class Wall(Centre):
    """The call centre with a board that anybody with its link sees."""

    def __init__(self, served: Served) -> None:
        super().__init__(served.office)
        self.url = served.url
        self.write(lambda tx: add_board(tx, Board(0, "The wall"), ADMIN, self.now))
        self.write(lambda tx: give_board_link(tx, "The wall", TOKEN, ADMIN, self.now))

    def alter(self, **changes: Any) -> None:
        self.write(lambda tx: change_board(tx, "The wall", changes, ADMIN, self.now))

    def revoke(self) -> None:
        self.write(lambda tx: revoke_board_link(tx, "The wall", ADMIN, self.now))


@pytest.fixture
def wall(served: Served) -> Wall:
    return Wall(served)


@pytest.fixture
def screen(wall: Wall) -> Iterator[Browser]:
    """A browser that knows nothing but the link."""
    with Browser(wall.url) as browser:
        yield browser


@contextmanager
def streamed(screen: Browser) -> Iterator[Stream]:
    with screen.stream("GET", f"/board/{TOKEN}/live", params={"f": "board"}) as answer:
        assert answer.status_code == 200
        yield Stream(answer.iter_lines())


def test_the_link_alone_shows_the_board(wall: Wall, screen: Browser) -> None:
    answer = screen.get(f"/board/{TOKEN}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "The wall" in answer.text
    assert "Queue 800" in answer.text
    assert 'data-theme="dark"' in answer.text
    assert "<form" not in answer.text


def test_a_wrong_link_shows_nothing(screen: Browser) -> None:
    assert "not shown any more" in screen.see("/board/" + "x" * 43, 404)
    assert screen.get("/board/" + "x" * 43 + "/live", headers={"Accept": "*/*"}).status_code == 404


def test_figures_follow_at_once(wall: Wall, screen: Browser) -> None:
    with streamed(screen) as stream:

        def until(*words: str) -> None:
            text = stream.event()[1]
            while not all(word in text for word in words):
                text = stream.event()[1]

        until('<div class="fig waiting">')
        wall.agent("2019", "3001")
        until('<div class="fig ready">\n<b>1</b>')
        call = wall.waits()
        until('<div class="fig waiting some">\n<b>1</b>', "data-since")
        (offer,) = wall.offers()
        wall.answer(offer)
        until('<div class="fig on_call">\n<b>1</b>')
        wall.end(call)
        until('<div class="fig answered">\n<b>1</b>', "100<small>%</small>")


def test_what_is_over_its_threshold_is_red_with_a_sign(wall: Wall, screen: Browser) -> None:
    wall.alter(thresholds=Thresholds(waiting=0))
    assert "▲" not in screen.see(f"/board/{TOKEN}")
    wall.waits()
    text = screen.see(f"/board/{TOKEN}")
    assert 'class="fig waiting red"' in text
    assert "▲" in text
    assert "over its threshold" in text


def test_a_wait_turns_red_by_itself(wall: Wall, screen: Browser) -> None:
    wall.alter(thresholds=Thresholds(longest_wait_seconds=60))
    wall.now = datetime.now(UTC) - timedelta(seconds=56)  # four seconds to look before
    wall.waits()
    with streamed(screen) as stream:
        assert 'class="fig longest_wait"' in stream.event()[1]
        assert 'class="fig longest_wait red"' in stream.event()[1]


def test_a_revoked_link_ends_the_stream_and_shows_nothing(wall: Wall, screen: Browser) -> None:
    with streamed(screen) as stream:
        stream.event()
        wall.revoke()
        assert stream.event()[0] == "gone"
    assert "not shown any more" in screen.see(f"/board/{TOKEN}", 404)


def test_several_queues_have_a_total(wall: Wall, screen: Browser) -> None:
    assert "All together" not in screen.see(f"/board/{TOKEN}")
    wall.queue("801", "822")
    text = screen.see(f"/board/{TOKEN}")
    assert "All together" in text
    assert "across-2" in text


def test_a_board_of_no_queue_says_so(wall: Wall, screen: Browser) -> None:
    wall.queue("801", "822")
    wall.alter(queues=("801",))
    wall.write(lambda tx: tx.queues.delete(tx.queues.list()[-1]))
    assert "no queues on this board" in screen.see(f"/board/{TOKEN}")
