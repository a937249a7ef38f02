"""Programs that call the API of a real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.web.serving import Served


@pytest.fixture
def api(served: Served) -> Iterator[httpx2.Client]:
    """A program that may do everything."""
    with served.program() as client:
        client.base_url = httpx2.URL(f"{served.url}/api/v1")
        yield client
