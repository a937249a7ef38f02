"""Lamps of queue keys (R5.3, R8.3): the state of whoever sits at the phone that the key is on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from freeseat.application.directory.users import user_of
from freeseat.application.queues.attendance import pause, queue_of, resume, take_part
from freeseat.application.queues.directory import add_member, add_queue, delete_queue
from freeseat.domain.queues import Queue
from tests.acceptance.office import ADMINISTRATOR, Office
from tests.lamps.watcher import Watcher

pytestmark = pytest.mark.sip


class Queues:
    """Queues 801 (code 811) and 802 (812) of which Bill is a member; Ann is one of 801."""

    def __init__(self, office: Office) -> None:
        self.office = office
        for number, code in (("801", "811"), ("802", "812")):
            queue = Queue(0, number, code, f"Queue {number}")
            office.write(lambda tx, queue=queue: add_queue(tx, queue, ADMINISTRATOR, _now()))  # type: ignore[misc]
        for number, user in (("801", "2019"), ("802", "2019"), ("801", "2020")):
            office.write(lambda tx, n=number, u=user: add_member(tx, n, u, 1, ADMINISTRATOR, _now()))  # type: ignore[misc]

    def take_part(self, user: str, *queues: str, log_in: bool = True) -> None:
        """Log a member in or out."""
        self.office.write(
            lambda tx: take_part(
                tx, user_of(tx, user), [queue_of(tx, each) for each in queues], ADMINISTRATOR, _now(), log_in=log_in
            )
        )

    def pause(self, user: str, queue: str) -> None:
        """Pause a member."""
        self.office.write(
            lambda tx: pause(tx, user_of(tx, user), [queue_of(tx, queue)], "lunch", ADMINISTRATOR, _now())
        )

    def resume(self, user: str, queue: str) -> None:
        """End his pause."""
        self.office.write(lambda tx: resume(tx, user_of(tx, user), [queue_of(tx, queue)], ADMINISTRATOR, _now()))

    def delete(self) -> None:
        """Take them away."""
        for number in ("801", "802"):
            self.office.write(lambda tx, n=number: delete_queue(tx, n, ADMINISTRATOR, _now()))  # type: ignore[misc]


@pytest.fixture
def queues(office: Office) -> Iterator[Queues]:
    made = Queues(office)
    yield made
    made.delete()


def test_a_toggle_key_shows_the_state_of_its_occupant(office: Office, queues: Queues) -> None:
    desk = Watcher(office.raw_desk("3001"))
    key = desk.watch("811")
    assert key.until("nobody").plain == "idle", "an empty phone may have the key and sees that it is off"
    office.seat("2019", "3001")
    key.until("queue-logged-out")
    queues.take_part("2019", "801")
    assert key.until("queue-logged-in").plain == "busy"
    queues.pause("2019", "801")
    assert key.until("queue-paused").plain == "held"
    queues.resume("2019", "801")
    key.until("queue-logged-in")
    queues.take_part("2019", "801", log_in=False)
    assert key.until("queue-logged-out").plain == "idle"


def test_one_key_is_another_lamp_on_each_phone(office: Office, queues: Queues) -> None:
    first, second = Watcher(office.raw_desk("3001")), Watcher(office.raw_desk("3002"))
    office.seat("2019", "3001")
    office.seat("2020", "3002")
    his, hers = first.watch("811"), second.watch("811")
    queues.take_part("2019", "801")
    his.until("queue-logged-in")
    hers.until("queue-logged-out")


def test_the_lamp_follows_login_and_takeover(office: Office, queues: Queues) -> None:
    first, second = Watcher(office.raw_desk("3001")), Watcher(office.raw_desk("3002"))
    key, other = first.watch("811"), second.watch("811")
    office.seat("2019", "3001")
    queues.take_part("2019", "801")
    key.until("queue-logged-in")
    office.seat("2019", "3002")
    key.until("nobody")
    other.until("queue-logged-in")
    office.seat("2020", "3002")
    other.until("queue-logged-out")


def test_a_pair_of_keys_and_the_key_of_all_queues(office: Office, queues: Queues) -> None:
    """R5.1, R5.3: code + 1 shines while logged in, code + 0 while logged out; mixed states blink on the global key."""
    desk = Watcher(office.raw_desk("3001"))
    office.seat("2019", "3001")
    keys = {code: desk.watch(code) for code in ("8111", "8110", "900", "9000")}
    assert keys["8111"].until("queue-logged-out").plain == "idle"
    assert keys["8110"].until("queue-logged-out").plain == "busy"
    assert keys["900"].until("queue-logged-out").plain == "idle"
    queues.take_part("2019", "801")
    assert keys["8111"].until("queue-logged-in").plain == "busy"
    assert keys["8110"].until("queue-logged-in").plain == "idle"
    assert keys["900"].until("queue-partly").plain == "held"
    queues.take_part("2019", "802")
    assert keys["900"].until("queue-logged-in").plain == "busy"
    assert keys["9000"].until("queue-logged-in").plain == "idle"


def test_who_cannot_be_reached_looks_other_than_ready(office: Office, queues: Queues) -> None:
    """R5.6: logged in at an unregistered phone. He sees it on a key of another phone of his."""
    office.cos(elsewhere="several")
    desk = office.raw_desk("3001")
    office.seat("2019", "3001")
    key = Watcher(desk).watch("811")
    queues.take_part("2019", "801")
    key.until("queue-logged-in")
    assert desk.unregister().code == 200
    assert key.until("queue-unregistered").plain == "held"
    assert desk.register().code == 200
    key.until("queue-logged-in")


def test_a_queue_s_number_is_no_lamp(office: Office, queues: Queues) -> None:
    office.seat("2019", "3001")
    assert Watcher(office.raw_desk("3001")).refused("801").code == 404


def _now() -> datetime:
    return datetime.now(UTC)
