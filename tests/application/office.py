"""A small office in a real database: one call is one use case in one transaction, at the office's own clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from freeseat.application.directory import phones, rules, trunks, users
from freeseat.application.locate import Whereabouts, locate
from freeseat.application.log_in import LoggedIn, LogIn, Registration, log_in
from freeseat.application.log_out import LoggedOut, log_out, log_out_registration, log_out_remotely, log_out_user
from freeseat.application.observe import Observation, Unbound, observe
from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord, Transaction
from freeseat.application.proving import Authority, DigestProof, PinProof, Proof, Refusal
from freeseat.application.run_timers import TimersRun, run_timers
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.directory import DEFAULT_CODES, ClassOfService, Phone, Right, Schedule, TrustedNetwork, User
from freeseat.domain.events import Event, Kind
from freeseat.domain.policy import Policy
from freeseat.domain.reasons import Reason
from freeseat.domain.trunks import Trunk
from freeseat.store.database import Database
from tests.domain.entities import NOW

T = TypeVar("T")

ADMIN = Actor("admin", "127.0.0.1", Channel.CLI)
PIN = "8305"
NODE = "main"
_CHANNELS = {Method.MENU: Channel.VOICE, Method.REGISTER: Channel.REGISTER, Method.WEB: Channel.WEB}


class Office:
    """An office with the first class of service, `standard`, and the usual feature codes; it is Monday, nine o'clock.

    `bill` is 2019, `ann` is 2020, both hot desk users with the PIN 8305; 3001 to 3003 are shared phones.
    """

    def __init__(self, database: Database) -> None:
        self.database, self.now = database, NOW
        self.write(self._furnish)

    def _furnish(self, tx: Transaction) -> None:
        rules.found(tx, ADMIN, self.now, DEFAULT_CODES)
        standard = rules.class_of(tx, "standard").id
        for number in ("2019", "2020"):
            person = User(0, number, f"User {number}", standard, hot_desk_access=True)
            users.add_user(tx, person, PIN, ADMIN, self.now)
        for number in ("3001", "3002", "3003"):
            phones.add_phone(tx, Phone(0, number, standard), "s3cret-word", ADMIN, self.now)

    def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Run a use case and wait for its commit."""
        return self.database.write(use_case)

    def read(self, question: Callable[[Transaction], T]) -> T:
        """Ask a question."""
        return self.database.read(question)

    def later(self, seconds: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def cos(self, name: str, **fields: Any) -> ClassOfService:
        """Enter a class of service."""
        return self.write(lambda tx: rules.add_class(tx, replace(ClassOfService(0, name), **fields), ADMIN, self.now))

    def standard(self, **changes: Any) -> None:
        """Change the class of service that everybody has."""
        self.write(lambda tx: rules.change_class(tx, "standard", changes, ADMIN, self.now))

    def outside(self) -> None:
        """A trunk carries all numbers, and everybody may call them: so people may be reached outside (R2.6)."""
        self.standard(rights=frozenset(Right))
        self.write(lambda tx: trunks.add_trunk(tx, Trunk(0, "carrier", "sip:192.0.2.1"), "", ADMIN, self.now))

    def policy(self, **changes: Any) -> None:
        """Change the policy."""
        self.write(lambda tx: rules.set_policy(tx, replace(tx.policy(), **changes), ADMIN, self.now))

    def user(self, number: str, pin: str | None = PIN, cos: str = "standard", **fields: Any) -> User:
        """Enter a hot desk user."""

        def add(tx: Transaction) -> User:
            person = User(0, number, f"User {number}", rules.class_of(tx, cos).id, hot_desk_access=True)
            return users.add_user(tx, replace(person, **fields), pin, ADMIN, self.now)

        return self.write(add)

    def phone(self, number: str, cos: str = "standard", **fields: Any) -> Phone:
        """Enter a shared phone."""

        def add(tx: Transaction) -> Phone:
            device = Phone(0, number, rules.class_of(tx, cos).id)
            return phones.add_phone(tx, replace(device, **fields), "s3cret-word", ADMIN, self.now)

        return self.write(add)

    def change_user(self, number: str, /, **changes: Any) -> User:
        """Change fields of a user; `cos` is a class's name."""
        return self.write(lambda tx: users.change_user(tx, number, _named(tx, changes), ADMIN, self.now))

    def change_phone(self, number: str, /, **changes: Any) -> Phone:
        """Change fields of a phone; `cos` is a class's name."""
        return self.write(lambda tx: phones.change_phone(tx, number, _named(tx, changes), ADMIN, self.now))

    def trust(self, cidr: str, location_id: str = "") -> None:
        """Trust a network."""
        network = TrustedNetwork(0, cidr, location_id=location_id)
        self.write(lambda tx: rules.add_trusted(tx, network, ADMIN, self.now))

    def schedule(self, cron: str, timezone: str = "UTC", **fields: Any) -> Schedule:
        """Enter a scheduled logout."""
        entry = replace(Schedule(0, cron, timezone), **fields)
        return self.write(lambda tx: rules.add_schedule(tx, entry, ADMIN, self.now))

    def try_login(
        self,
        user: str,
        phone: str | None,
        proof: Proof | str = PIN,
        method: Method = Method.MENU,
        source: str = "10.0.0.1",
        registration: Registration | None = None,
        outside: str = "",
    ) -> LoggedIn | Refusal:
        """Somebody wants to log in; a text as proof is a PIN."""
        actor = Actor(user, source, _CHANNELS.get(method, Channel.API))
        given = PinProof(proof) if isinstance(proof, str) else proof
        wish = LogIn(user, phone, given, method, actor, registration, outside)
        return self.write(lambda tx: log_in(tx, wish, self.now))

    def login(self, user: str, phone: str | None, *args: Any, **kwargs: Any) -> LoggedIn:
        """`try_login` that must succeed."""
        done = self.try_login(user, phone, *args, **kwargs)
        assert isinstance(done, LoggedIn), done
        return done

    def refused(self, user: str, phone: str | None, *args: Any, **kwargs: Any) -> Reason:
        """`try_login` that must not."""
        done = self.try_login(user, phone, *args, **kwargs)
        assert isinstance(done, Refusal), done
        return done.reason

    def try_register(
        self,
        user: str,
        call_id: str = "call-1",
        source: str = "10.0.0.9",
        *,
        right: bool = True,
        fingerprint: str = "f",
        device: str = "",
    ) -> LoggedIn | Refusal:
        """Somebody registers as himself."""
        registration = Registration(call_id, contact(user, source), (device,) if device else ())
        return self.try_login(user, None, DigestProof(right, fingerprint), Method.REGISTER, source, registration)

    def register(self, user: str, *args: Any, **kwargs: Any) -> LoggedIn:
        """`try_register` that must succeed."""
        done = self.try_register(user, *args, **kwargs)
        assert isinstance(done, LoggedIn), done
        return done

    def unregister(self, user: str, call_id: str = "call-1", source: str = "10.0.0.9") -> LoggedOut | Refusal:
        """Somebody who registered as himself unregisters."""
        actor = Actor(user, source, Channel.REGISTER)
        proof = DigestProof(right=True, fingerprint="u")
        return self.write(lambda tx: log_out_registration(tx, user, proof, call_id, actor, self.now))

    def logout(self, phone: str, proof: Proof | str = PIN, source: str = "10.0.0.1") -> LoggedOut | Refusal:
        """The occupant of a phone logs out."""
        actor = Actor(phone, source, Channel.VOICE)
        given = PinProof(proof) if isinstance(proof, str) else proof
        return self.write(lambda tx: log_out(tx, phone, given, actor, self.now))

    def free(self, phone: str) -> LoggedOut | Refusal:
        """An administrator frees a phone."""
        return self.write(lambda tx: log_out(tx, phone, Authority(), ADMIN, self.now))

    def force(self, user: str) -> LoggedOut | Refusal:
        """An administrator logs a user out."""
        return self.write(lambda tx: log_out_user(tx, user, ADMIN, self.now))

    def remote(self, caller_phone: str, user: str) -> LoggedOut | Refusal:
        """Somebody at a phone dials *33 and a user's number."""
        actor = Actor(caller_phone, "10.0.0.1", Channel.VOICE)
        return self.write(lambda tx: log_out_remotely(tx, caller_phone, user, actor, self.now))

    def timers(self) -> TimersRun:
        """The timers' round."""
        return self.write(lambda tx: run_timers(tx, self.now))

    def observe(self, *seen: Observation) -> None:
        """Kamailio tells of these, in one transaction."""
        self.write(lambda tx: observe(tx, seen, self.now))

    def binding(
        self, aor: str, call_id: str = "reg-1", at_contact: str = "", source: str = "10.0.0.9", **fields: Any
    ) -> Binding:
        """A binding as Kamailio tells of it."""
        at = self.now.timestamp()
        given = Binding(0, aor, at_contact or contact(aor, source), NODE, at, int(at) + 500, 500)
        return replace(given, call_id=call_id, source=source, **fields)

    def bind(self, aor: str, *args: Any, **fields: Any) -> Binding:
        """A binding comes up."""
        seen = self.binding(aor, *args, **fields)
        self.observe(seen)
        return seen

    def unbound(self, binding: Binding, why: str = "expired") -> Unbound:
        """The end of a binding as Kamailio tells of it."""
        return Unbound(binding.node, binding.aor, binding.contact, why, self.now.timestamp())

    def unbind(self, binding: Binding, why: str = "expired") -> None:
        """A binding goes."""
        self.observe(self.unbound(binding, why))

    def call(self, phone: str, dialled: str = "2020", answered_at: str = "", call_id: str = "c1") -> None:
        """A call from a phone, answered at an AoR if one is given."""
        at = self.now.timestamp()
        began = CallRecord(
            0, NODE, call_id, at, self.occupant(phone), phone, dialled, dialled, kind="internal", source="10.0.0.1"
        )
        self.observe(began, *([CallAnswered(NODE, call_id, at, answered_at)] if answered_at else []))

    def hang_up(self, call_id: str = "c1") -> None:
        """A call ends."""
        self.observe(CallEnded(NODE, call_id, self.now.timestamp(), 200, "normal"))

    def occupant(self, phone: str) -> str:
        """Who is logged in at a phone; '' if nobody."""

        def ask(tx: Transaction) -> str:
            device = tx.phones.get(number=phone)
            login = tx.logins.at_phone(device.id) if device else None
            person = tx.users.get(id=login.user_id) if login else None
            return person.number if person else ""

        return self.read(ask)

    def places(self, user: str) -> tuple[Whereabouts, ...]:
        """Where a user is logged in."""
        return self.read(lambda tx: locate(tx, user)) or ()

    def where(self, user: str) -> list[str]:
        """The AoRs where a user is logged in, oldest first."""
        return [place.place for place in self.places(user)]

    def row(self, login_id: int) -> DeskLogin:
        """A desk login as the database has it."""
        found = self.read(lambda tx: tx.logins.get(id=login_id))
        assert found is not None
        return found

    def events(self, *kinds: Kind, since: int = 0) -> list[Event]:
        """The events behind a position, oldest first; of these kinds, or all."""
        found = self.read(lambda tx: tx.events.after(since, 10_000))
        return [event for event in found if not kinds or event.kind in kinds]

    def position(self) -> int:
        """The newest position of the feed."""
        return self.read(lambda tx: tx.events.last_position())

    def set_policy(self, policy: Policy) -> None:
        """Replace the policy."""
        self.write(lambda tx: rules.set_policy(tx, policy, ADMIN, self.now))


def contact(user: str, source: str) -> str:
    """A Contact URI."""
    return f"sip:{user}@{source}:5062"


def _named(tx: Transaction, changes: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(changes)
    if "cos" in given:
        given["class_id"] = rules.class_of(tx, given.pop("cos")).id
    return given
