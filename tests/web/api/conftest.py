"""Programs that call the API of a real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.web.serving import Served


@pytest.fixture
def api(served: Served) -> Iterator[httpx2.Client]:
    """A program that may do everything."""
    with _program(served) as client:
        yield client


@pytest.fixture(scope="module")
def shared_api(shared: Served) -> Iterator[httpx2.Client]:
    """The same at the server that the tests of a module share."""
    with _program(shared) as client:
        yield client


def _program(served: Served) -> httpx2.Client:
    client = served.program()
    client.base_url = httpx2.URL(f"{served.url}/api/v1")
    return client
