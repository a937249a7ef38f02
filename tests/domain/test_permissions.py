"""Remote logout's three bits (R2.9, R2.10), trusted networks (R2.2), what a refusal gives away (R2.15)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.directory import TrustedNetwork
from freeseat.domain.errors import InvalidValue
from freeseat.domain.policy import EmergencyNumber, Policy, decide_remote_logout, is_trusted
from freeseat.domain.reasons import UNPROVED, Reason
from tests.domain.entities import COS


@pytest.mark.parametrize(("enabled", "accept", "login_accept"), list(product([True, False], repeat=3)))
def test_remote_logout_needs_all_three_bits(enabled: bool, accept: bool, login_accept: bool) -> None:
    reason = decide_remote_logout(
        replace(COS, remote_logout_enabled=enabled),
        replace(COS, remote_logout_accept=accept),
        replace(COS, hot_desk_login_accept=login_accept),
    )
    assert (reason is None) is (enabled and accept and login_accept)
    if not enabled:
        assert reason is Reason.REMOTE_LOGOUT_NOT_ENABLED, "what others' bits are is not told to who may not ask"
    elif not accept:
        assert reason is Reason.REMOTE_LOGOUT_NOT_ACCEPTED
    elif not login_accept:
        assert reason is Reason.PHONE_REFUSES


@pytest.mark.parametrize(("enabled", "accept"), list(product([True, False], repeat=2)))
def test_at_no_known_phone_there_are_two_bits(enabled: bool, accept: bool) -> None:
    reason = decide_remote_logout(
        replace(COS, remote_logout_enabled=enabled), replace(COS, remote_logout_accept=accept), None
    )
    assert (reason is None) is (enabled and accept)


def networks(*cidrs: str) -> list[TrustedNetwork]:
    return [TrustedNetwork(n, cidr) for n, cidr in enumerate(cidrs)]


addresses = st.ip_addresses()


@given(addresses)
def test_an_empty_list_admits_nobody(address: IPv4Address | IPv6Address) -> None:
    assert is_trusted(str(address), []) is None


@given(st.lists(st.tuples(addresses, st.integers(0, 128)), max_size=4), addresses)
def test_exactly_the_addresses_within_a_range_are_trusted(
    ends: list[tuple[IPv4Address | IPv6Address, int]], address: IPv4Address | IPv6Address
) -> None:
    ranges = [ip_network(f"{a}/{min(bits, a.max_prefixlen)}", strict=False) for a, bits in ends]
    trusted = is_trusted(str(address), networks(*map(str, ranges)))
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return
    holding = [r for r in ranges if r.version == address.version and address in r]
    assert (trusted is not None) is bool(holding)
    if trusted is not None:
        assert ip_network(trusted.cidr).prefixlen == max(r.prefixlen for r in holding), "the narrowest counts"


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_mapped_ipv4_address_is_that_ipv4_address(address: IPv4Address, bits: int) -> None:
    """A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2)."""
    within = networks(str(ip_network(f"{address}/{bits}", strict=False)))
    assert is_trusted(str(address), within)
    assert is_trusted(f"::ffff:{address}", within)
    assert is_trusted(f"::ffff:{address}", networks("2001:db8::/32")) is None


def test_the_whole_of_ipv6_is_not_the_whole_of_ipv4() -> None:
    assert is_trusted("10.0.0.7", networks("::/0")) is None
    assert is_trusted("::ffff:10.0.0.7", networks("::/0")) is None
    assert is_trusted("2001:db8::7", networks("0.0.0.0/0")) is None


@pytest.mark.parametrize("source", ["", "phone.example", "10.0.0", "10.0.0.7:5060", "10.0.0.07x", "\x00", "[::1]"])
def test_what_is_no_address_is_not_trusted(source: str) -> None:
    assert is_trusted(source, networks("0.0.0.0/0", "::/0")) is None


def test_a_link_local_address_with_its_zone() -> None:
    assert is_trusted("fe80::7%eth0", networks("fe80::/10"))


def test_mapped_address_is_really_what_python_calls_so() -> None:
    assert ip_address("::ffff:10.0.0.7").version == 6


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_sentence(reason: Reason) -> None:
    assert len(reason.text) > 10
    assert reason.proved is (reason not in UNPROVED)


def test_what_an_attacker_cannot_tell_apart() -> None:
    """R2.15: whether an extension exists is told by none of these."""
    assert {Reason.WRONG_CREDENTIALS, Reason.LOCKED, Reason.NO_PASSWORD, Reason.UNTRUSTED_NETWORK} == UNPROVED


def test_emergency_numbers_cannot_be_emptied() -> None:
    """R4.7."""
    with pytest.raises(InvalidValue, match="emergency"):
        Policy(emergency=())
    Policy(emergency=(EmergencyNumber("112"),))
