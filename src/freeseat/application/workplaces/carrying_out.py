"""How voice carries out what pages wish of a phone: each wish once, by the node where it is registered (R6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from freeseat.application.callers import caller_at
from freeseat.application.ports import Binding, CallRecord, Transaction
from freeseat.application.workplaces.desk import CallSeen, call_at
from freeseat.application.workplaces.place import Place
from freeseat.application.workplaces.wishes import open_wishes, wish_went
from freeseat.domain.call_wishes import CallWish, WishFailure, WishKind, WishState
from freeseat.domain.directory import User


@dataclass(frozen=True, slots=True)
class Taken:
    """A wish that is this voice process's to carry out; `bindings` are where the phone is, `call` is its call."""

    wish: CallWish
    bindings: tuple[Binding, ...]
    call: CallSeen | None


def wishes_to_take(tx: Transaction, node: str, now: datetime) -> list[CallWish]:
    """What nobody has taken up yet and this node may: its own phones', and those of phones that are nowhere."""
    return [wish for wish in open_wishes(tx, now) if wish.state is WishState.WISHED and _may_take(tx, wish.phone, node)]


def take_wish(tx: Transaction, wish_id: int, node: str, now: datetime) -> Taken | None:
    """Voice takes a wish up, before it does anything about it; None if it is not to do anything.

    A wish that cannot be carried out fails here: its occupant has left, the phone is not registered or not idle.
    """
    wish = tx.wishes.get(id=wish_id)
    if wish is None or wish.state is not WishState.WISHED or wish.expired(now):
        return None
    bindings = tuple(tx.bindings.list(aor=wish.phone, node=node))
    caller = caller_at(tx, wish.phone)
    user = caller.user if caller is not None else None
    call = call_at(tx, Place(wish.phone, None, None), user) if user is not None else None
    why = _hindrance(wish, user, bindings, call)
    if why is not None:
        wish_went(tx, wish.id, WishState.FAILED, why, now)
        return None
    taken = wish_went(tx, wish.id, WishState.RINGING, "", now)
    return Taken(taken, bindings, call) if taken is not None else None


def taken_before(tx: Transaction, node: str, now: datetime) -> list[CallWish]:
    """What an earlier voice process of this node had taken up and not brought to an end."""
    return [
        wish for wish in open_wishes(tx, now) if wish.state is WishState.RINGING and _may_take(tx, wish.phone, node)
    ]


def keep_leg(tx: Transaction, wish_id: int, leg: str) -> None:
    """Keep what restores the dialog with the phone that is to dial."""
    wish = tx.wishes.get(id=wish_id)
    if wish is not None:
        tx.wishes.update(replace(wish, leg=leg))


def call_made(tx: Transaction, wish: CallWish) -> CallRecord | None:
    """The call that the phone has made as it was wished, as the switch saw it; None if there is none yet."""
    since = min(wish.at, wish.changed_at)  # the clock of who wished may run ahead of this machine's
    made: Sequence[CallRecord] = tx.calls.find(phone=wish.phone, since=since.timestamp())
    return next((call for call in made if (call.caller_phone, call.dialled) == (wish.phone, wish.number)), None)


def _may_take(tx: Transaction, phone: str, node: str) -> bool:
    bindings = tx.bindings.list(aor=phone)
    return not bindings or any(binding.node == node for binding in bindings)


def _hindrance(
    wish: CallWish, user: User | None, bindings: Sequence[Binding], call: CallSeen | None
) -> WishFailure | None:
    if user is None or user.number != wish.user:
        return WishFailure.NOT_THERE
    if not bindings:
        return WishFailure.UNREGISTERED
    return WishFailure.PHONE_BUSY if wish.kind is WishKind.DIAL and call is not None else None
