"""Trunks as the switch sees them are those of the directory: order, numbers, sources, sockets (R4.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.switch_entries import inbound_entries, trunk_entries
from freeseat.domain.trunks import InboundNumber, Trunk, routes
from freeseat.kamailio import trunks as switch
from freeseat.kamailio.sockets import towards

SECRET = 'a|b"c,d\\'
CARRIER = Trunk(
    7, "carrier", "sip:carrier.example:5080;transport=tcp", "me", b"sealed", registers=True, register_seconds=90,
    sources=("192.0.2.0/28", "2001:db8::7"), prefixes=("00", "0"), strip=1, prepend="+49",
)  # fmt: skip


def seen(*trunks: Trunk) -> switch.Trunks:
    return switch.Trunks.parse(trunk_entries(trunks, {trunk.id: SECRET for trunk in trunks})["trunks"])


_PREFIXES = st.lists(st.sampled_from(["0", "00", "0049", "+", "+49", "1", "03"]), max_size=3).map(tuple)
_TRUNKS = st.lists(st.tuples(_PREFIXES, st.integers(1, 3), st.booleans()), max_size=6)


@given(_TRUNKS, st.sampled_from(["0", "030123", "0049301", "00441", "+4930", "+1", "1", "12", "2", "112", "03"]))
def test_the_order_is_that_of_the_directory(drawn: list[tuple[tuple[str, ...], int, bool]], number: str) -> None:
    """Longest prefix, then priority, worked out beforehand for each prefix."""
    given = [
        Trunk(place, str(place), "sip:x", prefixes=prefixes, priority=priority, enabled=enabled)
        for place, (prefixes, priority, enabled) in enumerate(drawn)
    ]
    assert seen(*given).carrying(number) == tuple(trunk.id for trunk in routes(given, number))


def test_a_trunk_arrives_whole() -> None:
    (trunk,) = seen(CARRIER).by_id.values()
    assert (trunk.username, trunk.secret, trunk.register, trunk.transport) == ("me", SECRET, 90, "tcp")
    assert (
        trunk.uri("0301")
        == "sip:+49301@carrier.example:5080;transport=tcp"
        == f"sip:{CARRIER.dialled('0301')}@" + (trunk.host)
    )
    assert trunk.uri("112", as_it_is=True) == "sip:112@carrier.example:5080;transport=tcp"
    assert SECRET not in repr(trunk)
    assert trunk_entries([CARRIER], {7: ""})["sources"] == "192.0.2.0/28,2001:db8::7"
    assert trunk_entries([], {}) == {"trunks": '{"trunks":[],"routes":{"":[]}}', "sources": ""}
    assert switch.Trunks.parse("").carrying("0301") == ()


@pytest.mark.parametrize(
    ("source", "trunk"),
    [("192.0.2.5", 1), ("192.0.2.15", 1), ("192.0.2.16", None), ("192.0.2.7", 2), ("2001:db8::7", 2), ("::1", None)],
)
def test_the_narrowest_source_tells_the_trunk(source: str, trunk: int | None) -> None:
    one = Trunk(1, "one", "sip:x", sources=("192.0.2.0/28",))
    two = Trunk(2, "two", "sip:y", sources=("192.0.2.7", "2001:db8::/64"))
    found = seen(one, two).of_source(source)
    assert (found.id if found else None) == trunk


def test_a_registered_contact_tells_the_trunk_and_nobody_guesses_it() -> None:
    trunks = seen(CARRIER, Trunk(8, "plain", "sip:x"))
    token = switch.token(7, "secret")
    assert token.startswith(switch.TOKEN)
    found = trunks.of_token(token, "secret")
    assert found is not None
    assert found.id == 7
    assert trunks.of_token(token, "other") is None
    assert trunks.of_token(switch.token(8, "secret"), "secret") is None, "it does not register"


def test_inbound_numbers_have_keys_that_nobody_can_dial() -> None:
    assert inbound_entries([InboundNumber(1, "+49301", "2019")]) == {"did/+49301": "D|2019"}


@pytest.mark.parametrize(
    ("uri", "listen", "right"),
    [
        ("sip:127.0.0.9", ["udp:10.0.0.1:5060", "udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"], "udp:127.0.0.1:5060"),
        ("sip:[::1]:5080", ["udp:127.0.0.1:5060", "udp:[::1]:5060"], "udp:[::1]:5060"),
        ("sip:127.0.0.9;transport=tcp", ["udp:127.0.0.1:5060", "tcp:127.0.0.1:5062"], "tcp:127.0.0.1:5062"),
        ("sip:carrier.example", ["udp:127.0.0.1:5060", "udp:[::1]:5060", "udp:10.255.0.1:5060"], "udp:10.255.0.1:5060"),
        ("sips:carrier.example", ["udp:127.0.0.1:5060"], ""),
    ],
)
def test_a_trunk_is_reached_from_the_address_that_leads_there(uri: str, listen: list[str], right: str) -> None:
    """A call of voice comes in at loopback; to a carrier it must not be sent from there."""
    (trunk,) = seen(Trunk(1, "x", uri)).by_id.values()
    assert towards(trunk, listen) == right
