"""Ways outside as the control plane tells them: single entry `trunks` (docs/switch-contract.md). No KSR in here."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from dataclasses import dataclass, field
from functools import cached_property

TOKEN = "fs-"  # noqa: S105 - it begins every one of them
"""How the user part of a Contact begins that was registered at a trunk."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Trunk:
    """One trunk. `host` is the host of its URI with port and parameters; `register` is in seconds, 0 = it does not."""

    id: int
    scheme: str
    host: str
    username: str = ""
    secret: str = field(default="", repr=False)
    register: int = 0
    strip: int = 0
    prepend: str = ""
    prefixes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def uri(self, number: str, *, as_it_is: bool = False) -> str:
        """Request URI for an outside number, or for one that must not be changed unless the trunk names it itself."""
        if not as_it_is or (self.prefixes and number.startswith(self.prefixes)):
            number = self.prepend + number[self.strip :]
        return f"{self.scheme}:{number}@{self.host}"

    @cached_property
    def transport(self) -> str:
        """Over which it is reached: udp, tcp or tls."""
        named = self.host.partition("transport=")[2].partition(";")[0]
        return named or ("tls" if self.scheme == "sips" else "udp")

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """Where its calls come from."""
        return tuple(ipaddress.ip_network(source) for source in self.sources)


@dataclass(frozen=True)
class Trunks:
    """All trunks by id, and which of them carry the numbers that begin with a prefix, first to be tried first."""

    by_id: dict[int, Trunk]
    routes: dict[str, tuple[int, ...]]
    longest: int
    last_resort: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Trunks:
        """Read the single entry `trunks`; empty means none."""
        told = json.loads(text) if text else {"trunks": [], "routes": {}}
        trunks = [_trunk(each) for each in told["trunks"]]
        routes = {prefix: tuple(ids) for prefix, ids in told["routes"].items()}
        return cls(
            by_id={trunk.id: trunk for trunk in trunks},
            routes=routes,
            longest=max(map(len, routes), default=0),
            last_resort=tuple(trunk.id for trunk in trunks),
        )

    def carrying(self, number: str) -> tuple[int, ...]:
        """Ids of the trunks for an outside number, in the order in which they are tried."""
        for length in range(min(self.longest, len(number)), -1, -1):
            ids = self.routes.get(number[:length])
            if ids is not None:
                return ids
        return ()

    def of_source(self, address: str) -> Trunk | None:
        """The trunk whose calls come from this IP address, by the narrowest network."""
        source = ipaddress.ip_address(address)
        found = [
            (network.prefixlen, trunk)
            for trunk in self.by_id.values()
            for network in trunk.networks
            if network.version == source.version and source in network
        ]
        return max(found, key=lambda each: each[0])[1] if found else None

    def of_token(self, user: str, secret: str) -> Trunk | None:
        """The trunk at which this user part of a Contact was registered."""
        for trunk in self.by_id.values():
            if trunk.register and hmac.compare_digest(token(trunk.id, secret).encode(), user.encode()):
                return trunk
        return None


def token(trunk_id: int, secret: str) -> str:
    """User part of the Contact registered at a trunk: nobody but its registrar can know it."""
    return TOKEN + hmac.new(secret.encode(), f"trunk/{trunk_id}".encode(), hashlib.sha256).hexdigest()[:24]


def _trunk(told: dict[str, object]) -> Trunk:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
    return Trunk(**values)  # type: ignore[arg-type]
