"""Group commit, one door: what a caller may rely on (decision 2 of the architecture; R9.3)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import EndReason
from freeseat.domain.directory import ClassOfService
from freeseat.domain.errors import Clash, Unavailable
from freeseat.domain.events import Event, Kind
from freeseat.store.database import Database, open_engine
from freeseat.store.hints import NoHint
from tests.clients.postgres import Postgres
from tests.clients.waiting import until
from tests.domain.entities import COS, NOW, login
from tests.store.databases import VAULT, PostgresCopies, migrate_url, open_database

ACTOR = Actor("admin", "10.0.0.1", Channel.CLI)


def event(**fields: Any) -> Event:
    return replace(Event(NOW, Kind.CLASS_ADDED, ACTOR), **fields)


def add(name: str) -> Any:
    """A use case: a class of service and its event."""

    def use_case(tx: Transaction) -> int:
        tx.classes.add(replace(COS, name=name))
        return tx.events.append(event(data={"name": name}))

    return use_case


def names(database: Database) -> list[str]:
    return sorted(cos.name for cos in database.read(lambda tx: tx.classes.list()))


class Held:
    """The writer, held in a use case, so that everything submitted meanwhile is one batch."""

    def __init__(self, database: Database) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self.done = database.submit(self._wait)
        assert self._begun.wait(10)

    def _wait(self, _: Transaction) -> None:
        self._begun.set()
        assert self._go.wait(10)

    def release(self) -> None:
        """Let the writer go on."""
        self._go.set()

    def go(self) -> None:
        """Let the writer go on, and wait for its commit."""
        self.release()
        self.done.result(10)


def batch(database: Database, *use_cases: Any) -> list[Future[Any]]:
    """Run these in one transaction of the writer."""
    held = Held(database)
    futures = [database.submit(each) for each in use_cases]
    held.go()
    return futures


def outcomes(futures: list[Future[Any]]) -> list[str]:
    return [type(each.exception(10)).__name__ for each in futures]


def test_an_error_undoes_only_its_own_use_case(database: Database) -> None:
    def half_done(tx: Transaction) -> None:
        add("half")(tx)
        raise Clash("x", "y", "a", "b")

    def broken(tx: Transaction) -> None:
        add("broken")(tx)
        raise ZeroDivisionError

    futures = batch(database, add("a"), half_done, add("a"), broken, add("b"))
    assert outcomes(futures) == ["NoneType", "Clash", "Clash", "ZeroDivisionError", "NoneType"]
    assert names(database) == ["a", "b"]
    assert [each.data["name"] for each in database.read(lambda tx: tx.events.after(0, 10))] == ["a", "b"]


def test_a_use_case_of_a_batch_sees_those_before_it(database: Database) -> None:
    futures = batch(database, add("a"), lambda tx: [cos.name for cos in tx.classes.list()])
    assert futures[1].result(10) == ["a"]


def test_a_result_comes_only_after_the_commit(database: Database, url: str) -> None:
    """Whoever has a result finds it through any other connection."""
    other = open_database(url)
    try:
        for n in range(20):
            position = database.submit(add(f"{n}")).result(10)
            assert other.read(lambda tx: tx.events.last_position()) == position
    finally:
        other.close()


def test_nothing_is_seen_before_the_commit(database: Database) -> None:
    seen: list[list[str]] = []

    def use_case(tx: Transaction) -> None:
        add("a")(tx)
        seen.append(names(database))

    database.write(use_case)
    assert (seen, names(database)) == ([[]], ["a"])


def test_a_question_sees_one_moment(database: Database) -> None:
    def question(tx: Transaction) -> tuple[int, int]:
        before = len(tx.classes.list())
        database.write(add("meanwhile"))
        return before, len(tx.classes.list())

    assert database.read(question) == (0, 0)
    assert names(database) == ["meanwhile"]


def test_a_cancelled_wish_is_not_run_and_stops_nobody(database: Database) -> None:
    """An HTTP client that went away cancels its future."""
    held = Held(database)
    futures = [database.submit(add(name)) for name in "abc"]
    assert futures[1].cancel()
    held.go()
    assert [futures[0].exception(10), futures[2].exception(10)] == [None, None]
    assert names(database) == ["a", "c"]
    database.write(add("d"))


def test_closing_finishes_what_was_submitted(url: str) -> None:
    database = open_database(url)
    futures = [database.submit(add(f"{n}")) for n in range(50)]
    database.close()
    assert outcomes(futures) == ["NoneType"] * 50
    with pytest.raises(Unavailable, match="closed"):
        database.write(add("late"))
    database.close()


def test_positions_grow_in_commit_order_over_all_writers(url: str) -> None:
    """A follower that reads on from its position misses nothing, whoever writes."""
    writers = [open_database(url) for _ in range(3)]
    reader = open_database(url)
    seen: list[int] = []
    try:
        threads = [
            threading.Thread(target=lambda w=w, n=n: [w.write(add(f"{n}-{i}")) for i in range(15)])
            for n, w in enumerate(writers)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while len(seen) < 45 and time.monotonic() < deadline:
            last = seen[-1] if seen else 0
            seen += [each.position for each in reader.read(lambda tx, p=last: tx.events.after(p, 7))]  # type: ignore[misc]
        for thread in threads:
            thread.join()
        everything = [each.position for each in reader.read(lambda tx: tx.events.after(0, 1000))]
        assert seen == everything == sorted(set(everything))
    finally:
        for each in (*writers, reader):
            each.close()


def test_events(database: Database) -> None:
    def find(**given: Any) -> list[int]:
        return [each.position for each in database.read(lambda tx: tx.events.find(**given))]

    assert database.read(lambda tx: tx.events.last_position()) == 0
    full = Event(NOW, Kind.LOGGED_IN, ACTOR, "2019", "3001", {"a": [1, None, True, "ä\u0000"], "b": {"c": 1.5}})
    first = database.write(lambda tx: tx.events.append(full))
    second = database.write(lambda tx: tx.events.append(event(user="2020", phone="3001")))
    assert database.read(lambda tx: tx.events.after(0, 10))[0] == replace(full, position=first)
    assert [e.position for e in database.read(lambda tx: tx.events.after(first, 10))] == [second]
    assert [e.position for e in database.read(lambda tx: tx.events.after(0, 1))] == [first]
    assert find() == find(phone="3001") == find(since=NOW) == [second, first]
    assert find(user="2019") == find(kinds=[Kind.LOGGED_IN]) == [first]
    assert find(limit=1) == [second]
    assert database.read(lambda tx: tx.events.last_position()) == second


# The database itself


def test_the_audit_log_cannot_be_edited(database: Database, url: str) -> None:
    """R10.2: not by another program either."""
    database.write(add("a"))
    before = database.read(lambda tx: tx.events.after(0, 10))
    columns = 'position, at, kind, actor, source, channel, "user", phone, data'
    forged = (
        f"INTO event ({columns}) SELECT position, at, kind, 'forged', source, channel, \"user\", phone, data FROM event"
    )
    attempts = ["UPDATE event SET actor = 'forged'", "DELETE FROM event", "DELETE FROM event WHERE position = 1"]
    if url.startswith("sqlite"):
        attempts += [f"INSERT OR REPLACE {forged}", f"REPLACE {forged}"]
    else:
        attempts += ["TRUNCATE event", f"INSERT {forged} ON CONFLICT (position) DO UPDATE SET actor = 'forged'"]
    engine = open_engine(url)
    for attempt in attempts:
        with pytest.raises(Exception, match="cannot be edited"), engine.connect() as connection, connection.begin():
            connection.execute(text(attempt))
    engine.dispose()
    assert database.read(lambda tx: tx.events.after(0, 10)) == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (login(1, 10), login(2, 10)),
        (login(1, 10), login(1, 11)),
        (login(1, 10, exclusive=False), login(2, 10, exclusive=False)),
    ],
    ids=["two users on one phone", "a user on two phones", "two users on one phone under several"],
)
def test_uniqueness_is_held_by_the_database_itself(database: Database, url: str, one: Any, other: Any) -> None:
    """A second connection, bypassing every rule and the writers' turn, is refused by the constraint."""
    database.write(lambda tx: tx.logins.add(one))
    plain = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    insert = text(
        "INSERT INTO desk_login (user_id, phone_id, place, method, started_at, exclusive, call_id, contact, source, "
        "location_id) VALUES (:u, :p, 'x', 'menu', '2026-03-02 09:00:00', :e, '', '', '', '')"
    )
    values = {"u": other.user_id, "p": other.phone_id, "e": other.exclusive}
    with pytest.raises(IntegrityError), plain.connect() as connection, connection.begin():
        connection.execute(insert, values)
    database.write(lambda tx: tx.logins.update(tx.logins.open()[0].ending(EndReason.LOGOUT, NOW, on_call=False)))
    with plain.connect() as connection, connection.begin():
        connection.execute(insert, values)
    plain.dispose()
    assert len(database.read(lambda tx: tx.logins.open())) == 1


def test_two_connections_that_both_looked_first(url: str) -> None:
    """Both see the phone empty, both want it: the writers' turn makes the second see the first (never both)."""
    databases = [open_database(url) for _ in range(2)]
    try:
        barrier = threading.Barrier(2)

        def take(tx: Transaction, user: int) -> bool:
            if tx.logins.at_phone(10) is not None:
                return False
            tx.logins.add(login(user, 10))
            return True

        def run(n: int) -> None:
            barrier.wait(10)
            won.append(databases[n].write(lambda tx: take(tx, n)))

        won: list[bool] = []
        threads = [threading.Thread(target=run, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(won) == [False, True]
    finally:
        for each in databases:
            each.close()


# A lost database (R9.3)


@pytest.mark.postgres
def test_a_lost_postgresql_is_unavailable_and_comes_back(postgres: Postgres, postgres_copies: PostgresCopies) -> None:
    url = postgres_copies.create()
    database = open_database(url)
    try:
        database.write(add("before"))
        held = Held(database)
        future = database.submit(add("meanwhile"))
        postgres.stop()
        try:
            held.release()
            for each in (held.done, future):
                assert isinstance(each.exception(20), Unavailable), "nobody is told that it was done"
            with pytest.raises(Unavailable):
                database.write(add("down"))
            with pytest.raises(Unavailable):
                database.read(lambda tx: tx.classes.list())
        finally:
            postgres.start()
        database.write(add("after"))
        assert names(database) == ["after", "before"]
    finally:
        database.close()
        postgres_copies.drop(url)


@pytest.mark.postgres
def test_connections_that_the_server_ended_are_remade(postgres: Postgres, postgres_url: str) -> None:
    migrate_url(postgres_url)
    database = open_database(postgres_url)
    try:
        database.write(add("before"))
        with postgres.connect() as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                [postgres_url.rpartition("/")[2]],
            )
        database.write(add("after"))
        assert names(database) == ["after", "before"]
    finally:
        database.close()


def test_an_sqlite_file_that_another_program_keeps_locked(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/x.sqlite"
    migrate_url(url)
    monkeypatch.setattr("freeseat.store.database._BUSY_MILLISECONDS", 50)
    database = open_database(url)
    try:
        other = create_engine(url, isolation_level="AUTOCOMMIT")
        with other.connect() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            with pytest.raises(Unavailable, match="locked"):
                database.write(add("x"))
            assert names(database) == [], "reading goes on"
            connection.execute(text("ROLLBACK"))
        other.dispose()
        database.write(add("x"))
    finally:
        database.close()


def test_an_unknown_kind_of_database() -> None:
    with pytest.raises(Unavailable, match="use sqlite or postgresql"):
        Database("mysql://x/y", VAULT, NoHint())


@pytest.mark.parametrize("url", ["sqlite:////nonexistent/x.sqlite", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_is_not_there(url: str) -> None:
    database = open_database(url)
    try:
        with pytest.raises(Unavailable):
            database.write(lambda tx: tx.classes.list())
        with pytest.raises(Unavailable):
            database.read(lambda tx: tx.classes.list())
        with pytest.raises(Unavailable):
            migrate_url(url)
    finally:
        database.close()


def test_a_database_without_tables_is_unavailable_not_wrong(tmp_path: Any) -> None:
    database = open_database(f"sqlite:///{tmp_path}/empty.sqlite")
    try:
        with pytest.raises(Unavailable, match="no such table"):
            database.read(lambda tx: tx.classes.list())
        with pytest.raises(Unavailable, match="no such table"):
            database.write(lambda tx: tx.classes.add(ClassOfService(0, "x")))
    finally:
        database.close()


def test_writing_leaves_no_transaction_open(database: Database, url: str) -> None:
    """Else PostgreSQL could not clean up, and SQLite's log would grow for ever."""
    database.write(add("a"))
    database.read(lambda tx: tx.classes.list())
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            busy = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in %'"
            until(lambda: connection.execute(busy).fetchone() == (0,), "no connection idle in a transaction")
    else:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection_:
            assert connection_.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).first() == (0, 0, 0)
        engine.dispose()
