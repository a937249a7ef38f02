"""Webhooks: events told to other systems, signed, in order, tried again (R10.5)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from freeseat.domain.checks import check_text
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Event, Kind

GIVE_UP_AFTER = timedelta(hours=24)
"""A hook that has failed for so long is disabled, with an event."""
LOG_KEPT = 50
"""Deliveries remembered of each hook."""
_FIRST_RETRY, _LONGEST_RETRY = 2.0, 900.0
_LONGEST_URL = 500
_SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are told. `secret` is sealed and signs every delivery; `kinds` empty = all."""

    id: int
    name: str
    url: str
    secret: bytes = b""
    kinds: tuple[Kind, ...] = ()
    enabled: bool = True

    def wants(self, event: Event) -> bool:
        """Whether an event is told here. A test goes only to the hook it is for."""
        if event.kind is Kind.WEBHOOK_TESTED:
            return event.data.get("webhook") == self.name
        return not self.kinds or event.kind in self.kinds


@dataclass(frozen=True, slots=True)
class WebhookProgress:
    """How far a hook has come: `position` of the last event that was taken there or passed over.

    While it fails: since when, how often, and when to try again. `owner` is the process that delivers now, until
    `leased_until`: another one goes on where that died.
    """

    id: int
    webhook_id: int
    position: int
    attempts: int = 0
    failing_since: datetime | None = None
    next_at: datetime | None = None
    owner: str = ""
    leased_until: datetime | None = None

    def held_by_another(self, owner: str, now: datetime) -> bool:
        """Whether some other process delivers now."""
        return self.owner not in ("", owner) and self.leased_until is not None and now < self.leased_until


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to tell an event: HTTP status (0: no answer), what went wrong in words, how long it took."""

    id: int
    webhook_id: int
    position: int
    at: datetime
    status: int
    error: str
    seconds: float

    @property
    def taken(self) -> bool:
        """Whether the other side has it: any 2xx (RFC 9110 section 15.3)."""
        return 200 <= self.status < 300


def retry_seconds(attempts: int) -> float:
    """How long to wait after so many attempts in vain (1, 2, ...): doubled each time, at most a quarter of an hour."""
    return float(min(_FIRST_RETRY * 2 ** (max(attempts, 1) - 1), _LONGEST_RETRY)) if attempts < 32 else _LONGEST_RETRY


def check_webhook(hook: Webhook) -> None:
    """A webhook's name and URL. Where the URL leads is judged at each delivery. Raises InvalidValue."""
    check_text("name", hook.name, required=True)
    expected = "write a URL like https://example.org/freeseat, without user and fragment"
    if len(hook.url) > _LONGEST_URL or not hook.url.isascii() or not hook.url.isprintable() or " " in hook.url:
        raise InvalidValue("url", hook.url[:_LONGEST_URL], expected)
    try:
        parts = urlsplit(hook.url)
        usable = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or parts.username is not None or parts.fragment:
        raise InvalidValue("url", hook.url, expected)


def check_secret(secret: str) -> str:
    """A signing secret. Gives it back; raises InvalidValue, which never carries it."""
    if len(secret) < _SHORTEST_SECRET or len(secret) > 200 or not secret.isprintable():
        raise InvalidValue("secret", "***", f"use {_SHORTEST_SECRET} to 200 printable characters")
    return secret


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of `Freeseat-Signature`: `t` unix seconds, `v1` HMAC-SHA256 in hex over `<t>.<body>` (RFC 2104)."""
    signed = hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()
    return f"t={at},v1={signed}"


def body_of(event: Event) -> bytes:
    """What is told of an event, as JSON. Nothing that is named like a secret ever leaves."""
    told = {
        "id": f"evt_{event.position}",
        "position": event.position,
        "at": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "kind": event.kind.value,
        "actor": {"who": event.actor.who, "source": event.actor.source, "channel": event.actor.channel.value},
        "user": event.user,
        "phone": event.phone,
        "data": without_secrets(event.data),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


_SECRETS = frozenset({"pin", "secret", "password", "token", "digest", "login_digest", "ha1"})


def without_secrets(value: object) -> object:
    """A JSON value in which everything that is named like a secret is starred out, however deep."""
    match value:
        case Mapping():
            return {str(key): "***" if key in _SECRETS else without_secrets(each) for key, each in value.items()}
        case list() | tuple():
            return [without_secrets(each) for each in value]
        case _:
            return value


def may_be_told(scheme: str, address: str, allowed: Sequence[str]) -> bool:
    """Whether a hook may be delivered to an IP address; `allowed` are networks an administrator has named.

    https goes to public and private addresses, http only to allowed ones. Loopback, link-local (where clouds keep
    their credentials), multicast and reserved addresses are reached only if allowed.
    """
    try:
        found = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    networks = [ip_network(each) for each in allowed]
    if any(found.version == network.version and found in network for network in networks):
        return True
    refused = found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified
    if refused or found.is_reserved or str(found) in _METADATA:
        return False
    return scheme == "https"


_METADATA = frozenset({"fd00:ec2::254", "100.100.100.200"})
"""Metadata services of clouds outside of link-local."""


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside of an IPv6 one (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


_NAT64 = ip_network("64:ff9b::/96")
