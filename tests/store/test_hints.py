"""Hints: only a nudge to look, on both databases; never an error, never a wait (the feed itself is the truth)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from freeseat.domain.actors import Actor
from freeseat.domain.errors import Clash
from freeseat.domain.events import Event, Kind
from freeseat.store.database import Database
from freeseat.store.hints import (
    DatagramHint,
    DatagramListener,
    Hint,
    Listener,
    hint_for,
    listener_for,
)
from freeseat.store.notify import NotifyHint, NotifyListener
from tests.clients.postgres import Postgres
from tests.domain.entities import NOW
from tests.store.conftest import BOTH
from tests.store.databases import VAULT

Pair = Callable[[str], tuple[Hint, Listener]]
SOON = 5.0
NOT = 0.05


@pytest.fixture(params=BOTH)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    """Makes a hint and a listener of that name for one kind of database."""
    url = "sqlite:///x" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return lambda name: (hint_for(url, tmp_path / "hints"), listener_for(url, tmp_path / "hints", name))


async def settled(hint: Hint, listener: Listener) -> None:
    """Wait until the listener hears, and forget what it heard."""
    async with asyncio.timeout(SOON):
        while not await listener.wait(NOT):
            hint.give()
        while await listener.wait(NOT):
            pass


def test_a_hint_is_heard(pair: Pair) -> None:
    async def run() -> None:
        hint, listener = pair("tables")
        await settled(hint, listener)
        assert not await listener.wait(NOT)
        waiting = asyncio.create_task(listener.wait(SOON))
        await asyncio.sleep(0)
        hint.give()
        assert await waiting
        hint.give()
        await asyncio.sleep(NOT)
        assert await listener.wait(SOON), "a hint that was given before waiting is not lost"
        hint.close()
        await listener.close()

    asyncio.run(run())


def test_every_listener_hears(pair: Pair) -> None:
    async def run() -> None:
        hint, one = pair("tables")
        spare, other = pair("lamps")
        for listener in (one, other):
            await settled(hint, listener)
        for listener in (one, other):
            while await listener.wait(NOT):
                pass
        hint.give()
        assert all(await asyncio.gather(one.wait(SOON), other.wait(SOON)))
        for each in (hint, spare):
            each.close()
        for listener in (one, other):
            await listener.close()

    asyncio.run(run())


def test_the_kind_fits_the_database(tmp_path: Path) -> None:
    hints = [hint_for("sqlite:///x", tmp_path), hint_for("postgresql://h/d", tmp_path)]
    assert [type(each) for each in hints] == [DatagramHint, NotifyHint]
    assert isinstance(listener_for("postgresql://h/d", tmp_path, "x"), NotifyListener)
    for each in hints:
        each.close()


def test_a_commit_with_events_gives_a_hint_and_no_other_does(url: str) -> None:
    class Counted:
        given = 0

        def give(self) -> None:
            self.given += 1

        def close(self) -> None:
            self.given = -1

    hint = Counted()
    database = Database(url, VAULT, hint)
    event = Event(NOW, Kind.POLICY_CHANGED, Actor.system())

    def refused(tx: object) -> None:
        tx.events.append(event)  # type: ignore[attr-defined]
        raise Clash("x", "y", "a", "b")

    database.write(lambda tx: tx.set_followed("x", "1"))
    with pytest.raises(Clash):
        database.write(refused)
    assert hint.given == 0
    database.write(lambda tx: tx.events.append(event))
    assert hint.given == 1
    database.close()
    assert hint.given == -1, "closed with the database"


def test_giving_to_nobody_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for place in (tmp_path / "missing", file, tmp_path / ("x" * 200)):
        hint = DatagramHint(place)
        hint.give()
        hint.close()


def test_the_socket_of_a_dead_process_is_cleared_away(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(tmp_path / "dead-1.sock"))
    dead.close()
    hint = DatagramHint(tmp_path)
    hint.give()
    hint.close()
    assert list(tmp_path.iterdir()) == []


def test_a_follower_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    async def run() -> None:
        listener = DatagramListener(tmp_path, "slow")
        hint = DatagramHint(tmp_path)
        for _ in range(2000):
            hint.give()
        assert await listener.wait(SOON)
        assert not await listener.wait(NOT), "what queued up counts as one"
        hint.close()
        await listener.close()
        assert list(tmp_path.iterdir()) == []

    asyncio.run(run())


def test_a_database_that_is_away_is_no_error() -> None:
    async def run() -> None:
        url = "postgresql://nobody@127.0.0.1:1/none"
        hint, listener = NotifyHint(url), NotifyListener(url)
        hint.give()
        assert not await listener.wait(NOT)
        hint.close()
        await listener.close()

    asyncio.run(run())


@pytest.mark.postgres
def test_lost_connections_are_remade(postgres: Postgres, postgres_url: str) -> None:
    async def run() -> None:
        hint, listener = NotifyHint(postgres_url), NotifyListener(postgres_url)
        await settled(hint, listener)
        with postgres.connect() as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                [postgres_url.rpartition("/")[2]],
            )
        await settled(hint, listener)
        hint.close()
        await listener.close()

    asyncio.run(run())
