"""Queues in the database: members with the inputs of their readiness in one statement, callers and offers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, literal, or_, select

from freeseat.application.queues.ports import MemberState, OfferEnd, OfferRow, QueueCall, WaitState
from freeseat.domain.desk_login import Method
from freeseat.domain.queues import Attendance, Queue, QueueMember
from freeseat.store import tables
from freeseat.store.prepared import Prepared
from freeseat.store.rows import Shape

QUEUES = Shape(Queue, tables.queue)
MEMBERS = Shape(QueueMember, tables.queue_member)
ATTENDANCES = Shape(Attendance, tables.attendance)
QUEUE_CALLS = Shape(QueueCall, tables.queue_call)
OFFERS = Shape(OfferRow, tables.offer)

_PERSON, _LOGIN, _PHONE = tables.person.c, tables.desk_login.c, tables.phone.c
_BINDING, _CALL, _OFFER, _WAITING = tables.binding.c, tables.call_record.c, tables.offer.c, tables.queue_call.c
OFFER = "offer"
"""Kind of the record of a call by which a queue rings a member (docs/switch-contract.md)."""
_OPEN_SINCE_BEFORE = Prepared(
    QUEUE_CALLS.all().where(_WAITING.ended_at.is_(None), _WAITING.entered_at < bindparam("_entered"))
)
_DECLINED = (OfferEnd.MISSED, OfferEnd.REFUSED, OfferEnd.UNREACHABLE)


class SqlWaiting:
    """`application.queues.ports.Waiting`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def of_queue(self, queue_id: int) -> list[QueueCall]:
        """The waiting callers, first come first."""
        found = QUEUE_CALLS.all().where(_of(queue_id)).order_by(_WAITING.entered_at, _WAITING.id)
        return [QUEUE_CALLS.entity(row) for row in self.connection.execute(found)]

    def entered(self, queue_id: int, owner: str | None = None) -> list[tuple[int, datetime]]:
        """Waiting callers and when they came, first come first; only those of one voice process, or all."""
        found = select(_WAITING.id, _WAITING.entered_at).where(_of(queue_id)).order_by(_WAITING.entered_at, _WAITING.id)
        if owner is not None:
            found = found.where(_WAITING.node == owner)
        return [(call_id, at) for call_id, at in self.connection.execute(found)]

    def carried(self, owner: str) -> list[QueueCall]:
        """What a voice process carries: calls that are not over, or are with somebody outside of the queue."""
        kept = or_(_WAITING.ended_at.is_(None), _WAITING.leg != "")
        found = QUEUE_CALLS.all().where(_WAITING.node == owner, kept).order_by(_WAITING.id)
        return [QUEUE_CALLS.entity(row) for row in self.connection.execute(found)]

    def open_since_before(self, entered: datetime) -> list[QueueCall]:
        """The calls of all queues that are not over and came before then."""
        return [QUEUE_CALLS.entity(row) for row in _OPEN_SINCE_BEFORE.all(self.connection, {"_entered": entered})]

    def offered(self, queue_id: int) -> list[OfferRow]:
        """The open offers of a queue's callers."""
        found = OFFERS.all().where(_OFFER.queue_id == queue_id, _OFFER.ended_at.is_(None)).order_by(_OFFER.id)
        return [OFFERS.entity(row) for row in self.connection.execute(found)]

    def declined(self, queue_id: int) -> dict[int, dict[int, int]]:
        """For each waiting caller the users who have missed or refused him, and how often."""
        found = (
            select(_OFFER.queue_call_id, _OFFER.user_id, func.count())
            .join(tables.queue_call, _WAITING.id == _OFFER.queue_call_id)
            .where(_of(queue_id), _OFFER.end.in_(_DECLINED))
            .group_by(_OFFER.queue_call_id, _OFFER.user_id)
        )
        declined: dict[int, dict[int, int]] = {}
        for call_id, user_id, times in self.connection.execute(found):
            declined.setdefault(call_id, {})[user_id] = times
        return declined

    def mean_call_seconds(self, queue_id: int, last: int) -> float | None:
        """The mean length of the last answered calls; None if there were none."""
        found = (
            select(_WAITING.answered_at, _WAITING.ended_at)
            .where(_WAITING.queue_id == queue_id, _WAITING.ended_at.is_not(None), _WAITING.answered_at.is_not(None))
            .order_by(_WAITING.ended_at.desc())
            .limit(last)
        )
        lengths = [(ended - answered).total_seconds() for answered, ended in self.connection.execute(found)]
        return sum(lengths) / len(lengths) if lengths else None


class SqlQueueStates:
    """`application.queues.ports.QueueStates`: one statement a queue."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def of_queue(self, queue: Queue, *, logged_in: bool = False, user: str = "") -> list[MemberState]:
        """Every member, or only those who are queue-logged-in, or only that user (a number), by user number."""
        member, attendance = tables.queue_member, tables.attendance
        columns = [
            *(member.c[name] for name in MEMBERS.names),
            *(attendance.c[name] for name in ATTENDANCES.names),
            _PERSON.number,
            _PERSON.name,
            _AT_DESK,
            _REACHABLE,
            _ON_CALL,
            _OFFERED,
        ]
        attends = and_(attendance.c.queue_id == member.c.queue_id, attendance.c.user_id == member.c.user_id)
        found = (
            select(*columns)
            .join(tables.person, _PERSON.id == member.c.user_id)
            .outerjoin(attendance, attends)
            .where(member.c.queue_id == queue.id, _PERSON.enabled)
            .order_by(_PERSON.number)
        )
        if logged_in:
            found = found.where(attendance.c.logged_in_at.is_not(None))
        if user:
            found = found.where(_PERSON.number == user)
        return [_state(row) for row in self.connection.execute(found)]


def _state(row: Any) -> MemberState:
    first, second = len(MEMBERS.names), len(MEMBERS.names) + len(ATTENDANCES.names)
    attendance = ATTENDANCES.entity(row[first:second]) if row[first] is not None else None
    number, name, at_desk, reachable, on_call, offered = row[second:]
    return MemberState(
        MEMBERS.entity(row[:first]),
        attendance,
        number,
        name,
        bool(at_desk),
        bool(reachable),
        bool(on_call),
        bool(offered),
    )


def _of(queue_id: int) -> ColumnElement[bool]:
    return and_(_WAITING.queue_id == queue_id, _WAITING.state == WaitState.WAITING, _WAITING.ended_at.is_(None))


_OPEN_LOGIN = and_(_LOGIN.user_id == _PERSON.id, _LOGIN.ended_at.is_(None))
_OWN_PHONE = and_(_PHONE.owner_id == _PERSON.id, _PHONE.enabled)


def _somewhere(condition_at_login: ColumnElement[bool], condition_at_phone: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether something holds at one of the places where a person can be reached."""
    return or_(
        exists().where(_OPEN_LOGIN, condition_at_login).correlate(tables.person),
        exists().where(_OWN_PHONE, condition_at_phone).correlate(tables.person),
    )


def _open_call(place: ColumnElement[str]) -> ColumnElement[bool]:
    """A call at a place by the records, which follow a moment later; of queues' calls the queue knows first."""
    at_place = or_(_CALL.caller_phone == place, _CALL.called_phone == place)
    return and_(at_place, _CALL.ended_at.is_(None), _CALL.kind != OFFER)


_YES = literal(1) == literal(1)
_AT_DESK = _somewhere(_YES, _YES).label("at_desk")
_REACHABLE = or_(
    _somewhere(_BINDING.aor == _LOGIN.place, _BINDING.aor == _PHONE.number),
    exists().where(_OPEN_LOGIN, _LOGIN.method == Method.EXTERNAL).correlate(tables.person),
).label("reachable")
_ON_QUEUE_CALL = _PERSON.id.in_(
    select(_WAITING.user_id).where(
        _WAITING.state == WaitState.ANSWERED, _WAITING.ended_at.is_(None), _WAITING.user_id.is_not(None)
    )
)
_ON_CALL = or_(_ON_QUEUE_CALL, _somewhere(_open_call(_LOGIN.place), _open_call(_PHONE.number))).label("on_call")
_OFFERED = (
    exists().where(_OFFER.user_id == _PERSON.id, _OFFER.ended_at.is_(None)).correlate(tables.person).label("offered")
)
