"""A workplace *desk 1* beside phone 3001 whose link a browser has opened, in an office with queue 800."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.desk.client import AgentClient, DeskCentre
from tests.web.serving import Served


@pytest.fixture
def centre(served: Served) -> DeskCentre:
    return DeskCentre(served)


@pytest.fixture
def pc(centre: DeskCentre) -> Iterator[AgentClient]:
    with centre.opened("desk 1") as browser:
        yield browser
