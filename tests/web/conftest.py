"""Pages and API are tested over a real server, a real database and real hints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def _serving(copies: SqliteCopies, certificate: Certificate, *, root: bool = True) -> Iterator[Served]:
    url = copies.create()
    # a short name: paths of sockets are bounded
    with TemporaryDirectory(prefix="fs-") as hints, Served(url, Path(hints), certificate, root=root) as running:
        yield running
    copies.drop(url)


@pytest.fixture
def served(sqlite_copies: SqliteCopies, certificate: Certificate) -> Iterator[Served]:
    with _serving(sqlite_copies, certificate) as running:
        yield running


@pytest.fixture(scope="module")
def shared(sqlite_copies: SqliteCopies, certificate: Certificate) -> Iterator[Served]:
    """One for all tests of a module that do not mind what the others have left, and with no limit of requests."""
    with _serving(sqlite_copies, certificate) as running:
        assert running.web is not None
        running.web.rates.api.burst = 1_000_000
        yield running


@pytest.fixture
def unclaimed(sqlite_copies: SqliteCopies, certificate: Certificate) -> Iterator[Served]:
    """A Freeseat on which nobody can sign in yet."""
    with _serving(sqlite_copies, certificate, root=False) as running:
        yield running


@pytest.fixture
def admin(served: Served) -> Iterator[Browser]:
    with served.browser() as browser:
        yield browser
