"""What comes from the network is not always well meant (RFC 4475; R2.15)."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.clients.raw import RawPhone, fresh
from tests.clients.waiting import until
from tests.sip_plane.plane import Plane, phone, user
from tests.sip_plane.talk import Outgoing

pytestmark = pytest.mark.sip
TORTURE = sorted((Path(__file__).parent.parent / "data" / "torture").glob("*.dat"))


@pytest.fixture(autouse=True)
def _directory(plane: Plane) -> None:
    plane.put(
        {"3001": phone("3001", occupant="2019", caller="2019"), "2019": user("2019", places="3001")},
        {"codes": "*45=login"},
    )


def _is_heard(plane: Plane) -> None:
    """Wait until all that was sent so far has been looked at: a datagram more would be lost else."""
    with plane.phone("3001") as probe:
        until(lambda: probe.options(0.1), "Kamailio answers")


def _works(plane: Plane) -> None:
    assert plane.is_running()
    _is_heard(plane)
    with plane.phone("3001") as desk, plane.phone("2019", "1234") as person:
        assert desk.register().code == 200
        assert person.register().code == 200
        assert Outgoing(desk, "404404").refusal().code == 404


def test_there_are_all_fifty() -> None:
    assert len(TORTURE) == 50


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_torture_messages(plane: Plane, transport: str) -> None:
    """The messages of RFC 4475 and its predecessors: a normal login works after each batch."""
    for file in TORTURE:
        data = file.read_bytes()
        if transport == "udp":
            with RawPhone(("127.0.0.1", plane.port)) as stranger:
                stranger.send(data)
        else:
            with socket.create_connection(("127.0.0.1", plane.port), timeout=5) as stream:
                stream.sendall(data)
        assert plane.is_running(), file.name
    _works(plane)


def test_mutated_messages_with_credentials(plane: Plane) -> None:
    """Bytes changed in requests that get past the first checks: nobody dies, and somebody always answers others."""
    dice = random.Random(4475)
    with plane.phone("3001") as desk:
        good = [desk.register_request(desk.credentials(desk.challenge())), Outgoing(desk, "*45").request]
        for number in range(1500):
            if number % 50 == 0:
                _is_heard(plane)
            message = bytearray(dice.choice(good))
            for _ in range(dice.randrange(1, 6)):
                at = dice.randrange(len(message))
                change = dice.randrange(3)
                if change == 0:
                    message[at] = dice.randrange(256)
                elif change == 1:
                    del message[at : at + dice.randrange(1, 9)]
                else:
                    message[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 9)))
            desk.send(bytes(message))
    _works(plane)


def test_text_that_is_no_utf8_is_a_bad_request(plane: Plane) -> None:
    with plane.phone("3001") as desk:
        request = desk.request("INVITE", f"sip:2019@{desk.domain}", "<sip:2019@x>", {"Contact": f"<{desk.contact}>"})
        bad = request.replace(b"INVITE sip:2019", b"INVITE sip:\xff\xfe", 1)
        assert desk.ask(bad).code in (400, 407)
        credentials = Outgoing(desk, "*45").headers["Proxy-Authorization"].replace("3001", "30\udcff")
        request = desk.request("MESSAGE", f"sip:2019@{desk.domain}", "<sip:2019@x>", {"X": "y"})
        line = f"Proxy-Authorization: {credentials}\r\nX: y".encode("utf-8", "surrogateescape")
        assert desk.ask(request.replace(b"X: y", line)).code == 400


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b"Max-Forwards: 70", b"Max-Forwards: 0"), 483),
        ((b"CSeq: ", b"CSeq: x"), 400),
    ],
)
def test_sanity(plane: Plane, change: tuple[bytes, bytes], code: int) -> None:
    with plane.phone("3001") as desk:
        right, call_id = desk.credentials(desk.challenge()), fresh()  # without them it is challenged, whatever it is
        desk.send(desk.register_request(right, call_id=call_id).replace(*change, 1))
        got = desk.receive(15, lambda each: each.code > 0 and each.header("call-id") == call_id)
        assert got is not None
        assert got.code == code


def test_message_that_is_too_large_is_refused(plane: Plane) -> None:
    with plane.phone("3001", transport="tcp") as desk:
        body = b"x" * plane.settings.max_message_bytes
        assert desk.ask(desk.request("MESSAGE", f"sip:2019@{desk.domain}", "<sip:2019@x>", body=body)).code == 513


@pytest.fixture(scope="module")
def guarded() -> Iterator[Plane]:
    running = Plane()
    running.settings = replace(
        running.settings, flood_density=30, flood_exempt=("127.0.0.9/32",), blocked_agents=("friendly-scanner",)
    )
    with running:
        yield running


def test_flood_is_dropped_for_its_source_only(guarded: Plane) -> None:
    with guarded.phone("3001", ip="127.0.0.8") as flood, guarded.phone("3001", ip="127.0.0.10") as other:
        request = flood.register_request()
        for _ in range(200):
            flood.send(request)
        until(lambda: flood.options(0.05) is None, "the flood is not answered any more")
        assert other.options() is not None
    assert "event=flood source=127.0.0.8" in guarded.log.read_text()
    with guarded.phone("3001", ip="127.0.0.9") as exempt:
        for _ in range(200):
            exempt.send(exempt.register_request())
        until(lambda: exempt.options(0.1), "its requests are answered")


def test_scanners_get_nothing(guarded: Plane) -> None:
    with guarded.phone("3001", ip="127.0.0.11") as scanner:
        scanner.send(scanner.register_request().replace(b"User-Agent: raw", b"User-Agent: friendly-scanner"))
        assert scanner.receive(0.2) is None


def test_no_secret_is_logged_or_readable_by_others(plane: Plane) -> None:
    with plane.phone("3001", "wrong", ip="127.0.0.3") as desk:
        desk.register()
    log = plane.log.read_text(errors="replace")
    run = plane.settings.runtime_dir
    secrets = [(run / f"{name}.secret").read_text() for name in ("control", "nonce", "mark")]
    assert not [secret for secret in secrets if secret in log]
    assert {(run / name).stat().st_mode & 0o077 for name in ("settings.json", "kamailio.cfg", "control.secret")} == {0}
