"""Entries of the number table, as docs/switch-contract.md lays them out.

An entry is parsed only as far as it is used: one `split`, then list look-ups by position.
"""

from __future__ import annotations

from dataclasses import dataclass

PHONE = "P"
USER = "U"
SERVICE = "V"
INBOUND = "D"
NO_HA1 = "0" * 32
NO_HA1_256 = "0" * 64

# position of the first of: caller number, caller name, rights, location, group, language
_CALLER_FIELDS = {PHONE: 4, USER: 8}
_LENGTH = {PHONE: 12, USER: 17}  # the last one is the script's: route PLAIN


class Entry:
    """One dialable number: a phone (its AoR) or a user."""

    __slots__ = ("_caller", "_fields", "kind", "number")

    def __init__(self, number: str, value: str) -> None:
        self.number = number
        self._fields = value.split("|")
        self.kind = self._fields[0]
        if len(self._fields) != _LENGTH.get(self.kind):
            raise ValueError(f"entry {number} has {len(self._fields)} fields of kind {self.kind!r}")
        self._caller = _CALLER_FIELDS[self.kind]

    @property
    def is_user(self) -> bool:
        """Whether this is a user's entry, not a phone's."""
        return self.kind == USER

    @property
    def ha1(self) -> str:
        """MD5(number:realm:secret) in hex, or empty where nobody may authenticate with it."""
        return self._fields[1]

    @property
    def ha1_256(self) -> str:
        """SHA-256 of the same, in hex."""
        return self._fields[2]

    @property
    def occupant(self) -> str:
        """User who calls from here: the occupant of a phone, the user himself, or empty."""
        return self.number if self.is_user else self._fields[3]

    @property
    def places(self) -> list[str]:
        """AoRs that ring for this number; empty: logged out (R3.1)."""
        if not self.is_user:
            return [self.number]
        return self._fields[3].split(",") if self._fields[3] else []

    @property
    def logged_out(self) -> str:
        """Destination of calls to a user who is logged in nowhere."""
        return self._fields[4] if self.is_user else ""

    @property
    def busy(self) -> str:
        """Destination of calls to a busy user; empty: the busy signal."""
        return self._fields[5] if self.is_user else ""

    @property
    def no_answer(self) -> str:
        """Destination of calls a user does not answer."""
        return self._fields[6] if self.is_user else ""

    @property
    def ring_seconds(self) -> int:
        """Seconds to ring before *no answer*; 0: the default."""
        return int(self._fields[7] or 0) if self.is_user else 0

    @property
    def caller_number(self) -> str:
        """Number shown to the called; empty: withheld (R3.2)."""
        return self._fields[self._caller]

    @property
    def caller_name(self) -> str:
        """Name shown to the called."""
        return self._fields[self._caller + 1]

    @property
    def rights(self) -> str:
        """Letters of what may be called: f, i, n, x (R3.5)."""
        return self._fields[self._caller + 2]

    @property
    def location(self) -> str:
        """Emergency location id (R4.7)."""
        return self._fields[self._caller + 3]

    @property
    def group(self) -> str:
        """Interconnect group (R4.6), or empty."""
        return self._fields[self._caller + 4]

    @property
    def language(self) -> str:
        """Language of prompts (R3.7), or empty."""
        return self._fields[self._caller + 5]

    @property
    def grant(self) -> str:
        """Call-ID by which a user is logged in as himself; empty for all others."""
        return self._fields[14] if self.is_user else ""

    @property
    def grant_source(self) -> str:
        """IP address that REGISTER came from."""
        return self._fields[15] if self.is_user else ""


@dataclass(frozen=True, slots=True)
class Service:
    """What voice serves at exactly one number: a queue, or a code of queues (R5.1).

    `right` is the letter of the right it needs, `language` that of its prompts (empty: the caller's), `queue` the
    queue's number where calls are the queue's own.
    """

    name: str
    digits: str
    right: str
    language: str
    queue: str

    @classmethod
    def parse(cls, number: str, value: str) -> Service:
        """Read an entry of kind V. Raises ValueError."""
        fields = value.split("|")
        if len(fields) != 6:
            raise ValueError(f"entry {number} has {len(fields)} fields of kind {SERVICE!r}")
        return cls(*fields[1:])
