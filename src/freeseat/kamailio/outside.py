"""Calls to numbers that nobody here owns: the trunk to use, the next one where it fails (R4.3).

A call's way travels in AVPs of its transaction: `ways` holds the ids of the trunk in use and of those still to be
tried, separated by commas, `outside` the number, `proved` the trunk that was shown credentials.
"""

from __future__ import annotations

import hashlib
import hmac

import KSR

from freeseat.kamailio import message
from freeseat.kamailio.config import Config
from freeseat.kamailio.sockets import towards
from freeseat.kamailio.table import Table
from freeseat.kamailio.trunks import Trunk

_TICKET = "fs"
_NEXT = (408, 500, 502, 503, 504)
_CHALLENGED = (401, 407)


class Outside:
    """The ways outside in one process."""

    def __init__(self, config: Config, table: Table) -> None:
        self._config = config
        self._table = table
        self._sockets: dict[int, tuple[Trunk, str]] = {}

    def begin(self, number: str, *, emergency: bool = False) -> bool:
        """Send the request at hand to an outside number; False where no trunk carries it.

        An emergency call goes by any trunk rather than nowhere, and its number is left as it is.
        """
        trunks = self._table.trunks()
        ids = trunks.carrying(number) or (trunks.last_resort if emergency else ())
        if not ids:
            return False
        ordered = sorted(ids, key=_has_failed)  # stable: those that answered nothing lately come last
        KSR.pv.sets("$avp(outside)", number)
        KSR.pv.seti("$avp(urgent)", int(emergency))
        self._use(trunks.by_id[ordered[0]], ordered)
        return True

    def failed(self, code: int) -> bool:
        """The trunk in use has refused with `code` or is silent: True if the call goes on, with credentials or else."""
        ways = [int(each) for each in (KSR.pv.get("$avp(ways)") or "").split(",") if each]
        trunks = self._table.trunks()
        if not ways:
            return False
        current = trunks.by_id.get(ways[0])
        if code in _CHALLENGED and current is not None and self._prove(current):
            return True
        if _is_silent():
            KSR.htable.sht_sets("t", f"failed/{ways[0]}", "1")
            KSR.warn(f"event=trunk_silent trunk={ways[0]}\n")
        elif code not in _NEXT and code not in _CHALLENGED:
            return False
        elif KSR.tm.t_branch_timeout() > 0:
            return False  # it rang, and nobody answered
        KSR.notice(f"event=trunk_failed trunk={ways[0]} code={code}\n")
        return self._next(ways[1:])

    def unsent(self) -> bool:
        """The request could not even be sent to the trunk in use; True if there is another."""
        ways = [int(each) for each in (KSR.pv.get("$avp(ways)") or "").split(",") if each]
        if not ways:
            return False
        KSR.htable.sht_sets("t", f"failed/{ways[0]}", "1")
        KSR.warn(f"event=trunk_unreachable trunk={ways[0]}\n")
        return self._next(ways[1:])

    def carries(self, number: str) -> bool:
        """Whether there is a trunk for this number."""
        return bool(self._table.trunks().carrying(number))

    def uri_on_behalf(self, number: str, user: str) -> str:
        """Where a call goes that is sent outside on behalf of `user`, who was called: once more through us (R2.6).

        There it is a call of its own to that number, with its own trunks and credentials, whatever else rings here.
        """
        scheme, _, address = self._config.own_uri.partition(":")
        return f"{scheme}:{number}@{address};by={user};{_TICKET}={self._ticket(number, user)}"

    @staticmethod
    def on_behalf() -> str:
        """On whose behalf the request at hand is sent outside."""
        return message.text("$(ru{uri.param,by})")

    def is_our_own(self) -> bool:
        """Whether the request at hand has come by such a URI, which nobody else can make."""
        shown = message.text(f"$(ru{{uri.param,{_TICKET}}})")
        right = self._ticket(message.text("$rU"), self.on_behalf())
        return hmac.compare_digest(shown.encode(), right.encode())

    def _ticket(self, number: str, user: str) -> str:
        what = f"outside/{message.text('$ci')}/{number}/{user}"
        return hmac.new(self._config.nonce_secret.encode(), what.encode(), hashlib.sha256).hexdigest()[:32]

    def _next(self, ways: list[int]) -> bool:
        trunks = self._table.trunks()
        left = [each for each in ways if each in trunks.by_id]
        if not left:
            return False
        self._use(trunks.by_id[left[0]], left)
        return True

    def _use(self, trunk: Trunk, ways: list[int]) -> None:
        KSR.pv.sets("$avp(ways)", ",".join(str(each) for each in ways))
        KSR.resetdsturi()
        self._from_own_side(trunk)
        KSR.seturi(trunk.uri(KSR.pv.get("$avp(outside)"), as_it_is=KSR.pv.get("$avp(urgent)") == 1))
        KSR.tm.t_set_fr(self._config.outside_ring_seconds * 1000, self._config.trunk_silence_seconds * 1000)

    def _from_own_side(self, trunk: Trunk) -> None:
        """Send from the address that leads to the trunk, not from where the call came in, which may be loopback."""
        if trunk.id not in self._sockets or self._sockets[trunk.id][0] is not trunk:
            self._sockets[trunk.id] = trunk, towards(trunk, self._config.listen)
        own = self._sockets[trunk.id][1]
        if own:
            KSR.pv.sets("$fs", own)

    @staticmethod
    def _prove(trunk: Trunk) -> bool:
        """Answer the trunk's challenge (RFC 3261 22.3), once."""
        if not (trunk.username and trunk.secret) or KSR.pv.get("$avp(proved)") == trunk.id:
            return False
        KSR.pv.seti("$avp(proved)", trunk.id)
        KSR.pv.sets("$avp(trunk_user)", trunk.username)
        KSR.pv.sets("$avp(trunk_secret)", trunk.secret)
        return bool(KSR.uac.uac_auth() > 0)


def _has_failed(trunk_id: int) -> bool:
    return KSR.htable.sht_get("t", f"failed/{trunk_id}") is not None


def _is_silent() -> bool:
    """Whether the branch at hand has timed out without any reply, not even 100."""
    return bool(KSR.tm.t_branch_timeout() > 0 and KSR.tm.t_branch_replied() < 0)
