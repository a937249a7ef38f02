"""The throwaway PostgreSQL server: durable, private, and gone afterwards."""

from __future__ import annotations

import signal

import pytest

from tests.clients.postgres import Postgres

pytestmark = pytest.mark.postgres


def test_writes_are_durable(postgres: Postgres) -> None:
    with postgres.connect() as connection:
        assert connection.execute("show fsync").fetchone() == ("on",)
        assert connection.execute("show synchronous_commit").fetchone() == ("on",)


def test_each_test_gets_an_empty_database(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    with postgres.connect(name) as connection:
        found = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
    assert found == (0,)


def test_a_crash_loses_nothing_committed() -> None:
    with Postgres() as server:
        server.create("office")
        with server.connect("office") as connection:
            connection.execute("create table kept (number int)")
            connection.execute("insert into kept values (2019)")
        server.stop(signal.SIGQUIT)
        server.start()
        with server.connect("office") as connection:
            assert connection.execute("select number from kept").fetchone() == (2019,)
