"""Wishes of pages that voice carries out at the phone: dial, answer, hang up (R6.2). Kept until they are done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.proving import Refusal
from freeseat.application.workplaces.acting import at_desk
from freeseat.domain.actors import Actor
from freeseat.domain.call_wishes import EXPIRED, CallWish, WishKind, WishState
from freeseat.domain.errors import IllegalTransition
from freeseat.domain.events import Event, Kind
from freeseat.domain.numbering import check_dialable
from freeseat.domain.workplaces import Workplace

_KINDS = {
    WishKind.DIAL: Kind.DIAL_WISHED,
    WishKind.ANSWER: Kind.ANSWER_WISHED,
    WishKind.HANG_UP: Kind.HANG_UP_WISHED,
}
_VISUAL = re.compile(r"[\s().\-/]")  # RFC 3966 section 5.1.1: visual separators; blanks, which people type
SUPERSEDED = "superseded"
_KEPT = timedelta(hours=1)


def wish_to_dial(
    tx: Transaction, workplace: Workplace, user: str, number: str, actor: Actor, now: datetime
) -> CallWish | Refusal:
    """The occupant clicked on a number: his phone is to dial it. What he may dial is judged when the phone does.

    Clicking twice is one wish; another number replaces a wish that is not done. Raises InvalidValue.
    """
    dialled = check_dialable("number", _VISUAL.sub("", number))
    return _wish(tx, workplace, user, WishKind.DIAL, actor, now, number=dialled)


def wish_to_answer(
    tx: Transaction, workplace: Workplace, user: str, call_id: str, actor: Actor, now: datetime
) -> CallWish | Refusal:
    """The occupant wants to answer the call that rings ('' = the only one); not every phone can be asked to."""
    return _wish(tx, workplace, user, WishKind.ANSWER, actor, now, call_id=call_id)


def wish_to_hang_up(
    tx: Transaction, workplace: Workplace, user: str, call_id: str, actor: Actor, now: datetime
) -> CallWish | Refusal:
    """The occupant wants to end a call ('' = the only one), or to refuse the one that rings."""
    return _wish(tx, workplace, user, WishKind.HANG_UP, actor, now, call_id=call_id)


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


def _wish(
    tx: Transaction,
    workplace: Workplace,
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
    undone = tx.wishes.get(phone=place.aor, kind=kind, done_at=None)
    if undone is not None:
        if (undone.user, undone.number, undone.call_id) == (user, number, call_id) and not undone.expired(now):
            return undone
        wish_went(tx, undone.id, WishState.FAILED, SUPERSEDED, now)
    wish = tx.wishes.add(CallWish(0, kind, place.aor, person.number, now, now, number, call_id))
    data: dict[str, object] = {"wish": wish.id} | (
        {"number": number} if kind is WishKind.DIAL else {"call_id": call_id}
    )
    tx.events.append(Event(now, _KINDS[kind], actor, person.number, place.aor, data))
    return wish
