"""The IP addresses of this machine, as the kernel tells them (proc(5), /proc/net)."""

import re
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

_LOCAL_V4 = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")
_NOT_USABLE = 0x01 | 0x08 | 0x20 | 0x40
"""IPv6 address flags: temporary, failed duplicate detection, deprecated, tentative (linux/if_addr.h)."""


def local_addresses(proc_net: Path = Path("/proc/net")) -> list[IPv4Address | IPv6Address]:
    """All addresses on which this machine can be reached, loopback included, link-local and short-lived ones left out.

    Takes the directory to read them from. IPv4 comes first.
    """
    v4 = {IPv4Address(text) for text in _LOCAL_V4.findall((proc_net / "fib_trie").read_text())}
    return [*sorted(address for address in v4 if not address.is_link_local), *_local_v6(proc_net / "if_inet6")]


def _local_v6(table: Path) -> list[IPv6Address]:
    if not table.exists():  # IPv6 is switched off
        return []
    found = set()
    for line in table.read_text().splitlines():
        digits, _index, _prefix, _scope, flags, _name = line.split()
        address = IPv6Address(int(digits, 16))
        if not address.is_link_local and not int(flags, 16) & _NOT_USABLE:
            found.add(address)
    return sorted(found)
