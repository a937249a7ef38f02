"""Who is at the other end of a call: the phone, its occupant and the class of service that applies (R3.5)."""

from __future__ import annotations

from dataclasses import dataclass

from freeseat.application.ports import Transaction
from freeseat.domain.directory import ClassOfService, Phone, User


@dataclass(frozen=True, slots=True)
class Caller:
    """The party at an AoR: its phone if known, and the person there if any."""

    phone: Phone | None
    user: User | None


def caller_at(tx: Transaction, aor: str) -> Caller | None:
    """The party at an AoR: a phone with its occupant or owner, or a user registered as himself; None if unknown."""
    phone = tx.phones.get(number=aor)
    if phone is None:
        user = tx.users.get(number=aor)
        return Caller(None, user) if user is not None else None
    login = tx.logins.at_phone(phone.id)
    person = login.user_id if login else phone.owner_id
    return Caller(phone, tx.users.get(id=person) if person is not None else None)


def class_of_caller(tx: Transaction, aor: str) -> ClassOfService | None:
    """The class of service that applies at an AoR: the person's, or the phone's where nobody is; None if unknown."""
    caller = caller_at(tx, aor)
    if caller is None:
        return None
    owner = caller.user or caller.phone
    return tx.classes.get(id=owner.class_id) if owner is not None else None
