"""One node for all modules that do not kill it, emptied after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.ear import make_prompts
from tests.acceptance.office import Office
from tests.clients.node import Node


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts, made once."""
    directory = tmp_path_factory.mktemp("prompts")
    make_prompts(directory)
    return directory


@pytest.fixture(scope="session")
def node(prompts: Path) -> Iterator[Node]:
    """A running node on SQLite that no test kills, on IPv4 and IPv6."""
    with Node(prompts=prompts, settings={"sip": {"listen": ["127.0.0.1", "::1"]}}) as running:
        yield running


@pytest.fixture(scope="session")
def open_office(node: Node, prompts: Path) -> Iterator[Office]:
    """The office of that node."""
    with Office(node, prompts) as office:
        yield office


@pytest.fixture
def office(open_office: Office) -> Iterator[Office]:
    """An empty office, emptied again afterwards."""
    yield open_office
    open_office.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test ends with the last lines of its node's logs."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    office = getattr(item, "funcargs", {}).get("office")
    if report.failed and isinstance(office, Office):
        report.sections.append(("logs of the node", office.node.log_tails()))
