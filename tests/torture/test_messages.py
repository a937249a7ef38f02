"""The torture messages of RFC 4475 and its predecessor, as they are, to a whole node: it stays up and works."""

from __future__ import annotations

import pytest

from tests.clients.node import Node
from tests.torture.mad import MadPhone, pour_streams
from tests.torture.office import voice_address
from tests.torture.originals import TORTURE
from tests.torture.watch import Watch

pytestmark = pytest.mark.sip
MESSAGES = [file.read_bytes() for file in TORTURE]


def test_there_are_fifty() -> None:
    assert len(MESSAGES) == 50


def test_over_udp(node: Node, watch: Watch) -> None:
    with MadPhone(node.server) as phone:
        phone.pour(MESSAGES)
    watch.is_well()


def test_over_tcp_each_on_a_connection_of_its_own(node: Node, watch: Watch) -> None:
    pour_streams(node.server, MESSAGES)
    watch.is_well()


def test_over_tcp_one_after_the_other(node: Node, watch: Watch) -> None:
    """A stream is cut by Content-Length (RFC 3261 section 18.3): each wrong one swallows what follows it."""
    pour_streams(node.server, [b"".join(MESSAGES[start:]) for start in range(len(MESSAGES))])
    watch.is_well()


def test_to_voice(node: Node, watch: Watch) -> None:
    with MadPhone(voice_address(node), "127.0.0.1") as kamailio:
        kamailio.pour(MESSAGES)
    watch.is_well()
