"""`freeseat sample-office`: a small office to try things with. PINs and secrets are made at random, once (R10.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import typer

from freeseat.application.directory.phones import add_phone, secret_of
from freeseat.application.directory.rules import add_class, add_trusted
from freeseat.application.directory.users import add_user, set_pin
from freeseat.application.ports import Transaction
from freeseat.cli.command import alone
from freeseat.cli.here import Here
from freeseat.cli.out import give
from freeseat.cli.softphones import Person, PhoneAccount, instructions
from freeseat.domain.directory import ClassOfService, Function, Phone, Right, TrustedNetwork, User
from freeseat.domain.drawing import draw_pin, draw_secret

_LOCAL = frozenset({Right.FEATURES, Right.INTERNAL})
STAFF = ClassOfService(0, "staff", _LOCAL | {Right.NATIONAL})
SUPERVISORS = ClassOfService(0, "supervisors", frozenset(Right), remote_logout_enabled=True)
SHARED_PHONES = ClassOfService(0, "shared phones", _LOCAL)
LOOPBACK = TrustedNetwork(0, "127.0.0.0/8", "this machine itself, to try registering as oneself")
SHARED = ("3001", "3002", "3003", "3004")
PEOPLE = (
    ("2019", "Bill", STAFF),
    ("2020", "Ann", STAFF),
    ("2021", "Carla", SUPERVISORS),
)
DESK_USER, DESK_PHONE = ("2001", "Dora"), "4001"


@dataclass(frozen=True, slots=True)
class Office:
    """What the office is, new or not: phones with secrets, people with PINs ('' where it was set before)."""

    phones: tuple[PhoneAccount, ...]
    people: tuple[Person, ...]
    assigned: PhoneAccount
    owner: Person
    new: tuple[str, ...]
    login_code: str


@alone(example="freeseat sample-office --reset-pins")
def sample_office(
    here: Here,
    reset_pins: Annotated[
        bool, typer.Option("--reset-pins", help="Give everybody of the sample a new PIN; old ones cannot be read.")
    ] = False,
) -> None:
    """Enter a small office: four shared phones, three hot desk users, one user with a phone of her own.

    PINs and SIP secrets are made at random. PINs are printed only when they are made. What is there stays as it is, so
    this may be run again.
    """
    from freeseat.bootstrap.node import addresses

    office = here.write(lambda tx: _Entering(here, tx).office(reset_pins=reset_pins))
    sip = here.settings.sip
    reachable = sip.advertise or next((each for each in addresses(here.settings) if not each.is_loopback), None)
    host = str(reachable or addresses(here.settings)[0])
    data = {
        "server": host,
        "port": sip.port,
        "phones": [_account(each, "") for each in office.phones] + [_account(office.assigned, office.owner.number)],
        "people": [_person(each) for each in (*office.people, office.owner)],
        "trusted": LOOPBACK.cidr,
        "new": office.new,
        "applied": here.applied,
    }
    lines = [instructions(office.phones, office.people, host, sip.port, office.login_code), "", _rest(office)]
    if any(not each.pin for each in office.people):
        lines.append("PINs cannot be read; new ones for all of them: freeseat sample-office --reset-pins")
    give(here, data, *lines)


class _Entering:
    """Enters what is missing, in one transaction."""

    def __init__(self, here: Here, tx: Transaction) -> None:
        self.here, self.tx, self.new = here, tx, list[str]()

    def office(self, *, reset_pins: bool) -> Office:
        """Enter it; gives what is there now. Raises Clash or InvalidValue where other entries are in the way."""
        classes = {cos.name: self._class(cos) for cos in (STAFF, SUPERVISORS, SHARED_PHONES)}
        people = tuple(
            self._person(number, name, classes[cos.name], hot_desk=True, reset_pin=reset_pins)
            for number, name, cos in PEOPLE
        )
        owner = self._person(*DESK_USER, classes[STAFF.name], hot_desk=False, reset_pin=reset_pins)
        phones = tuple(self._phone(number, classes[SHARED_PHONES.name], None) for number in SHARED)
        assigned = self._phone(DESK_PHONE, classes[STAFF.name], owner.number)
        if self.tx.trusted.get(cidr=LOOPBACK.cidr) is None:
            add_trusted(self.tx, LOOPBACK, self.here.actor, self.here.now)
            self.new.append(f"trusted network {LOOPBACK.cidr}")
        code = self.tx.codes.get(function=Function.LOGIN)
        return Office(phones, people, assigned, owner, tuple(self.new), code.code if code else "(no code is set)")

    def _class(self, cos: ClassOfService) -> int:
        found = self.tx.classes.get(name=cos.name)
        if found is None:
            found = add_class(self.tx, cos, self.here.actor, self.here.now)
            self.new.append(f"class of service {cos.name}")
        return found.id

    def _person(self, number: str, name: str, class_id: int, *, hot_desk: bool, reset_pin: bool) -> Person:
        actor, now = self.here.actor, self.here.now
        pin = draw_pin(self.tx.policy(), number, self.here.randomness)
        found = self.tx.users.get(number=number)
        if found is None:
            found = add_user(self.tx, User(0, number, name, class_id, hot_desk_access=hot_desk), pin, actor, now)
            self.new.append(f"user {number}")
        elif reset_pin:
            set_pin(self.tx, number, pin, actor, now)
        else:
            pin = ""
        return Person(number, found.name, pin)

    def _phone(self, number: str, class_id: int, owner: str | None) -> PhoneAccount:
        if self.tx.phones.get(number=number) is None:
            place = f"Main office, desk {number}"
            phone = Phone(0, number, class_id, site="main office", location_id=place)
            if owner is not None:
                person = self.tx.users.get(number=owner)
                assert person is not None, "entered just before"
                phone = replace(phone, shared=False, owner_id=person.id)
            add_phone(self.tx, phone, draw_secret(self.here.randomness), self.here.actor, self.here.now)
            self.new.append(f"phone {number}")
        return PhoneAccount(number, secret_of(self.tx, number))


def _account(phone: PhoneAccount, owner: str) -> dict[str, object]:
    return {"number": phone.number, "secret": phone.secret, "owner": owner}


def _person(person: Person) -> dict[str, object]:
    """A person for programs; the PIN is null where it was set before and cannot be read."""
    return {"number": person.number, "name": person.name, "pin": person.pin or None}


def _rest(office: Office) -> str:
    owner, assigned = office.owner, office.assigned
    return "\n".join(
        [
            f"{owner.name} ({owner.number}) has a phone of her own, {assigned.number}: SIP secret {assigned.secret}.",
            f"People may also register as themselves, with extension and PIN, from {LOOPBACK.cidr} only: this very",
            "machine, by its address 127.0.0.1 (freeseat trusted --help tells how to trust your office's network).",
        ]
    )
