"""One Kamailio for each module of tests: it starts in a fraction of a second."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sip_plane.plane import Plane


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    """A SIP plane with empty tables, ready, with a control plane that is alive."""
    with Plane() as running:
        yield running


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest) -> None:
    """What an earlier test of the module saw and changed does not matter to the next."""
    if "plane" in request.fixturenames:
        running: Plane = request.getfixturevalue("plane")
        running.asks.clear()
        running.wrong.clear()
