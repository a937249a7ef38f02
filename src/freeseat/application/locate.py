"""Where is user N: node, phone, site, since when, by which method (R2.11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from freeseat.application.callers import class_of_caller
from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal, refuse
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import DeskLogin, EndReason, Method, State
from freeseat.domain.directory import Phone, User
from freeseat.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One place where a user is logged in. `registered` tells whether he can be reached there.

    That is by a live binding, at `node`; an outside telephone always counts as reached.
    """

    user: str
    name: str
    phone: str
    place: str
    site: str
    location_id: str
    node: str
    since: datetime
    method: Method
    state: State
    pending: EndReason | None
    registered: bool


def locate(tx: Transaction, user: str) -> tuple[Whereabouts, ...] | None:
    """All places of a user, the oldest login first; empty = not logged in; None = there is no such user."""
    found = tx.users.get(number=user)
    return None if found is None else tuple(_places(tx, tx.logins.of_user(found.id)))


def locate_from(
    tx: Transaction, caller: str, user: str, actor: Actor, now: datetime
) -> tuple[Whereabouts, ...] | Refusal:
    """`locate` for somebody at a phone: his class of service has to permit it; an unknown user is *not logged in*."""
    caller_class = class_of_caller(tx, caller)
    if caller_class is None or not caller_class.locate_enabled:
        return refuse(tx, Reason.NOT_PERMITTED, actor, now, user=user, phone=caller)
    return locate(tx, user) or ()


def who_is_where(tx: Transaction) -> list[Whereabouts]:
    """Every open desk login as a place, by time of login."""
    return _places(tx, tx.logins.open())


def _places(tx: Transaction, logins: Sequence[DeskLogin]) -> list[Whereabouts]:
    """These logins as places, with a few statements however many they are."""
    users = {user.id: user for user in tx.users.among("id", [login.user_id for login in logins])}
    phone_ids = [login.phone_id for login in logins if login.phone_id is not None]
    phones = {phone.id: phone for phone in tx.phones.among("id", phone_ids)}
    nodes = {binding.aor: binding.node for binding in tx.bindings.among("aor", [login.place for login in logins])}
    return [
        _place(login, users[login.user_id], phones.get(login.phone_id or 0), nodes.get(login.place)) for login in logins
    ]


def _place(login: DeskLogin, user: User, phone: Phone | None, node: str | None) -> Whereabouts:
    """`node` is where a binding is, None if there is none."""
    return Whereabouts(
        user=user.number,
        name=user.name,
        phone=phone.number if phone else "",
        place=login.place,
        site=phone.site if phone else "",
        location_id=phone.location_id if phone else login.location_id,
        node=node or "",
        since=login.started_at,
        method=login.method,
        state=login.state,
        pending=login.pending,
        registered=node is not None or login.method is Method.EXTERNAL,
    )
