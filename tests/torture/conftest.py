"""One node for these tests. What is sent to it differs by TORTURE_SEED; the seed is printed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.clients.node import Node
from tests.torture.office import tortured_node
from tests.torture.watch import Watch


@pytest.fixture(scope="package")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running node, with everybody in its directory."""
    with tortured_node(tmp_path_factory.mktemp("prompts")) as running:
        yield running


@pytest.fixture(scope="package")
def watch(node: Node) -> Iterator[Watch]:
    """Who looks after it; a normal login works at first."""
    with Watch(node) as watching:
        watching.is_well()
        yield watching


@pytest.fixture(scope="session")
def seed() -> int:
    """What the dice begin with."""
    return int(os.environ.get("TORTURE_SEED", "4475"))
