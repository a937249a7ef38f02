"""Where a call goes: the dialled number, then people, then the phones they sit at (R3.1, R3.5, R4.6 to R4.8).

The state of a call that later routes need travels in AVPs of its transaction: `rung` holds the user being rung, then
the AoR of each branch in order, separated by commas; `hops` how often the call was diverted.
"""

from __future__ import annotations

import KSR

from freeseat.kamailio import caller, message
from freeseat.kamailio.config import Config
from freeseat.kamailio.entries import Entry
from freeseat.kamailio.journal import Journal
from freeseat.kamailio.numbering import FeatureCode
from freeseat.kamailio.registrar import LOCATION
from freeseat.kamailio.table import Table

RELAY, DONE = 1, -1
_NOT_ALLOWED = {
    "f": "Feature codes are not allowed from here",
    "i": "Log in to call from this phone",
    "n": "National calls are not allowed from here",
    "x": "International calls are not allowed from here",
}
_BUSY = (486, 600, 603)
_CAUSES = {
    486: "busy",
    600: "busy",
    603: "refused",
    403: "refused",
    480: "no answer",
    408: "no answer",
    487: "cancelled",
}


class Calls:
    """INVITE in one process."""

    def __init__(self, config: Config, table: Table, journal: Journal) -> None:
        self._config = config
        self._table = table
        self._journal = journal

    def locate(self, entry: Entry, source: str) -> int:
        """Send the INVITE of `entry` from `source` on its way: RELAY, or DONE where it has been answered."""
        dialled = message.text("$rU")
        if not dialled:
            message.reply(404, "Not Found")
            return DONE
        numbering = self._table.numbering()
        if dialled in numbering.emergency:
            return self._emergency(entry, source, dialled, numbering.emergency[dialled])
        callee = self._table.entry(dialled)
        if callee is not None:
            self._begin(entry, source, dialled, dialled, "internal")
            if "i" not in entry.rights:
                return self._refuse(403, _NOT_ALLOWED["i"], "refused")
            if numbering.are_apart(entry.group, callee.group):
                return self._refuse(403, "Calls to this number are not allowed from here", "refused")
            caller.present(self._config, entry)
            return self._ring(callee)
        feature = numbering.feature(dialled)
        if feature is not None:
            return self._feature(entry, source, dialled, feature)
        return self._external(entry, source, dialled)

    def message(self) -> int:
        """Send a MESSAGE to where its addressee sits (RFC 3428)."""
        callee = self._table.entry(message.text("$rU"))
        if callee is None or not self._branches("", callee.places):
            message.reply(404, "Not Found")
            return DONE
        return RELAY

    def ringing(self) -> int:
        """Journal that a phone rings."""
        return self._progress("ringing")

    def answered(self) -> int:
        """Journal that a phone has answered."""
        return self._progress("answer")

    def _progress(self, kind: str) -> int:
        rung = (KSR.pv.get("$avp(rung)") or "").split(",")
        place = KSR.pv.get("$T_branch_idx") + 1
        self._journal.progress(kind, KSR.pv.get("$ci"), rung[place] if 0 < place < len(rung) else "")
        return 1

    def failed(self) -> int:
        """All branches have failed: RELAY to the busy or no-answer destination, or DONE."""
        if KSR.tm.t_is_canceled() > 0:
            self._end(487, "cancelled", "caller")
            return DONE
        code = int(KSR.pv.get("$T_reply_code") or 408)
        callee = self._table.entry(message.text("$avp(rung)").partition(",")[0])
        if callee is not None:
            destination = callee.busy if code in _BUSY else callee.no_answer if code in (408, 480) else ""
            if destination:
                return self._divert(callee, destination, code)
        unreachable = KSR.tm.t_any_timeout() > 0 and KSR.tm.t_any_replied() < 0
        self._end(code, "unreachable" if unreachable else _CAUSES.get(code, "failed"), "callee")
        return DONE

    def ended(self) -> int:
        """Journal the end of an answered call: a BYE goes by."""
        by = "caller" if KSR.rr.is_direction("downstream") > 0 else "callee"
        self._end(200, "normal", by)
        return 1

    def _emergency(self, entry: Entry, source: str, dialled: str, uri: str) -> int:
        self._begin(entry, source, dialled, dialled, "emergency")
        if not uri:
            KSR.err(
                f"event=emergency_not_configured dialled={dialled} phone={entry.number} location={entry.location}\n"
            )
            return self._announce(entry.language, "emergency_not_configured", self._config.realm)
        caller.present(self._config, entry)
        KSR.hdr.append(f"{self._config.emergency_header}: {entry.location}\r\n")
        return self._send(uri)

    def _feature(self, entry: Entry, source: str, dialled: str, feature: FeatureCode) -> int:
        self._begin(entry, source, dialled, feature.code, "feature")
        if "f" not in entry.rights:
            return self._refuse(403, _NOT_ALLOWED["f"], "refused")
        self._describe(
            Phone=entry.number,
            User=entry.occupant,
            Code=feature.name,
            Digits=feature.digits,
            Source=source,
            Language=entry.language,
        )
        return self._send(f"sip:{feature.name}@{self._config.voice}")

    def _external(self, entry: Entry, source: str, dialled: str) -> int:
        numbering = self._table.numbering()
        kind = "international" if numbering.is_international(dialled) else "national"
        right = "x" if kind == "international" else "n"
        self._begin(entry, source, dialled, dialled, kind)
        if right not in entry.rights:
            return self._refuse(403, _NOT_ALLOWED[right], "refused")
        if not numbering.outside:
            return self._refuse(404, "Not Found", "unreachable")
        caller.present(self._config, entry)
        return self._send(_with_user(numbering.outside, dialled))

    def _ring(self, callee: Entry, hops: int = 0) -> int:
        """Ring a user at all places, or a phone at all its contacts."""
        places = callee.places
        if not places:
            return self._divert(callee, callee.logged_out or "reject", 480, hops)
        if not self._branches(callee.number if callee.is_user else "", places):
            return self._divert(callee, callee.no_answer or "reject", 480, hops)
        if callee.is_user:
            KSR.tm.t_set_fr_inv((callee.ring_seconds or self._config.ring_seconds) * 1000)
        if hops:
            KSR.pv.seti("$avp(hops)", hops)
        return RELAY

    def _divert(self, callee: Entry, destination: str, code: int, hops: int | None = None) -> int:
        """Send a call of `callee` to one of his destinations: announce:<prompt>, number:<dialable> or reject."""
        hops = int(KSR.pv.get("$avp(hops)") or 0) + 1 if hops is None else hops + 1
        kind, _, value = destination.partition(":")
        if hops > self._config.diversion_limit:
            return self._refuse(482, "Loop Detected", "failed")
        if kind == "announce":
            return self._announce(callee.language, value, callee.number)
        if kind != "number":
            return self._refuse(
                code, "Temporarily Unavailable" if code == 480 else "Busy Here", _CAUSES.get(code, "failed")
            )
        target = self._table.entry(value)
        if target is not None:
            return self._ring(target, hops)
        numbering = self._table.numbering()
        right = "x" if numbering.is_international(value) else "n"
        if (
            right not in callee.rights
            or not numbering.outside
            or value in numbering.emergency
            or numbering.feature(value)
        ):
            return self._refuse(480, "Temporarily Unavailable", "unreachable")
        return self._send(_with_user(numbering.outside, value))

    def _announce(self, language: str, prompt: str, about: str) -> int:
        self._describe(Phone="", User=about, Code="announce", Digits=prompt, Source=message.source(), Language=language)
        return self._send(f"sip:announce@{self._config.voice}")

    @staticmethod
    def _describe(**values: str) -> None:
        """Tell voice what this call is about."""
        KSR.hdr.append("".join(f"X-Freeseat-{name}: {value}\r\n" for name, value in values.items()))

    def _branches(self, callee: str, places: list[str]) -> bool:
        """Make every contact of every place a branch, rung for the user `callee`; False where none has a binding."""
        rung = _rung(callee)
        found = False
        for place in places:
            uri = f"sip:{place}@{self._config.realm}"
            before = (KSR.pv.get("$branch(count)") or 0) if found or rung[1:] else 0
            if not found:
                if KSR.registrar.lookup_uri(LOCATION, uri) < 0:
                    continue
                found = True
                rung.append(place)
            elif KSR.registrar.lookup_to_dset(LOCATION, uri) < 0:
                continue
            rung += [place] * ((KSR.pv.get("$branch(count)") or 0) - before)
        if found:
            KSR.pv.sets("$avp(rung)", ",".join(rung))
        return found

    @staticmethod
    def _send(uri: str) -> int:
        """One branch, to something that is no AoR of ours, rung for nobody."""
        KSR.pv.sets("$avp(rung)", ",".join([*_rung(""), ""]))
        KSR.resetdsturi()
        KSR.seturi(uri)
        return RELAY

    def _begin(self, entry: Entry, source: str, dialled: str, called: str, kind: str) -> None:
        self._journal.call(KSR.pv.get("$ci"), entry.occupant, entry.number, dialled, called, kind, source)

    def _refuse(self, code: int, reason: str, cause: str) -> int:
        self._end(code, cause, "system")
        if KSR.tmx.t_is_failure_route() > 0:
            KSR.tm.t_reply(code, reason)
        else:
            message.reply(code, reason, f'Reason: SIP;cause={code};text="{reason}"')
        return DONE

    def _end(self, code: int, cause: str, by: str) -> None:
        self._journal.end(KSR.pv.get("$ci"), code, cause, by)


def _rung(callee: str) -> list[str]:
    """What `rung` says so far, now for `callee`: an earlier try keeps its branches."""
    rung = KSR.pv.get("$avp(rung)")
    return [callee, *rung.split(",")[1:]] if rung else [callee]


def _with_user(uri: str, number: str) -> str:
    """`uri` of the way outside with `number` as its user part."""
    scheme, _, rest = uri.partition(":")
    return f"{scheme}:{number}@{rest.rpartition('@')[2]}"
