"""What a stranger must not be able to do, each found by torture."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.clients.node import Node
from tests.clients.raw import RawPhone, fresh
from tests.clients.waiting import until
from tests.torture.mad import MadPhone
from tests.torture.office import MAD_ADDRESS, OWNER, PIN, secret, voice_address
from tests.torture.watch import Watch

pytestmark = pytest.mark.sip


@pytest.fixture
def stranger(node: Node, watch: Watch) -> Iterator[MadPhone]:
    """A phone that means no good; the node works when it is gone."""
    with MadPhone(node.server) as phone:
        yield phone
    watch.is_well()


def test_a_reply_that_nobody_asked_for_goes_nowhere(node: Node, stranger: MadPhone) -> None:
    """RFC 6026 section 8.9: else anything could be sent to anybody, with our address on it."""
    with RawPhone(node.server) as victim:
        lines = [
            "SIP/2.0 200 OK",
            f"Via: SIP/2.0/UDP {stranger.domain};branch=z9hG4bK{fresh()}",
            f"Via: SIP/2.0/UDP {victim.ip}:{victim.port};branch=z9hG4bK{fresh()}",
            f"From: <sip:a@b>;tag={fresh()}", f"To: <sip:c@d>;tag={fresh()}", f"Call-ID: {fresh()}", "CSeq: 1 INVITE",
            "Content-Length: 0", "", "",
        ]  # fmt: skip
        stranger.send("\r\n".join(lines).encode())
        stranger.settle()
        assert victim.receive(0.1) is None


@pytest.mark.parametrize("change", [(b"Max-Forwards: 70", b"Max-Forwards: 0"), (b"SIP/2.0\r\n", b"SIP/7.0\r\n")])
def test_a_refusal_goes_to_who_sent_and_not_to_whom_he_names(
    node: Node, stranger: MadPhone, change: tuple[bytes, bytes]
) -> None:
    """RFC 3581 section 4: the answer goes to where the request came from."""
    with RawPhone(node.server) as victim:
        named = f"{victim.ip}:{victim.port}".encode()
        request = stranger.register_request().replace(f"{stranger.ip}:{stranger.port}".encode(), named, 1)
        stranger.send(request.replace(b";rport", b"", 1).replace(*change, 1))
        assert victim.receive(0.1) is None


def test_options_with_a_number_are_answered(stranger: MadPhone) -> None:
    """Many phones keep their way through a NAT open with their own number in the request (RFC 3261 section 11.2)."""
    assert stranger.ask(stranger.request("OPTIONS", f"sip:3001@{stranger.domain}", "<sip:3001@x>")).code == 200


def test_nul_in_a_name_is_a_bad_request(node: Node, stranger: MadPhone) -> None:
    """It ends a text in C and is none in a database."""
    right = stranger.register_request(stranger.credentials(stranger.challenge()))
    stranger.send(right.replace(b'username="2019"', b'username="20\x0019"'))
    answer = stranger.receive(15, lambda got: got.code > 0)
    assert answer is not None
    assert answer.code == 400


def test_what_cannot_be_saved_logs_nobody_in(node: Node, watch: Watch) -> None:
    """A star as Contact with an expiry (RFC 3261 section 10.3), a Call-ID longer than a binding may have."""
    with RawPhone(node.server, OWNER, PIN) as phone:
        right = phone.credentials(phone.challenge())
        for request in (
            phone.register_request(right, contact="*"),
            phone.register_request(right, call_id="c" * 300),
        ):
            assert phone.ask(request).code == 400
    assert not [place for place in node.json("where") if place["user"] == OWNER]


def test_a_user_who_is_back_at_once_stays(node: Node, watch: Watch) -> None:
    """The journal tells of the end of his registration when he has begun another with the same Call-ID (R2.2)."""
    with RawPhone(node.server, OWNER, PIN) as phone:
        for _ in range(5):
            assert phone.register().code == 200
            assert phone.unregister().code == 200
        assert phone.register().code == 200
        bindings = until(lambda: [each for each in node.json("bindings", "list") if each["aor"] == OWNER], "he is seen")
        assert len(bindings) == 1
        assert [place["user"] for place in node.json("where")] == [OWNER]
        assert phone.unregister().code == 200


@pytest.mark.parametrize("place", ["127.0.0.1:70000", "127.0.0.1:0", "nowhere.invalid", "[::1]:5060"])
def test_voice_answers_others_whatever_address_it_is_given(node: Node, watch: Watch, place: str) -> None:
    """A port that cannot be ended the thread that sends everything; a name kept it busy."""
    with MadPhone(voice_address(node), "127.0.0.1") as kamailio:
        own = f"{kamailio.ip}:{kamailio.port}"
        uri = f"sip:login@{kamailio.domain}"
        headers = {"Contact": f"<sip:3001@{place}>", "X-Freeseat-Code": "login", "X-Freeseat-Source": MAD_ADDRESS}
        invite = kamailio.request("INVITE", uri, f"<{uri}>", headers, call_id=fresh())
        other_via = invite.replace(own.encode(), place.encode(), 1).replace(b";rport", b"", 1)
        kamailio.pour([invite, other_via.replace(b"INVITE", b"OPTIONS"), other_via])
    watch.is_well()


def test_a_stream_that_never_ends_a_message_is_not_kept_for_ever(node: Node, watch: Watch) -> None:
    """More in one message than is taken (sip.max_message_bytes and the buffer of a connection) ends the connection."""
    with socket.create_connection(node.server, timeout=5) as stream:
        stream.settimeout(5)
        try:
            for _ in range(64):
                stream.sendall(b"X-Header: " + b"x" * 4096 + b"\r\n")
            closed = not stream.recv(1)
        except ConnectionError:
            closed = True
    assert closed
    watch.is_well()


def test_idle_connections_do_not_take_what_calls_need(node: Node, watch: Watch) -> None:
    """Each takes its buffer of the shared memory, which is small here: there are as many as fit into half of it."""
    with ExitStack() as stack:
        for _ in range(900):
            connection = stack.enter_context(socket.create_connection(node.server, 5, (MAD_ADDRESS, 0)))
            try:
                connection.sendall(b"OPTIONS sip:x SIP/2.0\r\nVia: ")
            except ConnectionError:
                break  # there are enough
        watch.is_well()


def test_only_who_has_registered_keeps_a_connection_for_long(node: Node, watch: Watch) -> None:
    with RawPhone(node.server, "3001", secret("3001"), transport="tcp") as phone:
        assert phone.options() is not None
        assert watch.seconds_of_connection(phone.port) == 60
        assert phone.register().code == 200
        assert watch.seconds_of_connection(phone.port) > 3600
        assert phone.register().code == 200
        assert watch.seconds_of_connection(phone.port) > 3600


def test_garbage_is_not_quoted_in_the_log(node: Node, stranger: MadPhone) -> None:
    """What is no SIP may hold credentials all the same."""
    mark = fresh()
    request = stranger.register_request(f'Digest username="2019", response="{mark}"')
    stranger.send(request.replace(b"REGISTER", b"REGI STER", 1))
    stranger.send(request.replace(b"\r\n\r\n", b"", 1))
    stranger.settle()
    assert mark not in node.log_text()
