"""Trunks at which we register (R4.3): as the trunks change, at run time, and calls that come to what was registered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freeseat.domain.switch_entries import inbound_entries
from freeseat.domain.trunks import InboundNumber, Trunk
from tests.clients.raw import RawPhone
from tests.clients.registrar import Registrar
from tests.sip_plane.plane import Plane, phone, trunks, user
from tests.sip_plane.talk import Outgoing, answer, expect

pytestmark = pytest.mark.sip


@pytest.fixture
def registrar(plane: Plane) -> Iterator[Registrar]:
    with Registrar(("127.0.0.1", plane.port), "127.0.0.41", "freeseat", 's|e"c') as running:
        yield running
        plane.put(singles=trunks())


def trunk(registrar: Registrar, **fields: object) -> Trunk:
    uri = f"sip:{registrar.phone.ip}:{registrar.phone.port}"
    return Trunk(1, "carrier", uri, username="freeseat", registers=True, **fields)  # type: ignore[arg-type]


def test_registers_with_its_password_and_leaves_when_the_trunk_goes(plane: Plane, registrar: Registrar) -> None:
    plane.put(singles=trunks(trunk(registrar, register_seconds=120), secret=registrar.password))
    granted = registrar.serve()
    assert granted.require("expires") == "120"
    contact = granted.address("contact")
    assert contact is not None
    assert contact.uri.endswith(f"@127.0.0.1:{plane.port}")
    assert contact.user.startswith("fs-"), "nobody can guess it"
    assert granted.address("to") == granted.address("from")
    plane.put(singles=trunks())
    assert registrar.serve().require("expires") == "0"


def test_a_change_is_registered_anew(plane: Plane, registrar: Registrar) -> None:
    plane.put(singles=trunks(trunk(registrar), secret=registrar.password))
    first = registrar.serve()
    plane.put(singles=trunks(trunk(registrar, priority=3), secret=registrar.password))
    plane.put(singles=trunks(trunk(registrar, register_seconds=60), secret=registrar.password))
    second = registrar.serve()
    assert (first.require("expires"), second.require("expires")) == ("300", "60")
    assert first.address("contact") == second.address("contact"), "it takes the place of the old one"


def test_calls_come_to_what_was_registered(plane: Plane, registrar: Registrar) -> None:
    """From any address: only its registrar knows the Contact. The number that was called is in To."""
    with plane.phone("3001") as desk, RawPhone(("127.0.0.1", plane.port), "media", ip="127.0.0.42") as gateway:
        plane.put({"3001": phone("3001"), **inbound_entries([InboundNumber(1, "+49301000", "2019")])})
        assert desk.register().code == 200
        plane.put({"2019": user("2019", places="3001")}, trunks(trunk(registrar), secret=registrar.password))
        contact = registrar.serve().address("contact")
        assert contact is not None
        call = Outgoing(gateway, contact.user, challenged=False, to="<sip:+49301000@carrier>")
        answer(desk, expect(desk, "INVITE", call), 486)
        assert call.refusal().code == 486
        call = Outgoing(gateway, contact.user, challenged=False, to="<sip:112@carrier>")
        assert call.refusal().code == 404
        call = Outgoing(gateway, contact.user[:-1] + "x", challenged=False, to="<sip:+49301000@carrier>")
        assert call.refusal().code == 407
