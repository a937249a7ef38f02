"""An office at a running node: users, phones and rules are entered, phones put on desks, and all taken away again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from freeseat.application.directory import phones, rules, trunks, users
from freeseat.application.locate import Whereabouts, who_is_where
from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.log_out import LoggedOut, log_out
from freeseat.application.ports import Binding, CallRecord, Transaction
from freeseat.application.proving import Authority
from freeseat.bootstrap.database import opened_database
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import Method
from freeseat.domain.directory import ClassOfService, Phone, Schedule, TrustedNetwork, User
from freeseat.domain.events import Event, Kind
from freeseat.domain.policy import Policy
from freeseat.domain.trunks import InboundNumber, Trunk
from freeseat.edge.switch.applied import wait_applied
from freeseat.settings import read_settings
from tests.acceptance.ear import QUICK, Ear
from tests.clients.account import Transport
from tests.clients.baresip import Baresip
from tests.clients.node import Node
from tests.clients.raw import RawCall, RawPhone
from tests.clients.sip import Message
from tests.clients.waiting import until

T = TypeVar("T")
ADMINISTRATOR = Actor("administrator", "localhost", Channel.CLI)
STANDARD = "standard"
PIN = "4711"


class Office:
    """What is entered at `node` and who sits where. As a context manager it keeps the database open.

    Every change waits until the node's switch carries it, as the command line does. `clear` empties the office.
    """

    def __init__(self, node: Node, prompts: Path) -> None:
        self.node, self.prompts = node, prompts
        self._stack = ExitStack()
        self._desks: list[Baresip] = []
        self._raw: list[RawPhone] = []
        self._since = 0

    def __enter__(self) -> Self:
        self._database = self._stack.enter_context(opened_database(read_settings(self.node.config)))
        self._since = self.read(lambda tx: tx.events.last_position())
        self._began = datetime.now(UTC)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for desk in self._desks:
            desk.kill()
        for phone in self._raw:
            phone.__exit__(None, None, None)
        self._stack.close()

    def read(self, question: Callable[[Transaction], T]) -> T:
        """Ask the database."""
        return self._database.read(question)

    def write(self, use_case: Callable[[Transaction], T]) -> T:
        """Run a use case; returns when the node's switch carries what it changed."""
        result, position = self._database.write(lambda tx: (use_case(tx), tx.events.last_position()))
        self.await_carried(position)
        return result

    def await_carried(self, position: int = 0) -> None:
        """Wait until the node's switch carries everything up to a feed position (0: up to now)."""
        position = position or self.read(lambda tx: tx.events.last_position())

        def carried() -> bool:
            # in a thread: a browser's client may run an event loop in this one
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(asyncio.run, wait_applied(self.node.runtime, position, 0.5)).result()

        until(carried, f"the tables carry position {position}")

    # -- the directory

    def user(self, number: str, *, cos: str = STANDARD, pin: str | None = PIN, **fields: Any) -> User:
        """Enter a hot desk user (R1.1)."""
        fields = {"name": f"Person {number}", "hot_desk_access": True, "language": QUICK, **fields}
        return self.write(
            lambda tx: users.add_user(
                tx,
                User(0, number, class_id=rules.class_of(tx, cos).id, **fields),
                pin,
                ADMINISTRATOR,
                datetime.now(UTC),
            )
        )

    def phone(self, number: str, *, cos: str = STANDARD, owner: str = "", **fields: Any) -> Phone:
        """Enter a phone (R1.2): shared, or assigned to `owner`. Its secret is what `secret_of` gives."""

        fields = {"language": QUICK, **fields}

        def use_case(tx: Transaction) -> Phone:
            belongs: dict[str, Any] = {"shared": False, "owner_id": users.user_of(tx, owner).id} if owner else {}
            phone = Phone(0, number, class_id=rules.class_of(tx, cos).id, **belongs, **fields)
            return phones.add_phone(tx, phone, secret_of(number), ADMINISTRATOR, datetime.now(UTC))

        return self.write(use_case)

    def cos(self, name: str = STANDARD, **fields: Any) -> ClassOfService:
        """Enter a class of service, or change it where it exists."""

        def use_case(tx: Transaction) -> ClassOfService:
            if tx.classes.get(name=name) is None:
                rules.add_class(tx, ClassOfService(0, name), ADMINISTRATOR, datetime.now(UTC))
            return rules.change_class(tx, name, fields, ADMINISTRATOR, datetime.now(UTC))

        return self.write(use_case)

    def change_user(self, number: str, **fields: Any) -> None:
        """Change fields of a user."""
        self.write(lambda tx: users.change_user(tx, number, fields, ADMINISTRATOR, datetime.now(UTC)))

    def change_phone(self, number: str, **fields: Any) -> None:
        """Change fields of a phone."""
        self.write(lambda tx: phones.change_phone(tx, number, fields, ADMINISTRATOR, datetime.now(UTC)))

    def remove_phone(self, number: str) -> None:
        """Delete a phone."""
        self.write(lambda tx: phones.delete_phone(tx, number, ADMINISTRATOR, datetime.now(UTC)))

    def trust(self, cidr: str, **fields: Any) -> None:
        """Trust a network (R2.2)."""
        network = TrustedNetwork(0, cidr, **fields)
        self.write(lambda tx: rules.add_trusted(tx, network, ADMINISTRATOR, datetime.now(UTC)))

    def distrust(self, cidr: str) -> None:
        """Trust a network no longer."""
        self.write(lambda tx: rules.delete_trusted(tx, cidr, ADMINISTRATOR, datetime.now(UTC)))

    def policy(self, policy: Policy) -> None:
        """Set the policy."""
        self.write(lambda tx: rules.set_policy(tx, policy, ADMINISTRATOR, datetime.now(UTC)))

    def trunk(self, trunk: Trunk, secret: str = "") -> None:
        """Enter a trunk (R4.3)."""
        self.write(lambda tx: trunks.add_trunk(tx, trunk, secret, ADMINISTRATOR, datetime.now(UTC)))

    def change_trunk(self, name: str, **fields: Any) -> None:
        """Change fields of a trunk."""
        self.write(lambda tx: trunks.change_trunk(tx, name, fields, ADMINISTRATOR, datetime.now(UTC)))

    def inbound(self, number: str, destination: str) -> None:
        """Say whom a number means that comes in on a trunk."""
        inbound = InboundNumber(0, number, destination)
        self.write(lambda tx: trunks.set_inbound(tx, inbound, ADMINISTRATOR, datetime.now(UTC)))

    def seat(self, user: str, phone: str) -> None:
        """An administrator logs a user in at a phone (R2.5): the quickest way where a test is about something else."""
        wish = LogIn(user, phone, Authority(), Method.CLI, ADMINISTRATOR)
        done = self.write(lambda tx: log_in(tx, wish, datetime.now(UTC)))
        assert isinstance(done, LoggedIn), done

    def free(self, phone: str) -> None:
        """An administrator frees a phone by force (R2.13)."""
        done = self.write(lambda tx: log_out(tx, phone, Authority(), ADMINISTRATOR, datetime.now(UTC)))
        assert isinstance(done, LoggedOut), done

    def schedule(self, schedule: Schedule) -> None:
        """Enter a scheduled logout (R2.12) as of two minutes ago, so that every minute's is due at once."""
        entered = datetime.now(UTC) - timedelta(minutes=2)
        self.write(lambda tx: rules.add_schedule(tx, schedule, ADMINISTRATOR, entered))

    # -- phones on desks

    def desk(
        self, number: str, *, tone: int = 440, transport: Transport = "udp", ip: str = "127.0.0.1", answer: bool = False
    ) -> Baresip:
        """A real phone, registered with its own number and secret, on 127.0.0.1 so that voice hears it."""
        phone = self.bare_desk(tone=tone, ip=ip, answer=answer)
        registered = phone.register(self.node.account(number, secret_of(number), transport))
        assert registered.code == 200, registered
        return phone

    def bare_desk(self, *, tone: int = 440, ip: str = "127.0.0.1", answer: bool = False) -> Baresip:
        """A real phone that is not registered yet."""
        phone = Baresip(ip, tone=tone, answer="auto" if answer else "manual").start()
        self._desks.append(phone)
        return phone

    def raw(self, number: str, password: str | None = None, ip: str = "127.0.0.1", **options: Any) -> RawPhone:
        """A phone written by hand, not registered yet; its password is the phone's secret unless given."""
        server = ("::1", self.node.port) if ":" in ip else self.node.server
        phone = RawPhone(server, number, secret_of(number) if password is None else password, ip=ip, **options)
        self._raw.append(phone)
        return phone

    def raw_desk(self, number: str, **options: Any) -> RawPhone:
        """A phone written by hand, registered with its own number and secret."""
        phone = self.raw(number, **options)
        answer = phone.register()
        assert answer.code == 200, answer
        return phone

    def remove_desk(self, phone: Baresip) -> None:
        """Unplug a phone for good: nothing more is sent."""
        self._desks.remove(phone)
        phone.kill()

    def ear(self, phone: Baresip, language: str = QUICK) -> Ear:
        """What a phone hears in its next call."""
        return Ear(self.prompts, phone.recording, language)

    def ear_of(self, call: RawCall) -> Ear:
        """What is heard in a call of a phone written by hand."""
        return Ear(self.prompts, lambda: call.listen(0.02), QUICK)

    def menu(self, phone: RawPhone, dialled: str, digits: str, *heard: str) -> None:
        """Dial a menu, key everything at once by SIP INFO, hear these prompts in this order, and the goodbye."""
        call = phone.call(dialled)
        call.digits(digits)
        self.ear_of(call).hear(*heard, "goodbye")
        assert call.ended(), "voice hangs up after its goodbye"

    # -- what is known

    def where(self) -> dict[str, str]:
        """Who is where: user by place."""
        return {each.place: each.user for each in self.read(who_is_where)}

    def place(self, user: str) -> Whereabouts:
        """The one place of a user."""
        (found,) = [each for each in self.read(who_is_where) if each.user == user]
        return found

    def events(self, *kinds: Kind, user: str = "", phone: str = "") -> list[Event]:
        """Events of this test, oldest first."""
        every = self.read(lambda tx: tx.events.after(self._since, 10_000))
        return [
            event
            for event in every
            if (not kinds or event.kind in kinds)
            and (not user or event.user == user)
            and (not phone or event.phone == phone)
        ]

    def await_event(
        self, kind: Kind, *, user: str = "", phone: str = "", seconds: float = 15.0, **data: object
    ) -> Event:
        """The newest event of that kind with these data; waits for it."""

        def look() -> Event | None:
            fitting = (
                event
                for event in reversed(self.events(kind, user=user, phone=phone))
                if all(event.data.get(name) == value for name, value in data.items())
            )
            return next(fitting, None)

        return until(look, f"{kind} of user {user!r} at phone {phone!r} with {data}", seconds, interval=0.03)

    def reasons(self, user: str = "", phone: str = "") -> list[str]:
        """Why logins and logouts were refused in this test, in order."""
        return [str(event.data["reason"]) for event in self.events(Kind.LOGIN_REFUSED, user=user, phone=phone)]

    def calls(self, *, user: str = "", phone: str = "") -> list[CallRecord]:
        """Call records of this test, newest first (R4.5)."""
        return self.read(lambda tx: tx.calls.find(user=user, phone=phone, since=self._began.timestamp()))

    def await_call(self, wanted: Callable[[CallRecord], bool], what: str, **whose: str) -> CallRecord:
        """The newest call record that is `wanted`; waits for it."""
        return until(lambda: next(filter(wanted, self.calls(**whose)), None), what, interval=0.03)

    def bindings(self, aor: str) -> list[Binding]:
        """Registered contacts of an AoR, as the database knows them."""
        return list(self.read(lambda tx: tx.bindings.list(aor=aor)))

    # -- emptying

    def clear(self) -> None:
        """Unplug all phones and take everything out of the directory, bindings included (R1.9), for the next test."""
        for desk in self._desks:
            try:
                desk.unregister()  # which ends its calls first: an open call would be seen at the next phone there
            finally:
                desk.kill()
        for phone in self._raw:
            phone.__exit__(None, None, None)
        self._desks.clear()
        self._raw.clear()
        self.write(_empty)
        until(lambda: not self.read(lambda tx: tx.bindings.list()), "no binding is left")
        self._since = self.read(lambda tx: tx.events.last_position())
        self._began = datetime.now(UTC)


def secret_of(number: str) -> str:
    """The SIP secret of every phone entered here."""
    return f"secret-{number}"


def shown(invite: Message) -> tuple[str, str]:
    """Name and number that an INVITE shows: From and P-Asserted-Identity must agree (R3.2)."""
    by_from, asserted = invite.address("from"), invite.address("p-asserted-identity")
    assert by_from is not None
    assert asserted is not None
    assert (by_from.display, by_from.user) == (asserted.display, asserted.user)
    return asserted.display, asserted.user


def hear_each_other(one: Baresip, other: Baresip) -> None:
    """Check that sound goes both ways: each hears the other's tone, measured in what it recorded."""
    one.hear(other.tone)
    other.hear(one.tone)


def _empty(tx: Transaction) -> None:
    now = datetime.now(UTC)
    for inbound in tx.inbound.list():
        trunks.delete_inbound(tx, inbound.number, ADMINISTRATOR, now)
    for phone in tx.phones.list():
        phones.change_phone(tx, phone.number, {"default_owner_id": None}, ADMINISTRATOR, now)
        phones.delete_phone(tx, phone.number, ADMINISTRATOR, now)
    for user in tx.users.list():
        tx.failures.unlock(user.number)
        users.delete_user(tx, user.number, ADMINISTRATOR, now)
    for cos in tx.classes.list():
        if cos.name != STANDARD:
            rules.delete_class(tx, cos.name, ADMINISTRATOR, now)
    fresh = ClassOfService(0, STANDARD)
    fields = {name: getattr(fresh, name) for name in rules.CLASS_CHANGEABLE}
    rules.change_class(tx, STANDARD, fields, ADMINISTRATOR, now)
    for trunk in tx.trunks.list():
        trunks.delete_trunk(tx, trunk.name, ADMINISTRATOR, now)
    for network in tx.trusted.list():
        rules.delete_trusted(tx, network.cidr, ADMINISTRATOR, now)
    for schedule in tx.schedules.list():
        rules.delete_schedule(tx, schedule.id, ADMINISTRATOR, now)
    if tx.policy() != Policy():
        rules.set_policy(tx, Policy(), ADMINISTRATOR, now)
