"""Use cases run over a real SQLite database; that both databases behave alike is the store's contract suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.application.office import Office
from tests.domain import profile
from tests.store.databases import SqliteCopies, open_database

__all__ = ["profile"]


@pytest.fixture(scope="session")
def sqlite_copies(tmp_path_factory: pytest.TempPathFactory) -> SqliteCopies:
    return SqliteCopies(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def office(sqlite_copies: SqliteCopies) -> Iterator[Office]:
    url = sqlite_copies.create()
    database = open_database(url)
    yield Office(database)
    database.close()
    sqlite_copies.drop(url)
