"""What Kamailio told: bindings that came and went, calls that began and ended. Read from the journal, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from freeseat.application.close_calls import close_calls
from freeseat.application.log_out import finish, finish_pending
from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord, Transaction
from freeseat.application.queues.attendance import registered, unregistered
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.calls import AssumedEnd
from freeseat.domain.desk_login import DeskLogin, EndReason, Method
from freeseat.domain.directory import ClassOfService
from freeseat.domain.events import Event, Kind


@dataclass(frozen=True, slots=True)
class Unbound:
    """A binding is gone: `why` is expired, unregistered or removed."""

    node: str
    aor: str
    contact: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class SwitchStarted:
    """Kamailio was started anew on this node (unix seconds)."""

    node: str
    at: float


Observation = Binding | Unbound | CallRecord | CallAnswered | CallEnded | SwitchStarted


def observe(tx: Transaction, seen: Sequence[Observation], now: datetime) -> None:
    """Take observations, in order, into the database, with what follows from them. Twice changes nothing more.

    Calls are taken in bulk: those that began before the bindings, those that ended after them, so that a phone that was
    lost during a call is not logged out before the call's end (R2.13).
    """
    started, answered, ended = _folded(seen)
    if started or answered:
        tx.calls.record(started, answered, [])
    closed = 0
    for each in seen:
        if isinstance(each, Binding):
            closed += _bound(tx, each, now)
        elif isinstance(each, Unbound):
            _unbound(tx, each, now)
        elif isinstance(each, SwitchStarted):
            closed += _transactions_died(tx, each)
    if ended:
        tx.calls.record([], [], ended)
    if closed or ended or any(call.ended_at is not None for call in started):
        finish_pending(tx, now)


def _folded(seen: Sequence[Observation]) -> tuple[list[CallRecord], list[CallAnswered], list[CallEnded]]:
    """What was seen of calls, with the answer and end of a call that began here already in its record."""
    records = {(each.node, each.call_id): each for each in seen if isinstance(each, CallRecord)}
    answered: list[CallAnswered] = []
    ended: list[CallEnded] = []
    for each in seen:
        if not isinstance(each, CallAnswered | CallEnded):
            continue
        record = records.get((each.node, each.call_id))
        if isinstance(each, CallAnswered):
            if record is None:
                answered.append(each)
            elif record.answered_at is None:
                records[each.node, each.call_id] = replace(record, answered_at=each.at, called_phone=each.phone)
        elif record is None:
            ended.append(each)
        elif record.ended_at is None:
            records[each.node, each.call_id] = replace(record, ended_at=each.at, code=each.code, cause=each.cause)
    return list(records.values()), answered, ended


def _transactions_died(tx: Transaction, seen: SwitchStarted) -> int:
    """Close the calls that nobody had answered when Kamailio ended; gives how many.

    Answered ones live on: their dialogs are the phones' own, and a new Kamailio relays their BYE, too (R4.4).
    """
    ringing = tx.calls.list(node=seen.node, ended_at=None, answered_at=None)
    lost = [call for call in ringing if call.started_at < seen.at]
    return close_calls(tx, lost, AssumedEnd.SWITCH_RESTARTED, Actor.system(), _when(seen.at))


def _bound(tx: Transaction, seen: Binding, now: datetime) -> int:
    """Take a binding in; gives how many calls were closed because its phone was restarted."""
    old = tx.bindings.get(node=seen.node, aor=seen.aor, contact=seen.contact)
    if old is not None and (old.at, old.call_id) == (seen.at, seen.call_id):
        return 0
    before = tx.bindings.list(aor=seen.aor)
    rebooted = [b for b in before if b.call_id != seen.call_id and not _differ(b, seen)]
    if old is None:
        tx.bindings.add(seen)
    else:
        tx.bindings.update(replace(seen, id=old.id))
    data = {"contact": seen.contact, "user_agent": seen.user_agent, "node": seen.node}
    actor = Actor(seen.aor, seen.source, Channel.REGISTER)
    tx.events.append(Event(_when(seen.at), Kind.REGISTERED, actor, "", seen.aor, data))
    closed = _calls_were_lost(tx, seen, before) if rebooted else 0
    if rebooted:
        _power_was_lost(tx, seen.aor, now)
    for login in _logins_at(tx, seen.aor):
        if login.pending is EndReason.UNREGISTERED:
            tx.logins.update(replace(login, pending=None, pending_since=None))
    registered(tx, seen.aor, now)
    return closed


def _differ(one: Binding, other: Binding) -> bool:
    """Whether two bindings are surely of two devices, by their instances (RFC 5626)."""
    return one.instance != other.instance and "" not in (one.instance, other.instance)


def _calls_were_lost(tx: Transaction, seen: Binding, before: Sequence[Binding]) -> int:
    """A phone that was restarted holds no call any more (R2.13): close those at its AoR; gives how many.

    None where another phone of that AoR may be the one that talks, or where the phone has come from another address:
    a softphone that changes networks takes its call along.
    """
    same = all(b.instance == seen.instance != "" for b in before) or len(before) == 1
    if not same or any(b.call_id == seen.call_id or b.source != seen.source for b in before):
        return 0
    calls = tx.calls.list(caller_phone=seen.aor, ended_at=None) + tx.calls.list(called_phone=seen.aor, ended_at=None)
    lost = {call.id: call for call in calls if call.started_at < seen.at}
    return close_calls(tx, lost.values(), AssumedEnd.PHONE_RESTARTED, Actor.system(), _when(seen.at))


def _power_was_lost(tx: Transaction, aor: str, now: datetime) -> None:
    """A phone that registers anew with another Call-ID was restarted: high security logs its occupant out (R2.14)."""
    for login in _logins_at(tx, aor):
        if login.method is not Method.REGISTER and _class_of(tx, login).high_security:
            finish(tx, [login], EndReason.POWER_LOSS, Actor.system(), now)


def _unbound(tx: Transaction, seen: Unbound, now: datetime) -> None:
    old = tx.bindings.get(node=seen.node, aor=seen.aor, contact=seen.contact)
    if old is None:
        return
    tx.bindings.delete(old)
    data = {"contact": seen.contact, "why": seen.why, "node": seen.node}
    actor = Actor(seen.aor, old.source, Channel.REGISTER)
    tx.events.append(Event(_when(seen.at), Kind.UNREGISTERED, actor, "", seen.aor, data))
    left = tx.bindings.list(aor=seen.aor)
    if not left:
        unregistered(tx, seen.aor, now)
    for login in _logins_at(tx, seen.aor):
        why = _end_without(login, _class_of(tx, login), old, left)
        if why is not None and login.started_at <= _when(seen.at):  # we are told late: he may be back already
            finish(tx, [login], why, Actor.system(), now)


def _end_without(login: DeskLogin, cos: ClassOfService, gone: Binding, left: Sequence[Binding]) -> EndReason | None:
    """Why a login ends now that a binding of its AoR is gone and those are left; None = it goes on.

    Who registered as himself is gone with the last binding of his own registration; a phone with its last binding: it
    may have no power, or somebody cut it off.
    """
    if login.method is Method.REGISTER:
        his = {binding.call_id for binding in left}
        return EndReason.UNREGISTERED if login.call_id == gone.call_id and gone.call_id not in his else None
    if left:
        return None
    if cos.high_security:
        return EndReason.POWER_LOSS
    return EndReason.UNREGISTERED if cos.unregistered_logout else None


def _logins_at(tx: Transaction, aor: str) -> list[DeskLogin]:
    return tx.logins.list(place=aor, ended_at=None)


def _class_of(tx: Transaction, login: DeskLogin) -> ClassOfService:
    user = tx.users.get(id=login.user_id)
    cos = tx.classes.get(id=user.class_id) if user is not None else None
    assert cos is not None, "the database holds that every user has a class, and who is deleted is logged out first"
    return cos


def _when(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
