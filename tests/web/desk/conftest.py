"""A workplace *desk 1* beside phone 3001 whose link a browser has opened, in an office with queue 800."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freeseat.application.directory.users import user_of
from freeseat.domain.permissions import Role
from tests.web.desk.client import AgentClient, DeskCentre
from tests.web.serving import Served


@pytest.fixture
def centre(served: Served) -> DeskCentre:
    return DeskCentre(served)


@pytest.fixture
def own(served: Served, centre: DeskCentre) -> Iterator[AgentClient]:
    """Bill's browser, in which he has signed in to his account."""
    person = centre.read(lambda tx: user_of(tx, "2019"))
    with served.account("bill", Role.AGENT, user_id=person.id) as signed_in, AgentClient(served.url) as browser:
        browser.cookies = signed_in.cookies
        browser.base = "/desk/me/now"
        browser.page()
        yield browser


@pytest.fixture
def pc(centre: DeskCentre) -> Iterator[AgentClient]:
    with centre.opened("desk 1") as browser:
        yield browser
