"""Which phone a workplace's page belongs to now, and who is there (R6.1): address, then MAC, then number."""

from __future__ import annotations

from dataclasses import dataclass

from freeseat.application.ports import Binding, Transaction
from freeseat.domain.desk_login import DeskLogin
from freeseat.domain.directory import Phone, User
from freeseat.domain.workplaces import Desk, DeskKey, OwnDesk


@dataclass(frozen=True, slots=True)
class Place:
    """Where a workplace's phone is: the AoR to ring, the phone if it is known, the desk login there if any.

    A device that is nobody's known phone has a place while somebody has registered as himself there (R2.2).
    """

    aor: str
    phone: Phone | None
    login: DeskLogin | None


def phone_of(tx: Transaction, workplace: Desk) -> Phone | None:
    """The phone of a workplace; None if none is known."""
    place = place_of(tx, workplace)
    return place.phone if place is not None else None


def place_of(tx: Transaction, workplace: Desk) -> Place | None:
    """Where the phone of a workplace is; None if no phone is known, or the workplace is disabled.

    The address wins. Several devices behind one address (NAT) say nothing: then MAC, then number decide.
    """
    if isinstance(workplace, OwnDesk):
        own = [each for each in places_of_user(tx, workplace.user_id) if workplace.place in ("", each.aor)]
        return own[0] if own else None
    if not workplace.enabled:
        return None
    if workplace.address and (found := _at_address(tx, workplace.address)) is not None:
        return found
    if workplace.mac and (phone := tx.phones.get(mac=workplace.mac)) is not None:
        return _of_phone(tx, phone)
    if workplace.phone_number and (phone := tx.phones.get(number=workplace.phone_number)) is not None:
        return _of_phone(tx, phone)
    return None


def desk_of(tx: Transaction, key: DeskKey) -> Desk | None:
    """The desk of a key; None if the workplace, or the person, is not there any more."""
    if key.owner_id is None:
        return tx.workplaces.get(id=key.workplace_id)
    owner = tx.users.get(id=key.owner_id)
    return OwnDesk(owner.id, owner.name) if owner is not None else None


def places_of_user(tx: Transaction, user_id: int) -> list[Place]:
    """Where somebody is: desks at which he is logged in, newest first, then phones that are assigned to him."""
    logins = sorted(tx.logins.of_user(user_id), key=lambda login: login.started_at, reverse=True)
    found = [
        Place(login.place, tx.phones.get(id=login.phone_id) if login.phone_id is not None else None, login)
        for login in logins
    ]
    return found + [_of_phone(tx, phone) for phone in tx.phones.list(owner_id=user_id, enabled=True)]


def occupant_at(tx: Transaction, place: Place) -> User | None:
    """Who is at a place: who is logged in there, or who owns the phone; None = nobody."""
    if place.login is not None:
        return tx.users.get(id=place.login.user_id)
    owner = place.phone.owner_id if place.phone is not None else None
    return tx.users.get(id=owner) if owner is not None else None


def _at_address(tx: Transaction, address: str) -> Place | None:
    """The place of the one device with a live binding from that address; None if there is none, or are several."""
    found: dict[str, Place] = {}
    for binding in tx.bindings.list(source=address):
        place = _of_binding(tx, binding)
        if place is not None:
            device = f"phone {place.phone.id}" if place.phone is not None else f"contact {binding.contact}"
            known = found.get(device)
            if known is None or known.login is None:
                found[device] = place
    return next(iter(found.values())) if len(found) == 1 else None


def _of_binding(tx: Transaction, binding: Binding) -> Place | None:
    """Where a binding leads: to a phone by its own AoR, or to the device where a user registered as himself."""
    phone = tx.phones.get(number=binding.aor)
    if phone is not None:
        return _of_phone(tx, phone)
    logins = tx.logins.list(place=binding.aor, ended_at=None)
    login = next((each for each in logins if each.source == binding.source), None)
    if login is None:
        return None
    return Place(binding.aor, tx.phones.get(id=login.phone_id) if login.phone_id is not None else None, login)


def _of_phone(tx: Transaction, phone: Phone) -> Place:
    login = tx.logins.at_phone(phone.id)
    return Place(login.place if login is not None else phone.number, phone, login)
