"""A node of its own, emptied after each test; its Kamailio and control plane may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.office import Office
from tests.clients.node import Node


@pytest.fixture(scope="package")
def open_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office of a running node; nobody listens here, so that its prompts are silent."""
    prompts: Path = tmp_path_factory.mktemp("prompts")
    with Node(prompts=prompts) as node, Office(node, prompts) as office:
        yield office


@pytest.fixture
def office(open_office: Office) -> Iterator[Office]:
    """Bill 2019 and Ann 2020, hot desk users, who may call each other; shared phones 3001 to 3003."""
    open_office.user("2019")
    open_office.user("2020")
    for number in ("3001", "3002", "3003"):
        open_office.phone(number)
    yield open_office
    open_office.clear()
