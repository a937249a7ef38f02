"""One unit of work on the database: `application.ports.Transaction` over a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Text,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord, Vault
from freeseat.domain.calls import AssumedEnd
from freeseat.domain.desk_login import DeskLogin, EndReason
from freeseat.domain.directory import ClassOfService, FeatureCode, Phone, Schedule, TrustedNetwork, User
from freeseat.domain.mailbox import Mailbox
from freeseat.domain.policy import Policy
from freeseat.domain.trunks import InboundNumber, Trunk
from freeseat.store import tables
from freeseat.store.accounts import SqlAccountRows
from freeseat.store.claims import SqlClaims
from freeseat.store.columns import adapter
from freeseat.store.feed import SqlEvents
from freeseat.store.history import SqlHistory
from freeseat.store.listing import SqlListing
from freeseat.store.pages import SqlPageRows
from freeseat.store.prepared import Prepared
from freeseat.store.queues import (
    ATTENDANCES,
    MEMBERS,
    OFFERS,
    QUEUE_CALLS,
    QUEUES,
    SqlQueueStates,
    SqlWaiting,
)
from freeseat.store.rows import Shape, TableRows

USERS = Shape(User, tables.person)
PHONES = Shape(Phone, tables.phone)
CLASSES = Shape(ClassOfService, tables.service_class)
TRUSTED = Shape(TrustedNetwork, tables.trusted_network)
CODES = Shape(FeatureCode, tables.feature_code, key="function")
SCHEDULES = Shape(Schedule, tables.schedule)
LOGINS = Shape(DeskLogin, tables.desk_login)
BINDINGS = Shape(Binding, tables.binding)
CALLS = Shape(CallRecord, tables.call_record)
MAILBOXES = Shape(Mailbox, tables.mailbox)
TRUNKS = Shape(Trunk, tables.trunk)
INBOUND = Shape(InboundNumber, tables.inbound_number)


class SqlTransaction(SqlPageRows, SqlAccountRows):
    """The repositories of one transaction. Policy is read once."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self.connection, self.vault = connection, vault
        self.users = TableRows(connection, USERS)
        self.phones = TableRows(connection, PHONES)
        self.classes = TableRows(connection, CLASSES)
        self.trusted = TableRows(connection, TRUSTED)
        self.codes = TableRows(connection, CODES)
        self.schedules = TableRows(connection, SCHEDULES)
        self.bindings = TableRows(connection, BINDINGS)
        self.logins = SqlLogins(connection, LOGINS)
        self.calls = SqlCalls(connection, CALLS)
        self.mailboxes = TableRows(connection, MAILBOXES)
        self.trunks = TableRows(connection, TRUNKS)
        self.inbound = TableRows(connection, INBOUND)
        self.queues = TableRows(connection, QUEUES)
        self.members = TableRows(connection, MEMBERS)
        self.attendances = TableRows(connection, ATTENDANCES)
        self.queue_calls = TableRows(connection, QUEUE_CALLS)
        self.offers = TableRows(connection, OFFERS)
        self.waiting = SqlWaiting(connection)
        self.queue_states = SqlQueueStates(connection)
        self.claims = SqlClaims(connection)
        self.failures = SqlFailures(connection)
        self.events = SqlEvents(connection)
        self.listing = SqlListing(connection)
        self.history = SqlHistory(connection)
        self._policy: Policy | None = None

    def policy(self) -> Policy:
        """The administrator's policy as it stands; the defaults where none was set."""
        if self._policy is None:
            self._policy = _read_policy(self.connection)
        return self._policy

    def set_policy(self, policy: Policy) -> None:
        """Replace the policy."""
        value = adapter(Policy).dump_python(policy, mode="json")
        _put(self.connection, tables.setting, {"name": "policy"}, {"value": value})
        self._policy = policy

    def followed(self, follower: str) -> str:
        """Where a follower stands; '' at the beginning."""
        return _FOLLOWED.scalar(self.connection, {"_follower": follower}) or ""

    def set_followed(self, follower: str, position: str) -> None:
        """Remember where a follower stands."""
        _put(self.connection, tables.followed, {"follower": follower}, {"position": position})


class SqlLogins(TableRows[DeskLogin]):
    """The desk logins."""

    def at_phone(self, phone_id: int) -> DeskLogin | None:
        """The open login at a phone."""
        return self.get(phone_id=phone_id, ended_at=None)

    def of_user(self, user_id: int) -> tuple[DeskLogin, ...]:
        """The open logins of a user, oldest first."""
        return tuple(self.list(user_id=user_id, ended_at=None))

    def open(self) -> list[DeskLogin]:
        """All open logins, oldest first."""
        return self.list(ended_at=None)

    def pending(self) -> list[DeskLogin]:
        """The open logins whose end waits for a call."""
        return [LOGINS.entity(row) for row in _PENDING_LOGINS.all(self.connection, {})]

    def older_than(self, class_id: int, started: datetime) -> list[DeskLogin]:
        """The open logins of users of that class which started before then."""
        return self._found(_of_class(class_id), _LOGIN.started_at <= started)

    def idle_since(self, class_id: int, since: datetime) -> list[DeskLogin]:
        """Those of them at whose place no call was under way since then."""
        calls = tables.call_record
        recent = or_(calls.c.ended_at.is_(None), calls.c.ended_at > since.timestamp())
        at_place = [
            exists().where(column == _LOGIN.place, recent) for column in (calls.c.caller_phone, calls.c.called_phone)
        ]
        return self._found(_of_class(class_id), _LOGIN.started_at <= since, *(not_(each) for each in at_place))

    def _found(self, *conditions: ColumnElement[bool]) -> list[DeskLogin]:
        found = _OPEN_LOGINS.where(*conditions).order_by(_LOGIN.id)
        return [LOGINS.entity(row) for row in self.connection.execute(found)]

    def last_ended(self, user_id: int) -> DeskLogin | None:
        """The login of a user that ended last; None if none ever did."""
        ended = LOGINS.all().where(_LOGIN.user_id == user_id, _LOGIN.ended_at.is_not(None))
        row = self.connection.execute(ended.order_by(_LOGIN.ended_at.desc(), _LOGIN.id.desc()).limit(1)).first()
        return None if row is None else LOGINS.entity(row)

    def registration_ended(self, user_id: int, call_id: str) -> EndReason | None:
        """Why the newest login by a REGISTER of this Call-ID has ended; None if there was none, or one is open."""
        logins = self.list(user_id=user_id, call_id=call_id)
        if not logins or any(login.ended_at is None for login in logins):
            return None
        return logins[-1].end_reason


_LOGIN = tables.desk_login.c
_OPEN_LOGINS = LOGINS.all().where(_LOGIN.ended_at.is_(None))
_PENDING_LOGINS = Prepared(_OPEN_LOGINS.where(_LOGIN.pending.is_not(None)).order_by(_LOGIN.id))


def _of_class(class_id: int) -> ColumnElement[bool]:
    of_class = select(tables.person.c.id).where(tables.person.c.class_id == class_id)
    return _LOGIN.user_id.in_(of_class)


class SqlCalls(TableRows[CallRecord]):
    """The call records."""

    def record(
        self, started: Sequence[CallRecord], answered: Sequence[CallAnswered], ended: Sequence[CallEnded]
    ) -> None:
        """Write many at once, in this order; what is known already is left as it is, but for an assumed end."""
        if started:
            rows = [CALLS.values(each) for each in started]
            for row in rows:
                del row["id"]
            _insert_call(self.connection.dialect.name).many(self.connection, rows)
        if answered:
            _ANSWERED.many(self.connection, [_parameters(each) for each in answered])
        if ended:
            _ENDED.many(self.connection, [_parameters(each) for each in ended])

    def open_since_before(self, at: float) -> list[CallRecord]:
        """The open calls that started before then (unix seconds)."""
        return [CALLS.entity(row) for row in _OPEN_CALLS_BEFORE.all(self.connection, {"_at": at})]

    def open_at(self, aors: Iterable[str]) -> bool:
        """Whether a call is under way at one of these AoRs, as caller, or as called and answered."""
        table = tables.call_record
        for aor in aors:
            for column in (table.c.caller_phone, table.c.called_phone):
                found = select(table.c.id).where(column == aor, table.c.ended_at.is_(None)).limit(1)
                if self.connection.execute(found).first() is not None:
                    return True
        return False

    def find(
        self, *, user: str = "", phone: str = "", since: float | None = None, going_on: bool = False, limit: int = 100
    ) -> list[CallRecord]:
        """The newest calls of a user or a phone, newest first."""
        table = tables.call_record
        found = CALLS.all().order_by(table.c.id.desc()).limit(limit)
        if user:
            found = found.where(or_(table.c.caller == user, table.c.called == user))
        if phone:
            found = found.where(or_(table.c.caller_phone == phone, table.c.called_phone == phone))
        if since is not None:
            found = found.where(table.c.started_at >= since)
        if going_on:
            found = found.where(table.c.ended_at.is_(None))
        return [CALLS.entity(row) for row in self.connection.execute(found)]

    def last_at(self, aors: Iterable[str]) -> float | None:
        """The newest sign of a call at one of these AoRs, unix seconds."""
        table = tables.call_record
        newest: list[float] = []
        for aor in aors:
            for column in (table.c.caller_phone, table.c.called_phone):
                sign = func.coalesce(table.c.ended_at, table.c.answered_at, table.c.started_at)
                found = self.connection.execute(select(func.max(sign)).where(column == aor)).scalar()
                if found is not None:
                    newest.append(found)
        return max(newest, default=None)


_CALL = tables.call_record
_THIS_CALL = and_(
    _CALL.c.call_id == bindparam("_call_id"),
    _CALL.c.node == bindparam("_node"),
    or_(_CALL.c.ended_at.is_(None), *(_CALL.c.cause == assumed for assumed in AssumedEnd)),
)
_ANSWERED = Prepared(
    update(_CALL)
    .where(_THIS_CALL, _CALL.c.answered_at.is_(None))
    .values(answered_at=bindparam("_at"), called_phone=bindparam("_phone"), ended_at=None, code=0, cause="")
)
_ENDED = Prepared(
    update(_CALL)
    .where(_THIS_CALL)
    .values(ended_at=bindparam("_at"), code=bindparam("_code"), cause=bindparam("_cause"))
)
_OPEN_CALLS_BEFORE = Prepared(CALLS.all().where(_CALL.c.ended_at.is_(None), _CALL.c.started_at < bindparam("_at")))


def _parameters(seen: CallAnswered | CallEnded) -> dict[str, object]:
    return {f"_{f.name}": getattr(seen, f.name) for f in fields(seen)}


def _insert_of(dialect: str, table: Any, names: Iterable[str]) -> Any:
    """The database's own `insert` of one row, which alone knows ON CONFLICT."""
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table).values(values)


@cache
def _insert_call(dialect: str) -> Prepared[Insert]:
    names = (name for name in CALLS.names if name != "id")
    return Prepared(_insert_of(dialect, tables.call_record, names).on_conflict_do_nothing())


class SqlFailures:
    """Wrong PIN attempts and locks."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def locked_until(self, number: str, source: str) -> datetime | None:
        """When the pair's newest lock ends; None if never locked."""
        until: datetime | None = _LOCKED_UNTIL.scalar(self.connection, {"_number": number, "_source": source})
        return until

    def add(self, number: str, source: str, fingerprint: str, at: datetime) -> bool:
        """Remember a failure. False if this very fingerprint (unless empty) is known for the pair already."""
        table = tables.pin_failure
        if fingerprint:
            same = select(table.c.id).where(
                table.c.number == number, table.c.source == source, table.c.fingerprint == fingerprint
            )
            if self.connection.execute(same).first() is not None:
                return False
        self.connection.execute(
            insert(table), {"number": number, "source": source, "fingerprint": fingerprint, "at": at}
        )
        return True

    def times(self, number: str, source: str) -> list[datetime]:
        """When the pair failed, oldest first."""
        table = tables.pin_failure
        found = select(table.c.at).where(table.c.number == number, table.c.source == source).order_by(table.c.at)
        return list(self.connection.execute(found).scalars())

    def clear(self, number: str, source: str) -> None:
        """Forget the pair's failures."""
        _CLEAR_FAILURES.run(self.connection, {"_number": number, "_source": source})

    def lock(self, number: str, source: str, until: datetime) -> None:
        """Lock the pair and forget its failures."""
        self.clear(number, source)
        _put(self.connection, tables.pin_lock, {"number": number, "source": source}, {"until": until})

    def locks(self, number: str, now: datetime) -> list[tuple[str, datetime]]:
        """The sources for which a number is locked now, and until when."""
        table = tables.pin_lock
        found = select(table.c.source, table.c.until).where(table.c.number == number, table.c.until > now)
        return [(row.source, row.until) for row in self.connection.execute(found.order_by(table.c.source))]

    def unlock(self, number: str) -> int:
        """Forget all locks and failures of a number; gives how many locks there were."""
        if _FAILED.first(self.connection, {"_number": number}) is None:
            return 0
        self.connection.execute(delete(tables.pin_failure).where(tables.pin_failure.c.number == number))
        return self.connection.execute(delete(tables.pin_lock).where(tables.pin_lock.c.number == number)).rowcount

    def any_before(self, before: datetime) -> bool:
        """Whether `forget` would find anything; ids grow with time, so the first failure is the oldest."""
        oldest = _OLDEST_FAILURE.scalar(self.connection, {})
        if oldest is not None and oldest < before:
            return True
        return _ENDED_LOCK.first(self.connection, {"_before": before}) is not None

    def forget(self, before: datetime) -> None:
        """Sweep failures older than this, and locks that ended before it."""
        self.connection.execute(delete(tables.pin_failure).where(tables.pin_failure.c.at < before))
        self.connection.execute(delete(tables.pin_lock).where(tables.pin_lock.c.until < before))


_LOCK, _FAILURE = tables.pin_lock, tables.pin_failure
_LOCKED_UNTIL = Prepared(
    select(_LOCK.c.until).where(_LOCK.c.number == bindparam("_number"), _LOCK.c.source == bindparam("_source"))
)
_OLDEST_FAILURE = Prepared(select(_FAILURE.c.at).order_by(_FAILURE.c.id).limit(1))
_ENDED_LOCK = Prepared(select(_LOCK.c.number).where(_LOCK.c.until < bindparam("_before")).limit(1))
_CLEAR_FAILURES = Prepared(
    delete(_FAILURE).where(_FAILURE.c.number == bindparam("_number"), _FAILURE.c.source == bindparam("_source"))
)


_FAILED = Prepared(
    select(literal(1)).where(
        or_(
            exists().where(tables.pin_failure.c.number == bindparam("_number")),
            exists().where(tables.pin_lock.c.number == bindparam("_number")),
        )
    )
)


def _read_policy(connection: Connection) -> Policy:
    found = _POLICY.scalar(connection, {})
    return Policy() if found is None else _policy_of(found)


_POLICY = Prepared(select(cast(tables.setting.c.value, Text)).where(tables.setting.c.name == "policy"))
_FOLLOWED = Prepared(select(tables.followed.c.position).where(tables.followed.c.follower == bindparam("_follower")))


@lru_cache(maxsize=4)
def _policy_of(text: str) -> Policy:
    """The policy that is stored as this JSON text: read with each login, changed once a year."""
    policy: Policy = adapter(Policy).validate_json(text)
    return policy


def _put(connection: Connection, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert or replace one row by its primary key; both databases share the syntax but not the function."""
    _put_into(connection.dialect.name, table, tuple(key), tuple(values)).run(connection, key | values)


@cache
def _put_into(dialect: str, table: Any, key: tuple[str, ...], values: tuple[str, ...]) -> Prepared[Insert]:
    statement = _insert_of(dialect, table, (*key, *values))
    put = {name: statement.excluded[name] for name in values}
    return Prepared(statement.on_conflict_do_update(index_elements=list(key), set_=put))
