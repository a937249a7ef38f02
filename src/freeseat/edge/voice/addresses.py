"""Which of this machine's addresses to use for audio."""

from __future__ import annotations

import ipaddress
import socket


def local_address(peer: str) -> str:
    """The local IP address from which packets to that IP address leave. Raises OSError if there is no route."""
    peer = peer.strip("[]")
    ipaddress.ip_address(peer)
    with socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((peer, 9))
        return str(probe.getsockname()[0])


def bindable(announced: str) -> str:
    """The address to bind for audio: the announced one if it is ours, else every one (we are behind a NAT)."""
    family, wildcard = (socket.AF_INET6, "::") if ":" in announced else (socket.AF_INET, "0.0.0.0")  # noqa: S104
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((announced, 0))
        except OSError:
            return wildcard
        return announced
