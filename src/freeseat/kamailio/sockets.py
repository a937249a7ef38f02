"""From which of our addresses something is sent to a trunk: a node may listen at many. No KSR in here."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from freeseat.kamailio.trunks import Trunk

_ANYWHERE = {4: "192.0.2.1", 6: "2001:db8::1"}
"""Addresses of nobody (RFC 5737, RFC 3849): the way to them is the way to everybody."""


def towards(trunk: Trunk, listen: Sequence[str]) -> str:
    """The one of `listen` (`transport:host:port`) from which the kernel would send to a trunk, or a similar one.

    Empty where we don't listen at the trunk's transport at all. Nothing is sent and no name is looked up: for a trunk
    that has a name the usual way out counts.
    """
    ours = [each for each in listen if each.startswith(trunk.transport + ":")]
    if len(ours) <= 1:
        return ours[0] if ours else ""
    theirs = _ip(trunk.host.partition(";")[0])
    version = theirs.version if theirs else 4
    own = _source(str(theirs) if theirs else _ANYWHERE[version], version)
    return max(ours, key=lambda each: _likeness(_ip(each.partition(":")[2]), own, version))


def _likeness(
    ours: ipaddress.IPv4Address | ipaddress.IPv6Address | None,
    wanted: ipaddress.IPv4Address | ipaddress.IPv6Address | None,
    version: int,
) -> tuple[bool, bool, bool]:
    """How well an address of ours suits: the very one, then one of the same family, then one others can reach."""
    if ours is None:
        return False, False, False
    loopback = wanted is not None and wanted.is_loopback
    return ours == wanted, ours.version == version, ours.is_loopback == loopback


def _source(towards_ip: str, version: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Our address on the way to an address, by the kernel's routes."""
    with socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((towards_ip, 9))
        except OSError:  # there is no way
            return None
        return ipaddress.ip_address(probe.getsockname()[0])


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address of `host:port` or `[host]:port`; None for a name."""
    host = address[1:].partition("]")[0] if address.startswith("[") else address.partition(":")[0]
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
