"""Every dialable string with its owner (R1.5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select

from freeseat.domain.errors import Clash
from freeseat.domain.numbering import Claim
from freeseat.store import tables
from freeseat.store.prepared import Prepared

_LONGEST = 32
_CLAIM = tables.claim.c


class SqlClaims:
    """`application.ports.Claims`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def add(self, claim: Claim) -> None:
        """Claim a string. Raises Clash, naming both owners, if any other claim clashes with it."""
        if by := self.taken_by(claim):
            raise Clash("number", claim.string, claim.owner, by)
        values = {"string": claim.string, "owner": claim.owner, "is_prefix": claim.is_prefix}
        _INSERT.run(self.connection, values)

    def is_free(self, claim: Claim) -> bool:
        """Whether no other claim clashes with it."""
        return self._clashing(claim) is None

    def taken_by(self, claim: Claim) -> str:
        """The owner of a claim that clashes with it, and that one's string if it is another; '' if it is free."""
        taken = self._clashing(claim)
        if taken is None:
            return ""
        string, owner = taken
        return str(owner) if string == claim.string else f"{owner} ({string})"

    def _clashing(self, claim: Claim) -> Any:
        """String and owner of a claim that clashes with this one, or None."""
        values = {"_string": claim.string, "_end": claim.string + "\x7f"}
        for length in range(1, _LONGEST):
            values[f"_{length}"] = claim.string[:length] if length < len(claim.string) else ""
        found = _CLASHING_PREFIX if claim.is_prefix else _CLASHING
        return found.first(self.connection, values)

    def release(self, owner: str) -> None:
        """Give up all strings of an owner."""
        _RELEASE.run(self.connection, {"_owner": owner})


_INSERT = Prepared(insert(tables.claim).values({name: bindparam(name) for name in ("string", "owner", "is_prefix")}))
_RELEASE = Prepared(delete(tables.claim).where(_CLAIM.owner == bindparam("_owner")))
_EQUAL = _CLAIM.string == bindparam("_string")
_BEGINS = and_(or_(*(_CLAIM.string == bindparam(f"_{length}") for length in range(1, _LONGEST))), _CLAIM.is_prefix)
_BEHIND = and_(_CLAIM.string > bindparam("_string"), _CLAIM.string < bindparam("_end"))
_FOUND = select(_CLAIM.string, _CLAIM.owner).limit(1)
_CLASHING = Prepared(_FOUND.where(or_(_EQUAL, _BEGINS)))
_CLASHING_PREFIX = Prepared(_FOUND.where(or_(_EQUAL, _BEGINS, _BEHIND)))
