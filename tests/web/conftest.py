"""Pages and API are tested over a real server, a real database and real hints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.application.conftest import sqlite_copies
from tests.store.databases import SqliteCopies
from tests.web.serving import Browser, Certificate, Served

__all__ = ["sqlite_copies"]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def served(sqlite_copies: SqliteCopies, certificate: Certificate) -> Iterator[Served]:
    url = sqlite_copies.create()
    # a short name: paths of sockets are bounded
    with TemporaryDirectory(prefix="fs-") as hints, Served(url, Path(hints), certificate) as running:
        yield running
    sqlite_copies.drop(url)


@pytest.fixture
def unclaimed(sqlite_copies: SqliteCopies, certificate: Certificate) -> Iterator[Served]:
    """A Freeseat on which nobody can sign in yet."""
    url = sqlite_copies.create()
    with TemporaryDirectory(prefix="fs-") as hints, Served(url, Path(hints), certificate, root=False) as running:
        yield running
    sqlite_copies.drop(url)


@pytest.fixture
def admin(served: Served) -> Iterator[Browser]:
    with served.browser() as browser:
        yield browser
