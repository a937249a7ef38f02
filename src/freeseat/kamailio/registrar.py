"""REGISTER beyond the renewal of a known binding: phones are judged here, people by the control plane (R2.2).

A person's REGISTER is suspended and asked about; the answer comes back through control.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import KSR

from freeseat.kamailio import digest, message
from freeseat.kamailio.config import Config
from freeseat.kamailio.digest import Verdict
from freeseat.kamailio.entries import NO_HA1, NO_HA1_256, Entry
from freeseat.kamailio.journal import Journal
from freeseat.kamailio.table import Table

LOCATION = "location"
_LONGEST_CALL_ID = 255
_NO_REPLY = 0x02
_TOO_MANY = -2
RETRY = "Retry-After: 5"


@dataclass(frozen=True)
class Contact:
    """One binding as usrloc holds it. `expires` is unix time."""

    contact: str
    received: str
    path: str
    socket: str
    expires: int
    call_id: str
    cseq: int
    instance: str
    user_agent: str
    ruid: str


@dataclass(frozen=True)
class Answer:
    """The control plane's decision about one suspended REGISTER."""

    code: int
    reason: str
    expires: int
    retry_after: int


class Registrar:
    """REGISTER in one process. `ask` sends a question to the control plane."""

    def __init__(
        self, config: Config, table: Table, journal: Journal, ask: Callable[[dict[str, object]], None]
    ) -> None:
        self._config = config
        self._table = table
        self._journal = journal
        self._ask = ask
        self._answer: Answer | None = None

    def register(self) -> int:
        """Decide a REGISTER with credentials that is no plain renewal (RFC 3261 10.3)."""
        user = message.text("$au")
        message.text("$ct")  # what is no UTF-8 is refused before it is saved
        entry = self._table.entry(user)
        if entry is not None and not entry.is_user:
            return self._register_phone(user, entry)
        known = entry is not None and bool(entry.ha1)
        ha1, ha1_256 = (entry.ha1, entry.ha1_256) if entry and known else (NO_HA1, NO_HA1_256)
        verdict = digest.check(self._config, "REGISTER", ha1, ha1_256)
        if verdict is Verdict.STALE:
            message.challenge("REGISTER", stale=True)
        elif user != message.text("$tU") or not message.text("$ct"):
            message.reply(403, "Forbidden")
        elif len(message.text("$ci")) > _LONGEST_CALL_ID or (message.text("$ct").strip() == "*" and self._wanted() > 0):
            message.reply(400, "Bad Request")  # what could not be saved must not log anybody in
        elif entry and verdict is Verdict.RIGHT and self._is_granted(entry):
            self._save(user, min(self._wanted(), self._config.person_expires))
        else:
            self._suspend(user, verdict.value if known else "unknown")
        return 1

    def bound(self) -> int:
        """Journal the bindings the request at hand has made or changed."""
        user, call_id, source = message.text("$tU"), message.text("$ci"), message.source()
        now = int(time.time())
        for binding in self._bindings(user):
            if binding.call_id != call_id:
                continue
            self._supersede(user, binding)
            fields: dict[str, str | int] = {
                "contact": binding.contact,
                "received": binding.received,
                "path": binding.path,
                "socket": binding.socket,
                "expires": binding.expires,
                "granted": binding.expires - now,
                "call_id": call_id,
                "cseq": binding.cseq,
                "instance": binding.instance,
                "user_agent": binding.user_agent,
                "source": source,
            }
            self._journal.bound(user, fields)
        KSR.htable.sht_sets("d", f"{user}/{call_id}", message.text("$ct"))
        KSR.route("KEEP")
        return 1

    def expired(self) -> int:
        """Journal a binding that was not renewed in time; runs in usrloc's timer process."""
        self._journal.unbound(message.text("$ulc(exp=>aor)"), message.text("$ulc(exp=>addr)"), "expired")
        self._forget(message.text("$ulc(exp=>aor)"), message.text("$ulc(exp=>callid)"))
        return 1

    def unbind(self, user: str, contact: str) -> None:
        """Remove one binding of `user`, or all where `contact` is empty: his login has ended elsewhere."""
        aor = f"sip:{user}@{self._config.realm}"
        for binding in self._bindings(user):
            if contact in ("", binding.contact):
                KSR.registrar.unregister_ruid(LOCATION, aor, binding.ruid)
                self._unbound(user, binding, "removed")

    def answer(self, index: int, label: int, answer: Answer) -> None:
        """Continue the suspended REGISTER `index`:`label` with the control plane's answer."""
        self._answer = answer
        KSR.pv.seti("$var(index)", index)
        KSR.pv.seti("$var(label)", label)
        KSR.route("CONTINUE")
        self._answer = None

    def decided(self) -> int:
        """Carry out the answer: in the continued transaction, called from within `answer`."""
        answer = self._answer
        if answer is None:
            raise RuntimeError("a REGISTER was continued without an answer")
        KSR.htable.sht_dec("s", "asks")
        if answer.code == 200:
            wanted = self._wanted()
            self._save(message.text("$au"), min(wanted, answer.expires, self._config.person_expires))
            return 1
        if answer.retry_after > 0:
            KSR.hdr.append_to_reply(f"Retry-After: {answer.retry_after}\r\n")
        KSR.tm.t_reply(answer.code, answer.reason)
        return 1

    def undecided(self) -> int:
        """The control plane was silent for too long: nothing is saved, the phone shall try again."""
        KSR.htable.sht_dec("s", "asks")
        KSR.warn(f"event=ask_unanswered user={message.text('$au')} source={message.source()}\n")
        KSR.hdr.append_to_reply(RETRY + "\r\n")
        KSR.tm.t_reply(503, "Service Unavailable")
        return 1

    def _register_phone(self, user: str, entry: Entry) -> int:
        source = message.source()
        verdict = digest.check(self._config, "REGISTER", entry.ha1, entry.ha1_256)
        if verdict is Verdict.STALE:
            message.challenge("REGISTER", stale=True)
        elif verdict is Verdict.WRONG or user != message.text("$tU"):
            message.refuse("REGISTER", source, user, self._config.wrong_secret_limit)
        else:
            self._save(user)
        return 1

    def _is_granted(self, entry: Entry) -> bool:
        return self._wanted() > 0 and entry.grant == message.text("$ci") and entry.grant_source == message.source()

    def _wanted(self) -> int:
        wanted = KSR.pv.get("$expires(max)")
        return self._config.person_expires if wanted is None else int(wanted)

    def _save(self, user: str, expires: int | None = None) -> None:
        """Save the bindings of the request at hand and answer it; `expires` overrides what it asks for."""
        ends = KSR.pv.get("$expires(min)") == 0 or message.text("$ct").strip() == "*"
        before = self._bindings(user) if ends else []
        if expires and not ends:
            KSR.pv.seti("$xavp(reg=>expires)", expires)
        saved = KSR.registrar.save(LOCATION, _NO_REPLY)
        if saved == _TOO_MANY:
            self._make_room(user)
            saved = KSR.registrar.save(LOCATION, _NO_REPLY)
        if saved < 0:
            KSR.warn(f"event=register_failed user={user} code={saved}\n")
        elif saved in (1, 2):
            self.bound()
        if ends:
            left = {binding.contact for binding in self._bindings(user)}
            for binding in before:
                if binding.contact not in left:
                    self._unbound(user, binding, "unregistered")
        KSR.registrar.reg_send_reply()

    def _make_room(self, user: str) -> None:
        """The AoR has as many bindings as it may have: the one that ends first makes room.

        A phone that changes its address often would else be shut out by its own past.
        """
        bindings = self._bindings(user)
        if bindings:
            self.unbind(user, min(bindings, key=lambda binding: binding.expires).contact)

    def _suspend(self, user: str, verdict: str) -> None:
        config = self._config
        source = message.source()
        alive = float(KSR.htable.sht_get("x", "alive") or 0)
        outstanding = int(KSR.htable.sht_get("s", "asks") or 0)
        if time.time() - alive > config.alive_seconds or outstanding >= config.asks_outstanding:
            KSR.warn(f"event=ask_impossible user={user} source={source} outstanding={outstanding}\n")
            message.reply(503, "Service Unavailable", RETRY)
            return
        question: dict[str, object] = {
            "ask": "register",
            "user": user,
            "verdict": verdict,
            "fingerprint": message.text("$adr"),
            "source": source,
            "transport": message.text("$proto").lower(),
            "contact": message.text("$(ct{nameaddr.uri})") or message.text("$ct"),
            "call_id": message.text("$ci"),
            "cseq": int(message.text("$cs") or 0),
            "instance": message.instance(),
            "user_agent": message.free_text("$ua"),
            "expires": self._wanted(),
        }
        if KSR.tm.t_newtran() < 0:
            message.reply(400, "Bad Request")  # its headers have no end
            return
        wait = int(config.ask_seconds * 1000)
        KSR.tm.t_set_fr(wait, wait)
        KSR.tm.t_on_failure("UNDECIDED")
        question["id"] = f"{KSR.pv.get('$T(id_index)')}:{KSR.pv.get('$T(id_label)')}"
        if KSR.tmx.t_suspend() < 0:
            KSR.tm.t_reply(500, "Server Internal Error")
            return
        KSR.htable.sht_inc("s", "asks")
        self._ask(question)

    def _supersede(self, user: str, binding: Contact) -> None:
        """A device that has moved replaces its old binding (RFC 5626 5.1): journal the end of that one."""
        if not binding.instance:
            return
        key = f"{user}/{binding.instance}"
        old = KSR.htable.sht_get("d", key)
        if old and old != binding.contact and all(old != other.contact for other in self._bindings(user)):
            self._journal.unbound(user, old, "removed")
        KSR.htable.sht_sets("d", key, binding.contact)

    def _unbound(self, user: str, binding: Contact, why: str) -> None:
        self._journal.unbound(user, binding.contact, why)
        self._forget(user, binding.call_id)

    def _forget(self, user: str, call_id: str) -> None:
        KSR.htable.sht_rm("d", f"{user}/{call_id}")

    def _bindings(self, user: str) -> list[Contact]:
        if KSR.registrar.reg_fetch_contacts(LOCATION, f"sip:{user}@{self._config.realm}", "b") < 0:
            return []
        count = int(KSR.pv.get("$ulc(b=>count)") or 0)
        found = [contact for index in range(count) if (contact := _contact(index))]
        KSR.registrar.reg_free_contacts("b")
        return found


def _contact(index: int) -> Contact | None:
    def pv(name: str) -> str:
        return f"$(ulc(b=>{name})[{index}])"

    try:
        return Contact(
            contact=message.text(pv("addr")),
            received=message.text(pv("received")),
            path=message.text(pv("path")),
            socket=message.text(pv("socket")),
            expires=int(message.text(pv("expires")) or 0),
            call_id=message.text(pv("callid")),
            cseq=int(message.text(pv("cseq")) or 0),
            instance=message.text(pv("instance")).strip("<>"),
            user_agent=message.free_text(pv("user_agent")),
            ruid=message.text(pv("ruid")),
        )
    except (UnicodeDecodeError, message.BadText):
        KSR.warn("event=contact_unreadable\n")  # a second Contact header that is no text: it will expire
        return None
