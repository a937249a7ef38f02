"""Both databases: a test that asks for `database` or `url` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freeseat.store.database import Database
from tests.clients.postgres import Postgres
from tests.domain import profile
from tests.store.databases import Copies, PostgresCopies, SqliteCopies, open_database

__all__ = ["profile"]

BOTH = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sqlite_copies(tmp_path_factory: pytest.TempPathFactory) -> SqliteCopies:
    return SqliteCopies(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_copies(postgres: Postgres) -> PostgresCopies:
    return PostgresCopies(postgres)


@pytest.fixture(params=BOTH)
def copies(request: pytest.FixtureRequest) -> Copies:
    found = request.getfixturevalue("sqlite_copies" if request.param == "sqlite" else "postgres_copies")
    assert isinstance(found, Copies)
    return found


@pytest.fixture
def url(copies: Copies) -> Iterator[str]:
    """URL of a fresh database with the newest schema."""
    fresh = copies.create()
    yield fresh
    copies.drop(fresh)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = open_database(url)
    yield opened
    opened.close()
