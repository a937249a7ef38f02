"""Whether one person or phone lies in somebody's sphere (R10.1), as the lists have it: people by a queue of theirs or
by the site where they are logged in or have a phone, phones by their site.

What lies outside looks like what does not exist.
"""

from __future__ import annotations

from freeseat.application.directory.phones import phone_of
from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.domain.directory import Phone, User
from freeseat.domain.errors import InvalidValue, NotFound
from freeseat.domain.permissions import Sphere


def user_within(tx: Transaction, number: str, sphere: Sphere) -> User:
    """The user of a number. Raises NotFound, also for one outside of the sphere."""
    user = user_of(tx, number)
    if not covers_user(tx, sphere, user):
        raise NotFound("user", number)
    return user


def phone_within(tx: Transaction, number: str, sphere: Sphere) -> Phone:
    """The phone of a number. Raises NotFound, also for one outside of the sphere."""
    phone = phone_of(tx, number)
    if not covers_phone(sphere, phone):
        raise NotFound("phone", number)
    return phone


def person_named(tx: Transaction, field: str, number: str | None, sphere: Sphere) -> int | None:
    """The id of the person whom a field of something else names, such as a phone's owner; None for none.

    Raises InvalidValue, also for one outside of the sphere: a phone of his within would bring him into it.
    """
    if not number:
        return None
    user = tx.users.get(number=number)
    if user is None or not covers_user(tx, sphere, user):
        raise InvalidValue(field, number, "name a person who exists, by number")
    return user.id


def require_place(tx: Transaction, number: str, sphere: Sphere) -> None:
    """That a place or who is there lies in a sphere: a phone, or the AoR of somebody who registered as himself.

    Raises NotFound.
    """
    phone = tx.phones.get(number=number)
    if phone is None:
        user_within(tx, number, sphere)
        return
    login = tx.logins.at_phone(phone.id)
    there = tx.users.get(id=login.user_id) if login is not None else None
    if not covers_phone(sphere, phone) and (there is None or not covers_user(tx, sphere, there)):
        raise NotFound("phone", number)


def covers_user(tx: Transaction, sphere: Sphere, user: User) -> bool:
    """Whether a person lies in a sphere."""
    if sphere.unbounded:
        return True
    return _by_queue(tx, sphere, user) or _by_site(tx, sphere, user)


def covers_phone(sphere: Sphere, phone: Phone) -> bool:
    """Whether a phone lies in a sphere."""
    return sphere.unbounded or (sphere.sites is not None and phone.site in sphere.sites)


def _by_queue(tx: Transaction, sphere: Sphere, user: User) -> bool:
    ids = [member.queue_id for member in tx.members.list(user_id=user.id)]
    return sphere.queues is not None and any(queue.number in sphere.queues for queue in tx.queues.among("id", ids))


def _by_site(tx: Transaction, sphere: Sphere, user: User) -> bool:
    ids = [login.phone_id for login in tx.logins.of_user(user.id) if login.phone_id is not None]
    phones = [*tx.phones.among("id", ids), *tx.phones.list(owner_id=user.id)]
    return sphere.sites is not None and any(phone.site in sphere.sites for phone in phones)
