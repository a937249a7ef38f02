"""What all tests share. Nothing is skipped for want of a program: a test that needs one fails and names the package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run; take a database of your own with ``postgres.create()``."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """URL of an empty PostgreSQL database, dropped after the test."""
    url = postgres.create()
    yield url
    postgres.drop(url)
