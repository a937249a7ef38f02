"""An office that is tortured, and one that has to work meanwhile: the same node, other numbers and addresses.

Strangers, and phones gone mad, are at 127.0.0.66 with 3001 to 3003 and 2019 to 2021, whose secrets and PINs they know.
People at 127.0.0.1 use 3009, 2010 and 2011: a lock that the mad ones bring about must not be theirs (R2.15).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from freeseat.application.directory import phones, rules, trunks, users
from freeseat.application.ports import Transaction
from freeseat.bootstrap.database import opened_database
from freeseat.domain.actors import Actor
from freeseat.domain.directory import Phone, TrustedNetwork, User
from freeseat.domain.policy import EmergencyNumber
from freeseat.domain.trunks import Trunk
from freeseat.edge.voice.catalogue import TEXTS
from freeseat.edge.voice.prompts import SUFFIX
from freeseat.settings import read_settings
from tests.clients.node import Node
from tests.clients.ports import free_port

MAD_ADDRESS = "127.0.0.66"
MAD_PHONES, MAD_USERS = ("3001", "3002", "3003"), ("2019", "2020", "2021")
DESK, VISITOR, OWNER = "3009", "2010", "2011"
"""A shared phone, the user who logs in there by menu, the user who registers as himself."""
PIN = "4711"
_RTP_PORTS = (31_100, 32_699)
"""Above those that tests draw, below those that Linux gives: voice itself looks for free ones among them."""


def secret(number: str) -> str:
    """The SIP secret of a phone."""
    return f"secret{number}"


@contextmanager
def tortured_node(prompts: Path, database_url: str = "") -> Iterator[Node]:
    """A node with everybody in it, running. Calls to the world outside and to 112 go to a port where nobody answers."""
    settings: dict[str, dict[str, object]] = {
        "sip": {"algorithms": ["MD5", "SHA-256"], "flood_density": 0},
        "voice": {"rtp_first": _RTP_PORTS[0], "rtp_last": _RTP_PORTS[1], "prompts": str(_no_prompts(prompts))},
        "log": {"level": "info"},
    }
    node = Node(database_url, settings)
    try:
        node.write_settings()
        nobody = f"sip:127.0.0.1:{free_port()}"
        with opened_database(read_settings(node.config)) as database:
            database.write(lambda tx: _enter(tx, nobody))
        with node:
            yield node
    finally:
        node.remove()


def _enter(tx: Transaction, nobody: str) -> None:
    actor, now = Actor.system(), datetime.now(UTC)
    for number in (*MAD_USERS, VISITOR, OWNER):
        users.add_user(tx, User(0, number, f"User {number}", 1, hot_desk_access=True), PIN, actor, now)
    for number in (*MAD_PHONES, DESK):
        phones.add_phone(tx, Phone(0, number, 1, location_id=f"desk {number}"), secret(number), actor, now)
    rules.add_trusted(tx, TrustedNetwork(0, "127.0.0.0/8"), actor, now)
    trunks.add_trunk(tx, Trunk(0, "nobody", nobody), "", actor, now)
    policy = replace(tx.policy(), emergency=(EmergencyNumber("112", nobody), EmergencyNumber("911")))
    rules.set_policy(tx, policy, actor, now)


def _no_prompts(directory: Path) -> Path:
    """Every prompt is there and over at once: what they say does not matter here."""
    (directory / "en").mkdir()
    for suffix in SUFFIX.values():
        for key in TEXTS["en"]:
            (directory / "en" / f"{key}{suffix}").touch()
    return directory


def voice_address(node: Node) -> tuple[str, int]:
    """Where voice listens for Kamailio."""
    settings = read_settings(node.config).voice
    return str(settings.host), settings.port
