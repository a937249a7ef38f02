"""Where a call goes: the dialled number, then people, then the phones they sit at (R3.1, R3.5, R4.6 to R4.8).

The state of a call that later routes need travels in AVPs of its transaction: `rung` holds the user being rung, then
the AoR of each branch in order, separated by commas; `hops` how often the call was diverted.
"""

from __future__ import annotations

import KSR

from freeseat.domain.trunks import EXTERNAL_LOGIN, OUTSIDE_PLACE
from freeseat.kamailio import caller, message
from freeseat.kamailio.caller import Guest, Party
from freeseat.kamailio.config import Config
from freeseat.kamailio.entries import Entry, Service
from freeseat.kamailio.journal import Journal
from freeseat.kamailio.numbering import FeatureCode
from freeseat.kamailio.outside import Outside
from freeseat.kamailio.registrar import LOCATION
from freeseat.kamailio.table import Table

RELAY, DONE = 1, -1
_SPARE_SECONDS = 5
_VOICE_STARTS_SECONDS = 10
_CHALLENGES = (401, 407)
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
        self._outside = Outside(config, table)

    def locate(self, entry: Entry, source: str) -> int:
        """Send the INVITE of `entry` from `source` on its way: RELAY, or DONE where it has been answered."""
        dialled = message.text("$rU")
        if not dialled:
            message.reply(404, "Not Found")
            return DONE
        numbering = self._table.numbering()
        if dialled in numbering.emergency:
            return self._emergency(entry, source, dialled, numbering.emergency[dialled])
        callee = self._table.look(dialled)
        if callee is not None:
            return self._internal(entry, source, dialled, callee)
        feature = numbering.feature(dialled)
        if feature is not None:
            return self._feature(entry, source, dialled, feature)
        return self._external(entry, source, dialled)

    def offer(self, party: Guest, source: str, queue: str, ring_seconds: int) -> int:
        """Offer a queue's caller to a user: his places ring and nothing else, no destination of his applies (R5.8)."""
        dialled = message.text("$rU")
        self._begin(party, source, dialled, dialled, "offer", queue)
        callee = self._table.entry(dialled)
        if callee is None or not self._branches(callee, "", callee.places):
            return self._refuse(480, "Temporarily Unavailable", "unreachable")
        KSR.tm.t_set_fr_inv((max(ring_seconds, self._config.ring_seconds) + _SPARE_SECONDS) * 1000)
        return RELAY

    def ask_phone(self, ring_seconds: int) -> int:
        """Ring the AoR that was dialled, which is to make a call then (R6.2). No journal: this is nobody's call."""
        KSR.pv.seti("$avp(passing)", 1)
        aor = message.text("$rU")
        callee = self._table.entry(aor)
        if callee is None or not self._branches(callee, "", [aor]):
            return self._refuse(480, "Temporarily Unavailable", "unreachable")
        KSR.tm.t_set_fr_inv((max(ring_seconds, self._config.ring_seconds) + _SPARE_SECONDS) * 1000)
        return RELAY

    def send_on(self, party: Party, source: str, queue: str, hops: int, *, free: bool) -> int:
        """Send a call of voice to where a queue or a person sends it; `free` asks for no right (an administrator's)."""
        dialled = message.text("$rU")
        if hops > self._config.diversion_limit:
            return self._reject(party, source, dialled, "internal", 482, "Loop Detected", queue)
        numbering = self._table.numbering()
        if dialled in numbering.emergency and not free:
            return self._emergency(party, source, dialled, numbering.emergency[dialled])
        callee = self._table.look(dialled)
        is_code = (isinstance(callee, Service) and not callee.queue) or (callee is None and numbering.feature(dialled))
        if not dialled or is_code or dialled in numbering.emergency:
            return self._reject(party, source, dialled, "feature", 403, "Forbidden", queue)
        if callee is not None:
            return self._internal(party, source, dialled, callee, queue, hops)
        return self._external(party, source, dialled, queue)

    def come_in(self, party: Guest, source: str, dialled: str) -> int:
        """A call from a trunk to the inbound number `dialled`: to a user, a queue or the menu of R2.6, nowhere else."""
        destination = self._table.inbound(dialled)
        if destination == EXTERNAL_LOGIN:
            self._begin(party, source, dialled, destination, "inbound")
            return self._serve(party, source, Service(EXTERNAL_LOGIN, party.occupant, "", "", ""))
        callee = self._table.look(destination)
        queue = callee.queue if isinstance(callee, Service) else ""
        self._begin(party, source, dialled, destination, "inbound", queue)
        if isinstance(callee, Service) and queue:
            return self._serve(party, source, callee)
        if isinstance(callee, Entry) and callee.is_user:
            return self._ring(callee)
        return self._refuse(404, "Not Found", "unreachable")

    def go_outside(self) -> int:
        """A call that is sent outside on behalf of a user; it is in the journal already.

        Whoever calls, it is that user's number that the carrier is assured of (RFC 3325, RFC 5806).
        """
        KSR.pv.seti("$avp(passing)", 1)
        user = self._table.entry(self._outside.on_behalf())
        if user is not None and user.caller_number:
            own = f"<sip:{user.caller_number}@{self._config.realm}>"
            KSR.textops.remove_hf("P-Asserted-Identity")
            KSR.hdr.append(f"P-Asserted-Identity: {own}\r\nDiversion: {own};reason=unknown\r\n")
        if not self._outside.begin(message.text("$rU")):
            message.reply(480, "Temporarily Unavailable")
            return DONE
        return RELAY

    def _internal(
        self, party: Party, source: str, dialled: str, callee: Entry | Service, queue: str = "", hops: int = 0
    ) -> int:
        right = callee.right if isinstance(callee, Service) else "i"
        if isinstance(callee, Service):
            self._begin(party, source, dialled, dialled, "internal" if callee.queue else "feature", callee.queue)
        else:
            self._begin(party, source, dialled, dialled, "internal", queue)
        if right not in party.rights:
            return self._refuse(403, _NOT_ALLOWED[right], "refused")
        if isinstance(callee, Service):
            if callee.queue and isinstance(party, Entry):
                caller.present(party)
            return self._serve(party, source, callee, hops)
        if self._table.numbering().are_apart(party.group, callee.group):
            return self._refuse(403, "Calls to this number are not allowed from here", "refused")
        if isinstance(party, Entry):
            caller.present(party)
        return self._ring(callee, hops)

    def message(self) -> int:
        """Send a MESSAGE to where its addressee sits (RFC 3428)."""
        callee = self._table.entry(message.text("$rU"))
        places = [place for place in callee.places if not place.startswith(OUTSIDE_PLACE)] if callee else []
        if callee is None or not self._branches(callee, "", places):
            message.reply(404, "Not Found")
            return DONE
        return RELAY

    def failed(self) -> int:
        """All branches have failed: RELAY to the busy or no-answer destination, or DONE."""
        if KSR.tm.t_is_canceled() > 0:
            self._end(487, "cancelled", "caller")
            return DONE
        code = int(KSR.pv.get("$T_reply_code") or 408)
        if self._outside.failed(code):
            KSR.pv.sets("$avp(rung)", ",".join([*_rung(""), ""]))
            return RELAY
        if code in _CHALLENGES:
            code = 502  # a challenge of a trunk is no business of the caller's
            KSR.tm.t_reply(code, "Bad Gateway")
        callee = self._table.entry(message.text("$avp(rung)").partition(",")[0])
        if callee is not None:
            destination = callee.busy if code in _BUSY else callee.no_answer if code in (408, 480) else ""
            if destination:
                return self._divert(callee, destination, code)
        unreachable = code == 408 and KSR.tm.t_any_timeout() > 0 and KSR.tm.t_any_replied() < 0
        self._end(code, "unreachable" if unreachable else _CAUSES.get(code, "failed"), "callee")
        return DONE

    def unsent(self) -> int:
        """The request at hand could not be sent to its trunk: RELAY to the next one, or DONE."""
        if self._outside.unsent():
            return RELAY
        self._end(503, "unreachable", "system")
        return DONE

    def _emergency(self, party: Party, source: str, dialled: str, uri: str) -> int:
        """To the number's own URI, else by the trunks (R4.7)."""
        self._begin(party, source, dialled, dialled, "emergency")
        if not uri and not self._outside.begin(dialled, emergency=True):
            KSR.err(
                f"event=emergency_not_configured dialled={dialled} phone={party.number} location={party.location}\n"
            )
            return self._announce(party.language, "emergency_not_configured", self._config.realm)
        if isinstance(party, Entry):
            caller.present(party)
        KSR.hdr.append(f"{self._config.emergency_header}: {party.location}\r\n")
        if uri:
            return self._send(uri)
        KSR.pv.sets("$avp(rung)", ",".join([*_rung(""), ""]))
        return RELAY

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
        return self._to_voice(feature.name)

    def _serve(self, party: Party, source: str, service: Service, hops: int = 0) -> int:
        """To voice, which serves this number."""
        self._describe(
            Phone=party.number,
            User=party.occupant if party.number else "",
            Code=service.name,
            Digits=service.digits,
            Source=source,
            Language=service.language or party.language,
            **({"Hops": str(hops)} if hops else {}),
        )
        return self._to_voice(service.name)

    def _external(self, party: Party, source: str, dialled: str, queue: str = "") -> int:
        kind = "international" if self._table.numbering().is_international(dialled) else "national"
        right = "x" if kind == "international" else "n"
        self._begin(party, source, dialled, dialled, kind, queue)
        if right not in party.rights:
            return self._refuse(403, _NOT_ALLOWED[right], "refused")
        if not self._outside.begin(dialled):
            return self._refuse(404, "Not Found", "unreachable")
        if isinstance(party, Entry):
            caller.present(party)
        KSR.pv.sets("$avp(rung)", ",".join([*_rung(""), ""]))
        return RELAY

    def _ring(self, callee: Entry, hops: int = 0) -> int:
        """Ring a user at all places, or a phone at all its contacts."""
        places = callee.places
        if not places:
            return self._divert(callee, callee.logged_out or "reject", 480, hops)
        if not self._branches(callee, callee.number if callee.is_user else "", places):
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
        target = self._table.look(value)
        if isinstance(target, Entry):
            return self._ring(target, hops)
        if target is not None and target.queue:
            return self._serve(caller.Guest("", language=callee.language), message.source(), target, hops)
        if target is None and self._may_leave(callee, value) and self._outside.carries(value):
            KSR.tm.t_set_fr_inv((self._config.outside_ring_seconds + _SPARE_SECONDS) * 1000)
            return self._send(self._outside.uri_on_behalf(value, callee.number))
        return self._refuse(480, "Temporarily Unavailable", "unreachable")

    def _may_leave(self, callee: Entry, number: str) -> bool:
        """Whether calls of `callee` may be sent on to an outside number: as if he dialled it, but no emergency call."""
        numbering = self._table.numbering()
        right = "x" if numbering.is_international(number) else "n"
        return right in callee.rights and number not in numbering.emergency and not numbering.feature(number)

    def _announce(self, language: str, prompt: str, about: str) -> int:
        self._describe(Phone="", User=about, Code="announce", Digits=prompt, Source=message.source(), Language=language)
        return self._to_voice("announce")

    @staticmethod
    def _describe(**values: str) -> None:
        """Tell voice what this call is about."""
        KSR.hdr.append("".join(f"X-Freeseat-{name}: {value}\r\n" for name, value in values.items()))

    def _branches(self, callee: Entry, rung_for: str, places: list[str]) -> bool:
        """Make every contact of every place of `callee` a branch, rung for a user or nobody; False if none."""
        rung = _rung(rung_for)
        found = False
        for place in places:
            if place.startswith(OUTSIDE_PLACE):
                continue
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
        for place in places:
            if place.startswith(OUTSIDE_PLACE):
                uri = self._outside.uri_on_behalf(place.removeprefix(OUTSIDE_PLACE), callee.number)
                if found:
                    KSR.corex.append_branch_uri(uri)
                else:
                    KSR.resetdsturi()
                    KSR.seturi(uri)
                found = True
                rung.append(place)
        if found:
            KSR.pv.sets("$avp(rung)", ",".join(rung))
        return found

    def _to_voice(self, service: str) -> int:
        """To voice, which says 100 at once; while it starts anew the INVITE is repeated for longer than to others."""
        KSR.tm.t_set_fr(self._config.ring_seconds * 1000, _VOICE_STARTS_SECONDS * 1000)
        return self._send(f"sip:{service}@{self._config.voice}")

    @staticmethod
    def _send(uri: str) -> int:
        """One branch, to something that is no AoR of ours, rung for nobody."""
        KSR.pv.sets("$avp(rung)", ",".join([*_rung(""), ""]))
        KSR.resetdsturi()
        KSR.seturi(uri)
        return RELAY

    def _begin(self, party: Party, source: str, dialled: str, called: str, kind: str, queue: str = "") -> None:
        self._journal.call(KSR.pv.get("$ci"), party.occupant, party.number, dialled, called, kind, source, queue)

    def _reject(
        self, party: Party, source: str, dialled: str, kind: str, code: int, reason: str, queue: str = ""
    ) -> int:
        """A call that begins and is refused at once."""
        self._begin(party, source, dialled, dialled, kind, queue)
        return self._refuse(code, reason, "refused")

    def _refuse(self, code: int, reason: str, cause: str) -> int:
        self._end(code, cause, "system")
        if KSR.tmx.t_is_failure_route() > 0:
            KSR.tm.t_reply(code, reason)
        else:
            message.reply(code, reason, f'Reason: SIP;cause={code};text="{reason}"')
        return DONE

    def _end(self, code: int, cause: str, by: str) -> None:
        if KSR.pv.get("$avp(passing)") is None:
            self._journal.end(KSR.pv.get("$ci"), code, cause, by)


def _rung(callee: str) -> list[str]:
    """What `rung` says so far, now for `callee`: an earlier try keeps its branches."""
    rung = KSR.pv.get("$avp(rung)")
    return [callee, *rung.split(",")[1:]] if rung else [callee]
