"""`freeseat serve --detach`, `status` and `stop` with the real Kamailio, control plane and voice."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clients.node import Node
from tests.clients.waiting import until

from freeseat.bootstrap.state import read_state

pytestmark = pytest.mark.sip


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    node = Node()
    node.write_settings()
    yield node
    node.cli("stop")
    node.remove()


def pids(node: Node) -> dict[str, int | None]:
    return {name: child.pid for name, child in node.processes().items()}


def test_in_the_background_until_stopped_twice_in_a_row(node: Node) -> None:
    told = node.do("serve", "--detach").splitlines()
    assert told[-1] == "running"
    assert any(line.startswith("kamailio ready") for line in told), "there is progress to see"
    assert json.loads(node.do("status", "--json"))["ready"]
    assert node.do("serve", "--detach").startswith("already running")
    assert node.do("stop").splitlines()[-1] == "stopped"
    assert node.cli("status").code == 3
    assert node.do("stop") == "nothing was running\n"
    node.do("serve", "--detach")
    assert node.processes()


def test_a_second_in_the_foreground_is_refused(node: Node) -> None:
    node.do("serve", "--detach")
    assert "another freeseat serve is running" in node.refused("serve")


def test_kamailio_goes_on_when_the_supervisor_was_killed_and_is_adopted(node: Node) -> None:
    """So that calls go on (issue 2, acceptance i)."""
    node.do("serve", "--detach")
    before, state = pids(node), read_state(node.runtime)
    assert state
    supervisor = state.supervisor
    assert supervisor
    os.kill(supervisor.pid, signal.SIGKILL)
    until(lambda: not supervisor.is_alive(), "the supervisor is gone")
    assert pids(node) == before
    node.do("serve", "--detach")
    after = pids(node)
    assert after["kamailio"] == before["kamailio"]
    assert after["control"] != before["control"]
    assert after["voice"] != before["voice"]


def test_all_killed_at_once_are_back_and_ready(node: Node) -> None:
    node.do("serve", "--detach")
    for pid in pids(node).values():
        assert pid
        os.kill(pid, signal.SIGKILL)

    def all_back() -> bool:
        now = read_state(node.runtime)
        return now is not None and now.is_ready and all(child.restarts >= 1 for child in now.children)

    until(all_back, "all are ready again", 60)


def test_a_port_that_is_taken_is_told_with_the_last_words_of_kamailio(node: Node) -> None:
    with Node() as other:
        node._settings["sip"]["port"] = other.port
        node.write_settings()
        said = node.refused("serve", "--detach")
    assert "kamailio does not stay up" in said
    assert "Address already in use" in said
