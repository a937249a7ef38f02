"""Use cases run over a real SQLite database; that both databases behave alike is the store's contract suite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.application.office import Office
from tests.clients.postgres import Postgres
from tests.domain import profile
from tests.store.databases import PostgresCopies, SqliteCopies, open_database

__all__ = ["profile"]


@pytest.fixture(scope="session")
def sqlite_copies() -> Iterator[SqliteCopies]:
    """In memory where that is possible: what survives a power cut is the store's own matter."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="freeseat-", dir=memory if memory.is_dir() else None) as directory:
        yield SqliteCopies(Path(directory))


@pytest.fixture(scope="session")
def postgres_copies(postgres: Postgres) -> PostgresCopies:
    return PostgresCopies(postgres)


@pytest.fixture
def office(sqlite_copies: SqliteCopies) -> Iterator[Office]:
    url = sqlite_copies.create()
    database = open_database(url)
    yield Office(database)
    database.close()
    sqlite_copies.drop(url)
