"""Phones: enter, change, delete, new secret (R1.2, R1.3, R1.4, R1.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.log_out import finish
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import desk_left
from freeseat.application.workplaces.directory import named_phone_follows
from freeseat.domain.actors import Actor
from freeseat.domain.checks import check_default_owner, check_phone, check_secret
from freeseat.domain.desk_login import EndReason
from freeseat.domain.directory import Phone
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.numbering import Claim

CHANGEABLE = frozenset(f.name for f in fields(Phone)) - {"id", "secret"}


def add_phone(tx: Transaction, phone: Phone, secret: str, actor: Actor, now: datetime) -> Phone:
    """Enter a phone with its SIP secret (chosen, or `draw_secret`). Raises InvalidValue or Clash."""
    owner = tx.users.get(id=phone.owner_id) if phone.owner_id is not None else None
    check_phone(phone, tx.policy(), owner)
    check_secret(secret)
    if phone.default_owner_id is not None:
        check_default_owner(tx.users.get(id=phone.default_owner_id))
    tx.claims.add(Claim(phone.number, _owner(phone)))
    added = tx.phones.add(replace(phone, secret=tx.vault.seal(secret)))
    tx.events.append(Event(now, Kind.PHONE_ADDED, actor, owner.number if owner else "", added.number, shown(added)))
    return added


def change_phone(tx: Transaction, number: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Phone:
    """Change fields of a phone; see CHANGEABLE. Being disabled or no longer shared ends the login there (R1.9).

    Raises NotFound, InvalidValue or Clash; then nothing is done.
    """
    old = phone_of(tx, number)
    new = changed_fields(old, changes, CHANGEABLE)
    if new == old:
        return old
    owner = tx.users.get(id=new.owner_id) if new.owner_id is not None else None
    check_phone(new, tx.policy(), owner)
    if new.default_owner_id not in (None, old.default_owner_id):
        check_default_owner(tx.users.get(id=new.default_owner_id))
    if new.number != old.number:
        tx.claims.release(_owner(old))
        tx.claims.add(Claim(new.number, _owner(new)))
        named_phone_follows(tx, old.number, new.number)
    if new.number != old.number or (new.enabled, new.shared) != (True, True):
        _empty(tx, old, EndReason.PHONE_REMOVED if not new.enabled else EndReason.RULES_CHANGED, actor, now)
    tx.phones.update(new)
    if not new.enabled or new.owner_id != old.owner_id:
        _leave_owner(tx, old, now)
    persons = [tx.users.get(id=each) for each in {old.owner_id, new.owner_id} if each is not None]
    data = {
        "changes": shown(new, since=old),
        "was": old.number,
        "owners": [person.number for person in persons if person is not None],
    }
    tx.events.append(Event(now, Kind.PHONE_CHANGED, actor, owner.number if owner else "", new.number, data))
    return new


def delete_phone(tx: Transaction, number: str, actor: Actor, now: datetime) -> None:
    """Delete a phone; the login there ends first, in the same transaction (R1.9). Raises NotFound."""
    phone = phone_of(tx, number)
    owner = tx.users.get(id=phone.owner_id) if phone.owner_id is not None else None
    _empty(tx, phone, EndReason.PHONE_REMOVED, actor, now)
    tx.claims.release(_owner(phone))
    tx.phones.delete(phone)
    _leave_owner(tx, phone, now)
    data = {"owners": [owner.number] if owner else []}
    tx.events.append(Event(now, Kind.PHONE_DELETED, actor, owner.number if owner else "", number, data))


def set_secret(tx: Transaction, number: str, secret: str, actor: Actor, now: datetime) -> None:
    """Give a phone a new SIP secret. Raises NotFound or InvalidValue."""
    phone = phone_of(tx, number)
    check_secret(secret)
    tx.phones.update(replace(phone, secret=tx.vault.seal(secret)))
    tx.events.append(Event(now, Kind.PHONE_CHANGED, actor, "", number, {"changes": {"secret": "***"}, "was": number}))


def secret_of(tx: Transaction, number: str) -> str:
    """A phone's SIP secret, for provisioning or for an administrator who sets up a phone by hand. Raises NotFound."""
    return tx.vault.open(phone_of(tx, number).secret)


def phone_of(tx: Transaction, number: str) -> Phone:
    """The phone of a number. Raises NotFound."""
    phone = tx.phones.get(number=number)
    if phone is None:
        raise NotFound("phone", number)
    return phone


def next_free_number(tx: Transaction) -> str:
    """The first number of the shared phones' ranges that nobody has (R1.3). Raises InvalidValue if all are taken."""
    ranges = tx.policy().shared_phone_ranges
    taken = {phone.number for phone in tx.phones.list(shared=True)}
    for number in (number for each in ranges for number in each.numbers()):
        if number not in taken and tx.claims.is_free(Claim(number, "a new phone")):
            return number
    words = ", ".join(str(each) for each in ranges) or "none"
    raise InvalidValue("shared_phone_ranges", words, "every number in it is taken: add a range")


def _empty(tx: Transaction, phone: Phone, why: EndReason, actor: Actor, now: datetime) -> None:
    login = tx.logins.at_phone(phone.id)
    if login is not None:
        finish(tx, [login], why, actor, now)


def _leave_owner(tx: Transaction, phone: Phone, now: datetime) -> None:
    """A phone was taken from its owner: it may have been his last place."""
    owner = tx.users.get(id=phone.owner_id) if phone.owner_id is not None else None
    if owner is not None:
        desk_left(tx, owner, now)


def _owner(phone: Phone) -> str:
    return f"phone {phone.number}"
