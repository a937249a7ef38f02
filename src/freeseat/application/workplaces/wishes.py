"""Wishes of pages that voice carries out at the phone: dial, answer, hang up (R6.2). Kept until they are done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal, refuse
from freeseat.application.workplaces.acting import at_desk
from freeseat.application.workplaces.place import Place, place_of
from freeseat.domain.actors import Actor
from freeseat.domain.call_wishes import EXPIRED, CallWish, WishKind, WishState
from freeseat.domain.directory import User
from freeseat.domain.errors import IllegalTransition
from freeseat.domain.events import Event, Kind
from freeseat.domain.numbering import check_dialable
from freeseat.domain.reasons import Reason
from freeseat.domain.workplaces import Desk, OwnDesk

_KINDS = {
    WishKind.DIAL: Kind.DIAL_WISHED,
    WishKind.ANSWER: Kind.ANSWER_WISHED,
    WishKind.HANG_UP: Kind.HANG_UP_WISHED,
}
_VISUAL = re.compile(r"[\s().\-/]")  # RFC 3966 section 5.1.1: visual separators; blanks, which people type
SUPERSEDED = "superseded"
_KEPT = timedelta(hours=1)


def wish_to_dial(
    tx: Transaction, workplace: Desk, user: str, number: str, actor: Actor, now: datetime
) -> CallWish | Refusal:
    """The occupant clicked on a number: his phone is to dial it. What he may dial is judged when the phone does.

    Clicking twice is one wish; another number replaces a wish that is not done. Raises InvalidValue.
    """
    return _wish(tx, workplace, user, WishKind.DIAL, actor, now, number=_dialled(number))


def wish_to_answer(
    tx: Transaction, workplace: Desk, user: str, call_id: str, actor: Actor, now: datetime
) -> CallWish | Refusal:
    """The occupant wants to answer the call that rings ('' = the only one); not every phone can be asked to."""
    return _wish(tx, workplace, user, WishKind.ANSWER, actor, now, call_id=call_id)


def wish_to_hang_up(
    tx: Transaction, workplace: Desk, user: str, call_id: str, actor: Actor, now: datetime
) -> CallWish | Refusal:
    """The occupant wants to end a call ('' = the only one), or to refuse the one that rings."""
    return _wish(tx, workplace, user, WishKind.HANG_UP, actor, now, call_id=call_id)


def wish_on_behalf(
    tx: Transaction,
    person: User,
    kind: WishKind,
    actor: Actor,
    now: datetime,
    *,
    place: str = "",
    number: str = "",
    call_id: str = "",
) -> CallWish | Refusal:
    """Somebody else, or a program, wishes for `person` at the place (AoR) where he is; '' = the one he took last.

    Who may is for the caller to judge; the wish stands in the audit log under `actor`. Raises InvalidValue if `number`
    cannot be dialled.
    """
    there = place_of(tx, OwnDesk(person.id, person.name, place))
    if there is None:
        return refuse(tx, Reason.NOT_LOGGED_IN, actor, now, user=person.number, phone=place)
    if not person.enabled:
        return refuse(tx, Reason.USER_DISABLED, actor, now, user=person.number, phone=there.aor)
    if kind is WishKind.DIAL:
        return _wish_at(tx, there, person, kind, actor, now, number=_dialled(number), call_id="")
    return _wish_at(tx, there, person, kind, actor, now, number="", call_id=call_id)


def open_wishes(tx: Transaction, now: datetime) -> Sequence[CallWish]:
    """What voice is to carry out, oldest first; never what has become too old."""
    return [wish for wish in tx.wishes.list(done_at=None) if not wish.expired(now)]


def wish_went(tx: Transaction, wish_id: int, state: WishState, reason: str, now: datetime) -> CallWish | None:
    """Voice tells how a wish goes on; `reason` is a word why it failed. None if it was done before, or is unknown."""
    wish = tx.wishes.get(id=wish_id)
    if wish is None:
        return None
    try:
        new = wish.going(state, reason, now)
    except IllegalTransition:
        return None
    tx.wishes.update(new)
    data = {"wish": wish.id, "wished": wish.kind, "state": state, "reason": new.reason}
    tx.events.append(Event(now, Kind.WISH_WENT, Actor.system(), wish.user, wish.phone, data))
    return new


def wishes_due(tx: Transaction, now: datetime) -> bool:
    """Whether `end_old_wishes` would find anything."""
    return any(wish.expired(now) for wish in tx.wishes.list(done_at=None)) or tx.sweeping.wishes_done(now - _KEPT) > 0


def end_old_wishes(tx: Transaction, now: datetime) -> int:
    """Wishes that nobody took up have failed; what was done long ago is forgotten. Gives how many failed."""
    old = [wish for wish in tx.wishes.list(done_at=None) if wish.expired(now)]
    for wish in old:
        wish_went(tx, wish.id, WishState.FAILED, EXPIRED, now)
    tx.sweeping.forget_wishes(now - _KEPT)
    return len(old)


def _dialled(number: str) -> str:
    return check_dialable("number", _VISUAL.sub("", number))


def _wish(
    tx: Transaction,
    workplace: Desk,
    user: str,
    kind: WishKind,
    actor: Actor,
    now: datetime,
    *,
    number: str = "",
    call_id: str = "",
) -> CallWish | Refusal:
    there = at_desk(tx, workplace, user, actor, now)
    if isinstance(there, Refusal):
        return there
    place, person, actor = there
    return _wish_at(tx, place, person, kind, actor, now, number=number, call_id=call_id)


def _wish_at(
    tx: Transaction,
    place: Place,
    person: User,
    kind: WishKind,
    actor: Actor,
    now: datetime,
    *,
    number: str,
    call_id: str,
) -> CallWish:
    undone = tx.wishes.get(phone=place.aor, kind=kind, done_at=None)
    if undone is not None:
        wanted = (person.number, number, call_id)
        if (undone.user, undone.number, undone.call_id) == wanted and not undone.expired(now):
            return undone
        wish_went(tx, undone.id, WishState.FAILED, SUPERSEDED, now)
    wish = tx.wishes.add(CallWish(0, kind, place.aor, person.number, now, now, number, call_id))
    data: dict[str, object] = {"wish": wish.id} | (
        {"number": number} if kind is WishKind.DIAL else {"call_id": call_id}
    )
    tx.events.append(Event(now, _KINDS[kind], actor, person.number, place.aor, data))
    return wish
