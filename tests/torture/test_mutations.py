"""10,000 mutations of the torture messages, and of requests with right credentials, to a whole node on PostgreSQL.

PostgreSQL, since it takes less than SQLite does: no NUL, no number too great. The same seed sends the same messages but
for Call-IDs, tags and nonces: TORTURE_SEED=<number> tries others.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.clients.node import Node
from tests.clients.postgres import Postgres
from tests.torture.mad import MadPhone, pour_streams
from tests.torture.mutations import mutated
from tests.torture.office import tortured_node, voice_address
from tests.torture.originals import TORTURE, Originals, challenges
from tests.torture.watch import Watch

pytestmark = pytest.mark.sip
BATCHES, BY_UDP, BY_TCP, TO_VOICE = 10, 500, 250, 250
MOST_SHARED, MOST_PRIVATE = 4 << 20, 24 << 20
"""Bytes by which memory may grow after the third batch: bindings, and calls that nobody acknowledges for a while."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Node]:
    url = postgres.create()
    with tortured_node(tmp_path_factory.mktemp("prompts"), url) as running:
        yield running
    postgres.drop(url)


@pytest.fixture(scope="module")
def watch(node: Node) -> Iterator[Watch]:
    with Watch(node) as watching:
        watching.is_well()
        yield watching


def test_normal_login_after_each_batch(node: Node, watch: Watch, seed: int) -> None:
    print(f"TORTURE_SEED={seed}")
    dice = random.Random(seed)
    memory: list[tuple[int, int]] = []
    with MadPhone(node.server) as phone, MadPhone(voice_address(node), "127.0.0.1") as kamailio:
        for batch in range(BATCHES):
            send_batch(phone, kamailio, dice)
            try:
                watch.is_well()
            except AssertionError as error:
                error.add_note(f"in batch {batch} of TORTURE_SEED={seed}")
                raise
            memory.append((watch.shared_memory(), watch.private_memory()))
        assert phone.accepted, "no mutation came so far as to be answered by a menu"
        assert kamailio.accepted
    print("shared and private memory, bytes:", memory)
    (shared, private), (shared_at_last, private_at_last) = memory[2], memory[-1]
    assert shared_at_last - shared < MOST_SHARED
    assert private_at_last - private < MOST_PRIVATE


def send_batch(phone: MadPhone, kamailio: MadPhone, dice: random.Random) -> None:
    """A thousand mutations: over UDP, over TCP several in a stream, and to voice as Kamailio."""
    others = [file.read_bytes() for file in TORTURE]
    given = challenges(phone)
    to_kamailio, to_voice = Originals(phone, given, dice), Originals(kamailio, given, dice)
    phone.pour(mutated(dice, to_kamailio.for_kamailio(), others) for _ in range(BY_UDP))
    stream = [mutated(dice, to_kamailio.for_kamailio(), others) for _ in range(BY_TCP)]
    pour_streams(phone.server, [b"".join(stream[start : start + 3]) for start in range(0, BY_TCP, 3)])
    kamailio.pour(mutated(dice, to_voice.for_voice(), others) for _ in range(TO_VOICE))
