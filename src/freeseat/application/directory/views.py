"""Users and phones as administrators see them: with the names behind the ids, in few statements however many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from freeseat.application.ports import Transaction
from freeseat.domain.desk_login import DeskLogin
from freeseat.domain.directory import Phone, User


@dataclass(frozen=True, slots=True)
class UserSeen:
    """A user, the name of his class of service, the numbers of phones assigned to him, and where he is logged in."""

    user: User
    class_name: str
    phones: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhoneSeen:
    """A phone, the name of its class of service, and numbers: owner, default owner, occupant ('' = none).

    `registered` tells whether a binding of its AoR is live.
    """

    phone: Phone
    class_name: str
    owner: str
    default_owner: str
    occupant: str
    occupant_name: str
    registered: bool


def users_seen(tx: Transaction, users: Sequence[User]) -> list[UserSeen]:
    """These users, in this order."""
    ids = [user.id for user in users]
    classes = _class_names(tx)
    assigned: dict[int | None, list[str]] = defaultdict(list)
    for phone in tx.phones.list(shared=False) if _many(ids) else tx.phones.among("owner_id", ids):
        assigned[phone.owner_id].append(phone.number)
    places: dict[int, list[str]] = defaultdict(list)
    for login in _open(tx, "user_id", ids):
        places[login.user_id].append(login.place)
    return [UserSeen(user, classes[user.class_id], tuple(assigned[user.id]), tuple(places[user.id])) for user in users]


def phones_seen(tx: Transaction, phones: Sequence[Phone]) -> list[PhoneSeen]:
    """These phones, in this order."""
    classes = _class_names(tx)
    occupants = {login.phone_id: login.user_id for login in _open(tx, "phone_id", [phone.id for phone in phones])}
    named = {*occupants.values()} | {phone.owner_id for phone in phones} | {phone.default_owner_id for phone in phones}
    people = {user.id: user for user in tx.users.among("id", named - {None})}
    aors = [phone.number for phone in phones]
    registered = {each.aor for each in (tx.bindings.list() if _many(aors) else tx.bindings.among("aor", aors))}

    def number(user_id: int | None) -> str:
        return people[user_id].number if user_id is not None else ""

    return [
        PhoneSeen(
            phone,
            classes[phone.class_id],
            number(phone.owner_id),
            number(phone.default_owner_id),
            number(occupants.get(phone.id)),
            people[occupants[phone.id]].name if phone.id in occupants else "",
            phone.number in registered,
        )
        for phone in phones
    ]


_MANY = 1000
"""From here on reading a whole table is quicker than naming rows."""


def _many(names: Sequence[object]) -> bool:
    return len(names) >= _MANY


def _open(tx: Transaction, column: str, ids: Sequence[int]) -> Sequence[DeskLogin]:
    return tx.logins.open() if _many(ids) else tx.logins.among(column, ids, ended_at=None)


def _class_names(tx: Transaction) -> dict[int, str]:
    return {cos.id: cos.name for cos in tx.classes.list()}
