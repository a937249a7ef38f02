"""Many people, few phones, several processes at once, on both databases (the acceptance of desk logins; R2.7, R2.8).

Never two users on a phone, never a user at two phones under *move* or *deny*, never a lost acknowledged login, also
when a process is killed; and the feed, replayed, is exactly who sits where.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from freeseat.application.directory import rules
from freeseat.application.directory.phones import add_phone
from freeseat.application.directory.users import add_user
from freeseat.application.ports import Transaction
from freeseat.domain.directory import DEFAULT_CODES, ClassOfService, Elsewhere, Phone, TrustedNetwork, User
from freeseat.domain.events import Event
from freeseat.store.database import Database
from tests.application.office import ADMIN, PIN
from tests.application.replay import Replay
from tests.clients.waiting import until
from tests.domain.entities import NOW
from tests.store.crowd import DENY, MOVE, PHONES, SEVERAL, THREADS

ROOT = Path(__file__).parents[2]
EACH = 12


def furnish(tx: Transaction) -> None:
    rules.found(tx, ADMIN, NOW, DEFAULT_CODES)
    rules.add_trusted(tx, TrustedNetwork(0, "127.0.0.0/8"), ADMIN, NOW)
    for numbers, elsewhere in ((MOVE, Elsewhere.MOVE), (DENY, Elsewhere.DENY), (SEVERAL, Elsewhere.SEVERAL)):
        cos = rules.add_class(tx, ClassOfService(0, elsewhere, elsewhere=elsewhere), ADMIN, NOW)
        for number in numbers:
            add_user(tx, User(0, number, number, cos.id, hot_desk_access=True), PIN, ADMIN, NOW)
    for number in PHONES:
        add_phone(tx, Phone(0, number, rules.class_of(tx, "standard").id), "s3cret-word", ADMIN, NOW)


class Process:
    """One process of the crowd, and what it acknowledged so far."""

    def __init__(self, url: str, number: int, count: int, directory: Path) -> None:
        self._said, self._failed = directory / f"{number}.said", directory / f"{number}.failed"
        command = [sys.executable, "-m", "tests.store.crowd", url, str(number), str(count)]
        with self._said.open("wb") as said, self._failed.open("wb") as failed:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=failed)

    @property
    def acknowledged(self) -> list[list[str]]:
        """Fields of each whole line."""
        return [line.split() for line in self._said.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def wait(self) -> None:
        """Wait for its end, which must be a good one."""
        assert self._process.wait(60) == 0, self._failed.read_text()
        assert self._failed.read_text() == ""

    def kill(self) -> None:
        """kill -9, unless it has ended."""
        self._process.kill()
        self._process.wait(10)


def _after(position: int, tx: Transaction) -> list[Event]:
    return tx.events.after(position, 50)


class Follower:
    """Reads the feed on from its position while others write, as the projections do."""

    def __init__(self, database: Database) -> None:
        self.events: list[Event] = []
        self._database, self._over = database, threading.Event()
        self._thread = threading.Thread(target=self._follow)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Read what there is up to now, and stop."""
        self._over.set()
        self._thread.join(30)

    def _follow(self) -> None:
        while True:
            last_look = self._over.is_set()
            position = self.events[-1].position if self.events else 0
            new = self._database.read(partial(_after, position))
            self.events += new
            if last_look and not new:
                return
            if not new:
                self._over.wait(0.01)


@contextmanager
def crowd(url: str, directory: Path) -> Iterator[list[Process]]:
    """Three processes; the first would go on for a long time."""
    processes = [Process(url, number, count, directory) for number, count in enumerate((1000, EACH, EACH))]
    try:
        yield processes
    finally:
        for each in processes:
            each.kill()


def check(database: Database, acknowledged: list[list[str]], followed: list[Event]) -> None:
    events = database.read(lambda tx: tx.events.after(0, 100_000))
    assert followed == events, "who follows while others write misses nothing and sees the same order"
    replay = Replay(several=SEVERAL)
    replay.feed(events)
    seats = {seat.login: (seat.user, seat.place) for seat in replay.open.values()}
    users = database.read(lambda tx: {user.id: user.number for user in tx.users.list()})
    logins = database.read(lambda tx: tx.logins.open())
    assert seats == {login.id: (users[login.user_id], login.place) for login in logins}
    by_position = {event.position: event for event in events}
    for login, user, place, position in acknowledged:
        begin = replay.began[int(login)]
        assert (begin.user, begin.data["place"]) == (user, place)
        assert int(login) in seats or replay.ended[int(login)].position > begin.position, "a lost acknowledged login"
        assert int(position) in by_position, "acknowledged before it was committed"


def test_nobody_is_lost_and_nobody_is_twice(database: Database, url: str, tmp_path: Path) -> None:
    database.write(furnish)
    with crowd(url, tmp_path) as (killed, *others), Follower(database) as follower:
        until(lambda: len(killed.acknowledged) > EACH, "the process that will be killed is in the middle of it", 60)
        killed.kill()
        for each in others:
            each.wait()
        acknowledged = [line for each in (killed, *others) for line in each.acknowledged]
    check(database, acknowledged, follower.events)
    assert len(acknowledged) > EACH * THREADS, "most were let in"
