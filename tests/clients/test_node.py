"""The settings that a test node is started with are settings that Freeseat takes."""

from __future__ import annotations

from freeseat.settings import read_settings
from tests.clients.node import Node


def test_settings_of_a_node_are_understood() -> None:
    node = Node(settings={"": {"node": "other"}, "sip": {"max_expires": 600}})
    try:
        node.write_settings()
        settings = read_settings(node.config)
    finally:
        node.remove()
    assert (settings.node, settings.sip.port, settings.sip.max_expires) == ("other", node.port, 600)
    assert settings.runtime_dir == node.runtime
    assert settings.database_url.startswith(f"sqlite:///{node.directory}")
