"""What Kamailio told: bindings that came and went, calls that began and ended. Read from the journal, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from freeseat.application.log_out import finish, finish_pending
from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord, Transaction
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import DeskLogin, EndReason, Method
from freeseat.domain.events import Event, Kind


@dataclass(frozen=True, slots=True)
class Unbound:
    """A binding is gone: `why` is expired, unregistered or removed."""

    node: str
    aor: str
    contact: str
    why: str
    at: float


Observation = Binding | Unbound | CallRecord | CallAnswered | CallEnded


def observe(tx: Transaction, seen: Sequence[Observation], now: datetime) -> None:
    """Take observations, in order, into the database, with what follows from them. Twice changes nothing more."""
    for each in seen:
        if isinstance(each, Binding):
            _bound(tx, each, now)
        elif isinstance(each, Unbound):
            _unbound(tx, each, now)
    started = [each for each in seen if isinstance(each, CallRecord)]
    answered = [each for each in seen if isinstance(each, CallAnswered)]
    ended = [each for each in seen if isinstance(each, CallEnded)]
    if started or answered or ended:
        tx.calls.record(started, answered, ended)
    if ended:
        finish_pending(tx, now)


def _bound(tx: Transaction, seen: Binding, now: datetime) -> None:
    old = tx.bindings.get(node=seen.node, aor=seen.aor, contact=seen.contact)
    if old is not None and (old.at, old.call_id) == (seen.at, seen.call_id):
        return
    rebooted = [b for b in tx.bindings.list(aor=seen.aor) if b.call_id != seen.call_id]
    if old is None:
        tx.bindings.add(seen)
    else:
        tx.bindings.update(replace(seen, id=old.id))
    data = {"contact": seen.contact, "user_agent": seen.user_agent, "node": seen.node}
    actor = Actor(seen.aor, seen.source, Channel.REGISTER)
    tx.events.append(Event(_when(seen.at), Kind.REGISTERED, actor, "", seen.aor, data))
    if rebooted:
        _power_was_lost(tx, seen.aor, now)


def _power_was_lost(tx: Transaction, aor: str, now: datetime) -> None:
    """A phone that registers anew with another Call-ID was restarted: high security logs its occupant out (R2.14)."""
    for login in _logins_at(tx, aor):
        user_class = _class_id_of(tx, login)
        cos = tx.classes.get(id=user_class) if user_class is not None else None
        if cos is not None and cos.high_security and login.method is not Method.REGISTER:
            finish(tx, [login], EndReason.POWER_LOSS, Actor.system(), now)


def _unbound(tx: Transaction, seen: Unbound, now: datetime) -> None:
    old = tx.bindings.get(node=seen.node, aor=seen.aor, contact=seen.contact)
    if old is None:
        return
    tx.bindings.delete(old)
    data = {"contact": seen.contact, "why": seen.why, "node": seen.node}
    actor = Actor(seen.aor, old.source, Channel.REGISTER)
    tx.events.append(Event(_when(seen.at), Kind.UNREGISTERED, actor, "", seen.aor, data))
    if tx.bindings.list(aor=seen.aor):
        return
    for login in _logins_at(tx, seen.aor):
        class_id = _class_id_of(tx, login)
        cos = tx.classes.get(id=class_id) if class_id is not None else None
        if login.method is Method.REGISTER:
            gone = login.call_id == old.call_id
        else:
            gone = cos is not None and cos.unregistered_logout
        if gone:
            finish(tx, [login], EndReason.UNREGISTERED, Actor.system(), now)


def _logins_at(tx: Transaction, aor: str) -> list[DeskLogin]:
    return tx.logins.list(place=aor, ended_at=None)


def _class_id_of(tx: Transaction, login: DeskLogin) -> int | None:
    user = tx.users.get(id=login.user_id)
    return user.class_id if user else None


def _when(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
