"""A node of its own, with two carriers that are emptied with it after each test."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from freeseat.domain.directory import Right
from freeseat.domain.trunks import EXTERNAL_LOGIN, Trunk
from freeseat.edge.voice.catalogue import ENGLISH, TEXTS
from freeseat.edge.voice.prompts import CUSTOM
from tests.acceptance.ear import QUICK
from tests.acceptance.office import STANDARD, Office
from tests.clients.node import Node
from tests.clients.raw import RawPhone

FIRST, SECOND, STRANGER = "127.0.0.21", "127.0.0.22", "127.0.0.23"


@dataclass(frozen=True)
class Carriers:
    """Two carriers and somebody who is none, written by hand."""

    first: RawPhone
    second: RawPhone
    stranger: RawPhone

    def first_trunk(self, **fields: object) -> Trunk:
        """The trunk that is tried first."""
        return _trunk("first", self.first, priority=1, **fields)

    def second_trunk(self, **fields: object) -> Trunk:
        """The other one."""
        return _trunk("second", self.second, priority=2, **fields)


def _trunk(name: str, carrier: RawPhone, **fields: object) -> Trunk:
    uri = f"sip:{carrier.ip}:{carrier.port}"
    return Trunk(0, name, uri, sources=(f"{carrier.ip}/32",), **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def open_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office of a running node; people there hear short noises for prompts."""
    prompts: Path = tmp_path_factory.mktemp("prompts")
    recordings = prompts / QUICK / CUSTOM
    recordings.mkdir(parents=True)
    for key in TEXTS[ENGLISH]:
        codes = [code for code in range(256) if code & 0x7F != 0x7F]
        (recordings / f"{key}.ulaw").write_bytes(bytes(random.Random(key).choices(codes, k=960)))
    with Node(prompts=prompts) as node, Office(node, prompts) as office:
        yield office


@pytest.fixture
def carriers(open_office: Office) -> Iterator[Carriers]:
    """They are there, but no trunks yet."""
    with ExitStack() as stack:
        server = open_office.node.server
        yield Carriers(*(stack.enter_context(RawPhone(server, "carrier", ip=ip)) for ip in (FIRST, SECOND, STRANGER)))


@pytest.fixture
def office(open_office: Office, carriers: Carriers) -> Iterator[Office]:
    """Bill, 2019, at 3001, who may call everywhere; Ann, 2020, is nowhere. Two trunks, and numbers that come in."""
    open_office.cos(STANDARD, rights=frozenset(Right))
    open_office.user("2019", name="Bill", caller_number="+49301000")
    open_office.user("2020", name="Ann")
    open_office.phone("3001", location_id="desk-1")
    open_office.seat("2019", "3001")
    open_office.trunk(carriers.first_trunk())
    open_office.trunk(carriers.second_trunk())
    open_office.inbound("+49301000", "2019")
    open_office.inbound("+49309000", EXTERNAL_LOGIN)
    yield open_office
    open_office.clear()
