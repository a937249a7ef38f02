"""UDP, TCP and TLS, IPv4 and IPv6, and phones behind NAT, in any mix (R4.1)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from freeseat.edge.switch.journal import Bound, CallEnded
from tests.clients.raw import RawPhone, fresh
from tests.clients.sip import Challenge
from tests.sip_plane.plane import Plane, phone, user
from tests.sip_plane.talk import Dialog, Outgoing, answer, expect

pytestmark = pytest.mark.sip


class AnyPhone(RawPhone):
    """A raw phone over TLS, or over IPv6, that says `office.test` where others say the server's address."""

    def __init__(self, plane: Plane, user: str, kind: str) -> None:
        self.kind = kind
        ip = "::1" if kind.endswith("6") else "127.0.0.1"
        port = plane.tls_port if kind == "tls" else plane.port
        super().__init__((ip, port), user, "s" + user, ip, "udp" if kind.startswith("udp") else "tcp")
        if kind == "tls":
            context = ssl.create_default_context(cafile=plane.settings.runtime_dir / "tls.crt")
            self._socket = context.wrap_socket(self._socket, server_hostname="127.0.0.1")

    @property
    def contact(self) -> str:
        return super().contact.replace("transport=tcp", "transport=tls") if self.kind == "tls" else super().contact

    @property
    def domain(self) -> str:
        return "office.test"

    def request(self, *args: object, **kwargs: object) -> bytes:
        made = super().request(*args, **kwargs)  # type: ignore[arg-type]
        return made.replace(b"SIP/2.0/TCP", b"SIP/2.0/TLS", 1) if self.kind == "tls" else made


KINDS = ("udp", "tcp", "tls", "udp6", "tcp6")


@pytest.fixture(scope="module")
def plane() -> Iterator[Plane]:
    running = Plane()

    running.settings = replace(running.settings, tls=(f"127.0.0.1:{running.tls_port}",))
    with running:
        yield running


@pytest.fixture(scope="module")
def phones(plane: Plane) -> Iterator[dict[str, AnyPhone]]:
    numbers = {kind: str(3001 + index) for index, kind in enumerate(KINDS)}
    entries = {number: phone(number, occupant="1", caller="1") for number in numbers.values()}
    people = {"2" + number[1:]: user("2" + number[1:], places=number) for number in numbers.values()}
    plane.put({**entries, **people})
    with ExitStack() as stack:
        made = {kind: stack.enter_context(AnyPhone(plane, number, kind)) for kind, number in numbers.items()}
        for each in made.values():
            assert each.register().code == 200
        yield made


def test_sources_are_told_in_their_short_form(plane: Plane, phones: dict[str, AnyPhone]) -> None:
    found = {kind: plane.lines(Bound, aor=each.user)[0] for kind, each in phones.items()}
    assert {kind: line.source for kind, line in found.items()} == {
        "udp": "127.0.0.1", "tcp": "127.0.0.1", "tls": "127.0.0.1", "udp6": "::1", "tcp6": "::1",
    }  # fmt: skip
    assert {kind: line.socket.partition(":")[0] for kind, line in found.items()} == {
        "udp": "udp", "tcp": "tcp", "tls": "tls", "udp6": "udp", "tcp6": "tcp",
    }  # fmt: skip


@pytest.mark.parametrize("caller", KINDS)
@pytest.mark.parametrize("callee", KINDS)
def test_call_between_any_two(plane: Plane, phones: dict[str, AnyPhone], caller: str, callee: str) -> None:
    if caller == callee:
        return
    one, other = phones[caller], phones[callee]
    call = Outgoing(one, "2" + other.user[1:])
    invite = expect(other, "INVITE", call)
    answer(other, invite, 200)
    ours, theirs = Dialog.of_caller(call, call.reply(200)), Dialog.of_callee(other, invite, "callee")
    one.send(ours.request("ACK", cseq=one.cseq))
    expect(other, "ACK", call)
    other.send(theirs.request("BYE"))
    answer(one, expect(one, "BYE", call), 200)
    assert plane.lines(CallEnded, id=call.call_id, by="callee")


def test_refresh_of_a_person_over_ipv6_is_not_asked(plane: Plane, phones: dict[str, AnyPhone]) -> None:
    with AnyPhone(plane, "2050", "udp6") as desk:
        desk.password = "1234"
        plane.put({"2050": user("2050", places="2050", grant=desk.call_id, source="::1")})
        assert desk.register().code == 200
    assert plane.asks == []


def test_phone_behind_nat_is_reached_where_it_sends_from(plane: Plane) -> None:
    """Its Contact and Via are of its own network; calls and requests in dialogs find it all the same."""
    plane.put({"3100": phone("3100"), "3101": phone("3101", occupant="1", caller="1")})
    with plane.phone("3100") as nated, plane.phone("3101") as other:
        other.register()
        inner = {"Contact": "<sip:3100@10.9.8.7:5060>"}
        challenge = nated.challenge()
        assert nated.ask(nated.register_request(nated.credentials(challenge), contact=inner["Contact"])).code == 200
        (line,) = plane.lines(Bound, aor="3100")
        assert (line.contact, line.received) == ("sip:3100@10.9.8.7:5060", f"sip:127.0.0.1:{nated.port}")
        call = Outgoing(other, "3100")
        invite = expect(nated, "INVITE", call)
        assert invite.uri == "sip:3100@10.9.8.7:5060"
        kept = ("via", "from", "call-id", "cseq", "record-route")
        lines = ["SIP/2.0 200 OK", *(f"{name}: {value}" for name, value in invite.headers if name in kept)]
        lines += [f"To: {invite.require('to')};tag=n", "Contact: <sip:3100@10.9.8.7:5060>", "Content-Length: 0"]
        nated.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        dialog = Dialog.of_caller(call, call.reply(200))
        other.send(dialog.request("ACK", cseq=other.cseq))
        assert expect(nated, "ACK", call).uri == "sip:3100@10.9.8.7:5060"
        other.send(dialog.request("BYE"))
        answer(nated, expect(nated, "BYE", call), 200)


def test_compact_headers_and_lower_case_are_understood(plane: Plane) -> None:
    plane.put({"3102": phone("3102")})
    with plane.phone("3102") as desk:
        challenge: Challenge = desk.challenge()
        lines = [
            f"REGISTER sip:{desk.domain} SIP/2.0",
            f"v: SIP/2.0/UDP {desk.ip}:{desk.port};branch=z9hG4bK{fresh()}",
            f"f: <sip:3102@{desk.domain}>;tag=1",
            f"t: <sip:3102@{desk.domain}>",
            f"i: {fresh()}",
            "cseq: 1 REGISTER",
            f"m: <{desk.contact}>",
            f"authorization: {desk.credentials(challenge)}",
            "l: 0",
        ]
        assert desk.ask("\r\n".join(lines).encode() + b"\r\n\r\n").code == 200
