"""Ways outside: trunks to carriers or to an existing PBX, and the numbers that come in on them (R4.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from freeseat.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier or a PBX that is reached at `uri` (a SIP URI without user).

    With `registers`, Freeseat registers there as `username`; `secret` is sealed and answers digest challenges in either
    case. `sources` are the addresses or networks its calls come from. It carries numbers that start with one of
    `prefixes` (empty: all); `strip` digits are taken from the front and `prepend` put there. Lower `priority` is tried
    first, the next one takes over where a trunk fails.
    """

    id: int
    name: str
    uri: str
    username: str = ""
    secret: bytes = b""
    registers: bool = False
    register_seconds: int = 300
    sources: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    strip: int = 0
    prepend: str = ""
    priority: int = 1
    enabled: bool = True

    def carries(self, number: str) -> bool:
        """Whether an outside number may go this way."""
        return self.enabled and (not self.prefixes or number.startswith(self.prefixes))

    def dialled(self, number: str) -> str:
        """The number as this trunk wants it."""
        return self.prepend + number[self.strip :]


@dataclass(frozen=True, slots=True)
class InboundNumber:
    """A number that comes in on a trunk (DID) and whom it means: a user's, queue's or code's dialable string.

    The destination `external_login` starts the menu by which people log in at an outside telephone (R2.6).
    """

    id: int
    number: str
    destination: str
    description: str = ""


EXTERNAL_LOGIN = "external_login"
OUTSIDE_PLACE = "tel:"
"""How the place of somebody who is logged in at an outside telephone begins; the number follows."""

_E164 = re.compile(r"\+?[0-9]{2,20}")
_LONGEST_URI = 255
_URI = re.compile(r"sips?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(;transport=(udp|tcp|tls))?")


def routes(trunks: Sequence[Trunk], number: str) -> list[Trunk]:
    """The trunks that carry an outside number, in the order in which they are tried: longest prefix, then priority."""

    def longest(trunk: Trunk) -> int:
        return max((len(prefix) for prefix in trunk.prefixes if number.startswith(prefix)), default=0)

    return sorted((t for t in trunks if t.carries(number)), key=lambda t: (-longest(t), t.priority, t.id))


def forms_of(number: str) -> tuple[str, str]:
    """An outside number without and with its `+`: carriers send either."""
    digits = number.removeprefix("+")
    return digits, "+" + digits


def is_outside_number(value: str) -> bool:
    """Whether this could be a number outside: digits, perhaps after a `+`."""
    return _E164.fullmatch(value) is not None


def check_outside_number(field: str, value: str) -> str:
    """An outside number: digits, perhaps after a `+`. Gives it back; raises InvalidValue."""
    if not is_outside_number(value):
        raise InvalidValue(field, value, "use digits, perhaps after a +")
    return value


def check_trunk_uri(value: str) -> None:
    """Where a trunk is reached; raises InvalidValue."""
    if len(value) > _LONGEST_URI or not _URI.fullmatch(value):
        raise InvalidValue("uri", value, "write it like sip:carrier.example:5060 or sip:192.0.2.7;transport=tcp")
