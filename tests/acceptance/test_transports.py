"""R4.1: SIP over UDP, TCP and TLS, IPv4 and IPv6, digest with MD5 and SHA-256; all of them can log in and be called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.office import PIN, Office, hear_each_other, secret_of, shown
from tests.clients.account import Transport
from tests.clients.node import Node
from tests.clients.raw import response
from tests.clients.sip import Challenge

pytestmark = pytest.mark.sip


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_phone_over_a_connection(office: Office, transport: Transport) -> None:
    office.user("2019", name="Bill")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    desk, ann = office.desk("3001", tone=440, transport=transport), office.desk("4001", tone=1_000)
    ear = office.ear(desk)
    desk.call("*452019")
    desk.digits(f"{PIN}#2")
    ear.hear("now_owns_this_phone")
    desk.hang_up()
    desk.closed()
    ann.dial("2019")
    desk.ringing()
    desk.answer()
    hear_each_other(desk, ann)
    ann.hang_up()
    desk.closed()
    desk.dial("2001")
    ann.ringing()
    ann.answer()
    hear_each_other(desk, ann)
    assert shown(ann.last_invite()) == ("Bill", "2019")
    desk.hang_up()
    ann.closed()


def test_a_phone_on_ipv6(office: Office) -> None:
    """Its voice menus have sound on IPv6 as well; calls reach it from IPv4."""
    office.user("2019", name="Bill")
    office.user("2001", hot_desk_access=False)
    office.phone("3001")
    office.phone("4001", owner="2001")
    phone, ann = office.raw_desk("3001", ip="::1"), office.desk("4001")
    office.menu(phone, "*452019", f"{PIN}#2", "extension", "now_owns_this_phone")
    assert office.where() == {"3001": "2019"}
    ann.dial("2019")
    invite = phone.receive(15, lambda message: message.method == "INVITE")
    assert invite is not None
    phone.send(response(invite, 603, "Decline"))
    assert ann.closed().code == 603


@pytest.fixture(scope="module")
def careful_office(prompts: Path) -> Iterator[Office]:
    """An office at a node that offers SHA-256 before MD5 (RFC 8760)."""
    settings = {"sip": {"algorithms": ["SHA-256", "MD5"]}}
    with Node(prompts=prompts, settings=settings) as node, Office(node, prompts) as office:
        yield office


@pytest.fixture
def sha_office(careful_office: Office) -> Iterator[Office]:
    """That office, emptied afterwards."""
    yield careful_office
    careful_office.clear()


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_digest_algorithms(sha_office: Office, algorithm: str) -> None:
    """A phone registers, and a person with his PIN, with either; a wrong one is refused."""
    sha_office.user("2019")
    sha_office.phone("3001")
    sha_office.trust("127.0.0.0/8")
    for number, secret in (("3001", secret_of("3001")), ("2019", PIN)):
        phone = sha_office.raw(number, secret)
        first = phone.ask(phone.register_request())
        offered = [Challenge.parse(value) for value in first.all("www-authenticate")]
        assert [each.algorithm for each in offered] == ["SHA-256", "MD5"]
        challenge = next(each for each in offered if each.algorithm == algorithm)
        wrong = phone.credentials(challenge, "0000")
        assert phone.ask(phone.register_request(wrong)).code == 403
        assert phone.ask(phone.register_request(phone.credentials(challenge))).code == 200


def test_a_login_with_sha_256_throughout(sha_office: Office) -> None:
    sha_office.user("2019")
    sha_office.phone("3001")
    phone = sha_office.raw_desk("3001")
    sha_office.menu(phone, "*452019", f"{PIN}#2", "extension", "now_owns_this_phone")
    assert sha_office.where() == {"3001": "2019"}
