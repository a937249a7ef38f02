"""Where is user N: node, phone, site, since when, by which method (R2.11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from freeseat.application.callers import class_of_caller
from freeseat.application.ports import Binding, Transaction
from freeseat.application.proving import Refusal, refuse
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import EndReason, Method, State
from freeseat.domain.reasons import Reason


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One place where a user is logged in. `registered` tells whether a live binding is there; `node` where it is."""

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
    if found is None:
        return None
    places = []
    for login in tx.logins.of_user(found.id):
        phone = tx.phones.get(id=login.phone_id) if login.phone_id is not None else None
        bindings: list[Binding] = tx.bindings.list(aor=login.place)
        places.append(
            Whereabouts(
                user=found.number,
                name=found.name,
                phone=phone.number if phone else "",
                place=login.place,
                site=phone.site if phone else "",
                location_id=phone.location_id if phone else login.location_id,
                node=bindings[0].node if bindings else "",
                since=login.started_at,
                method=login.method,
                state=login.state,
                pending=login.pending,
                registered=bool(bindings),
            )
        )
    return tuple(places)


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
    numbers = [user.number for login in tx.logins.open() if (user := tx.users.get(id=login.user_id))]
    return [place for number in dict.fromkeys(numbers) for place in locate(tx, number) or ()]
