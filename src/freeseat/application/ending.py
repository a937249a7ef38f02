"""Ending a desk login: the one place where it happens, whoever or whatever asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import desk_left, desk_moved
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import DeskLogin, EndReason, State
from freeseat.domain.events import Event, Kind


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a login that was told to end: ended now, or pending until the call is over (R2.13)."""

    login: DeskLogin
    user: str
    phone: str
    position: int

    @property
    def pending(self) -> bool:
        """Whether the end waits for a call."""
        return self.login.state is State.PENDING


def end_login(tx: Transaction, login: DeskLogin, reason: EndReason, actor: Actor, now: datetime) -> Ended:
    """End a login for a reason, or make it pending where that reason must not cut off a call."""
    on_call = tx.calls.open_at(_aors(tx, login))
    return _write(tx, login, login.ending(reason, now, on_call=on_call), actor, now)


def end_after_call(tx: Transaction, login: DeskLogin, actor: Actor, now: datetime) -> Ended | None:
    """End a pending login if its calls are over; None if it is not pending or a call goes on."""
    if login.state is not State.PENDING or tx.calls.open_at(_aors(tx, login)):
        return None
    return _write(tx, login, login.calls_over(now), actor, now)


def _aors(tx: Transaction, login: DeskLogin) -> tuple[str, ...]:
    return (login.place,)


def _write(tx: Transaction, before: DeskLogin, after: DeskLogin, actor: Actor, now: datetime) -> Ended:
    user = tx.users.get(id=after.user_id)
    phone = tx.phones.get(id=after.phone_id) if after.phone_id is not None else None
    user_number, phone_number = user.number if user else "", phone.number if phone else ""
    if after == before:
        return Ended(after, user_number, phone_number, tx.events.last_position())
    tx.logins.update(after)
    data: dict[str, object] = {"login": after.id, "method": after.method, "place": after.place}
    if after.state is State.ENDED:
        data |= {"reason": after.end_reason, "started_at": after.started_at.isoformat(), "contact": after.contact}
        kind = Kind.LOGGED_OUT
    else:
        data |= {"reason": after.pending}
        kind = Kind.LOGOUT_PENDING
    tx.events.append(Event(now, kind, actor, user_number, phone_number, data))
    if user is not None and after.state is State.ENDED:
        (desk_moved if after.end_reason is EndReason.MOVED else desk_left)(tx, user, now)
    return Ended(after, user_number, phone_number, tx.events.last_position())
