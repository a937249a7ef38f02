"""What pages and webhooks need, over a connection: `application.pages.PageRows`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Select,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    extract,
    func,
    or_,
    select,
)

from freeseat.application.pages import CallState
from freeseat.application.queues.ports import Outcome, WaitState
from freeseat.domain.boards import Board, DayCounts
from freeseat.domain.call_wishes import CallWish
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Sphere
from freeseat.domain.plans import FloorPlan, Placement, PlanImage
from freeseat.domain.webhooks import Delivery, Webhook, WebhookProgress
from freeseat.domain.workplaces import OpenPage, SavedSettings, Workplace
from freeseat.store import page_tables, tables
from freeseat.store.prepared import Prepared
from freeseat.store.rows import Shape, TableRows

WORKPLACES = Shape(Workplace, page_tables.workplace)
SETTINGS = Shape(SavedSettings, page_tables.desk_settings)
OPEN_PAGES = Shape(OpenPage, page_tables.open_page)
WISHES = Shape(CallWish, page_tables.call_wish)
BOARDS = Shape(Board, page_tables.board)
PLANS = Shape(FloorPlan, page_tables.floor_plan)
PLAN_IMAGES = Shape(PlanImage, page_tables.plan_image)
PLACEMENTS = Shape(Placement, page_tables.placement)
WEBHOOKS = Shape(Webhook, page_tables.webhook)
PROGRESS = Shape(WebhookProgress, page_tables.webhook_progress)
DELIVERIES = Shape(Delivery, page_tables.webhook_delivery)


class SqlPageRows:
    """The repositories of `PageRows`, each made when it is first asked for: most use cases need none of them."""

    connection: Connection

    @property
    def workplaces(self) -> TableRows[Workplace]:
        """Workplaces."""
        return TableRows(self.connection, WORKPLACES)

    @property
    def desk_settings(self) -> TableRows[SavedSettings]:
        """Settings of pages."""
        return TableRows(self.connection, SETTINGS)

    @property
    def open_pages(self) -> TableRows[OpenPage]:
        """Pages that somebody has open."""
        return TableRows(self.connection, OPEN_PAGES)

    @property
    def wishes(self) -> TableRows[CallWish]:
        """What pages wish of phones."""
        return TableRows(self.connection, WISHES)

    @property
    def sweeping(self) -> SqlSweeping:
        """What the timers look for."""
        return SqlSweeping(self.connection)

    @property
    def boards(self) -> TableRows[Board]:
        """Wallboards."""
        return TableRows(self.connection, BOARDS)

    @property
    def queue_counts(self) -> SqlQueueCounts:
        """What became of callers."""
        return SqlQueueCounts(self.connection)

    @property
    def plans(self) -> TableRows[FloorPlan]:
        """Floor plans, without their pictures."""
        return TableRows(self.connection, PLANS)

    @property
    def plan_images(self) -> TableRows[PlanImage]:
        """Their pictures."""
        return TableRows(self.connection, PLAN_IMAGES)

    @property
    def placements(self) -> TableRows[Placement]:
        """Places of phones on plans."""
        return TableRows(self.connection, PLACEMENTS)

    @property
    def webhooks(self) -> TableRows[Webhook]:
        """Webhooks."""
        return TableRows(self.connection, WEBHOOKS)

    @property
    def webhook_progress(self) -> TableRows[WebhookProgress]:
        """How far they have come."""
        return TableRows(self.connection, PROGRESS)

    @property
    def deliveries(self) -> TableRows[Delivery]:
        """Attempts to deliver."""
        return TableRows(self.connection, DELIVERIES)

    @property
    def delivery_log(self) -> SqlDeliveries:
        """Their log."""
        return SqlDeliveries(self.connection)

    @property
    def numbers(self) -> SqlNumbers:
        """The directory page by page."""
        return SqlNumbers(self.connection)

    @property
    def calls_under_way(self) -> SqlCallsUnderWay:
        """Calls that have not ended."""
        return SqlCallsUnderWay(self.connection)

    @property
    def tallies(self) -> SqlTallies:
        """Counts for metrics."""
        return SqlTallies(self.connection)


_PAGE, _WISH = page_tables.open_page.c, page_tables.call_wish.c
_CLOSED_PAGES = Prepared(OPEN_PAGES.all().where(_PAGE.stops_at <= bindparam("_until")).order_by(_PAGE.id))
_WISHES_DONE = Prepared(select(func.count(_WISH.id)).where(_WISH.done_at < bindparam("_before")))


class SqlSweeping:
    """`application.pages.Sweeping`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def closed_pages(self, until: datetime) -> list[OpenPage]:
        """The pages that count as stopped by then."""
        return [OPEN_PAGES.entity(row) for row in _CLOSED_PAGES.all(self.connection, {"_until": until})]

    def wishes_done(self, before: datetime) -> int:
        """How many wishes of pages were done before then."""
        return int(_WISHES_DONE.scalar(self.connection, {"_before": before}))

    def forget_wishes(self, done_before: datetime) -> None:
        """Delete them."""
        table = page_tables.call_wish
        self.connection.execute(delete(table).where(table.c.done_at < done_before))


_RECORD = tables.call_record.c
_OPEN_CALLS = _RECORD.ended_at.is_(None)
_ENDS = (_RECORD.caller_phone, _RECORD.called_phone, _RECORD.called)
_STATES = Prepared(select(_RECORD.id, *_ENDS, _RECORD.answered_at).where(_OPEN_CALLS))
_UNDER_WAY = Prepared(select(func.count()).select_from(tables.call_record).where(_OPEN_CALLS))


class SqlCallsUnderWay:
    """`application.pages.CallsUnderWay`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def states(self) -> list[CallState]:
        """All of them."""
        return list(map(CallState._make, _STATES.all(self.connection, {})))

    def count(self) -> int:
        """How many there are."""
        return int(_UNDER_WAY.scalar(self.connection, {}))


class SqlQueueCounts:
    """`application.pages.QueueCounts`: one statement over the index of a queue's callers by time."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def since(self, queue_ids: Iterable[int], since: datetime, within_seconds: int) -> dict[int, DayCounts]:
        """Of each queue's callers who entered since then: those whose calls are over from the index, and the others."""
        wanted, counted = list(queue_ids), dict[int, DayCounts]()
        for over in (_CALL.ended_at.is_not(None), _CALL.ended_at.is_(None)):
            for queue_id, *counts in self.connection.execute(self._counted(wanted, since, within_seconds, over)):
                counted[queue_id] = counted.get(queue_id, DayCounts()).plus(DayCounts(*map(int, counts)))
        return counted

    def now(self, sphere: Sphere) -> tuple[int, int]:
        """Callers who wait and members who are logged in, in all queues of a sphere."""
        waiting = select(func.count(_CALL.id)).where(_CALL.state == WaitState.WAITING, _CALL.ended_at.is_(None))
        logged_in = select(func.count(_ATTENDANCE.id)).where(_ATTENDANCE.logged_in_at.is_not(None))
        if sphere.queues is not None:
            ids = select(tables.queue.c.id).where(tables.queue.c.number.in_(sphere.queues))
            waiting, logged_in = waiting.where(_CALL.queue_id.in_(ids)), logged_in.where(_ATTENDANCE.queue_id.in_(ids))
        return self.connection.scalar(waiting) or 0, self.connection.scalar(logged_in) or 0

    def _counted(
        self, queue_ids: list[int], since: datetime, within_seconds: int, which: ColumnElement[bool]
    ) -> Select[Any]:
        waited = _seconds(self.connection, _CALL.entered_at, _CALL.answered_at)
        stayed = _seconds(self.connection, _CALL.entered_at, _CALL.ended_at)
        bound, gone = within_seconds + _JITTER, _CALL.outcome == Outcome.ABANDONED
        return (
            select(
                _CALL.queue_id,
                func.count(_CALL.answered_at),
                func.sum(case((waited <= bound, 1), else_=0)),
                func.sum(case((gone, 1), else_=0)),
                func.sum(case((and_(gone, stayed <= bound), 1), else_=0)),
                func.sum(case((or_(_CALL.answered_at.is_not(None), _CALL.ended_at.is_not(None)), 1), else_=0)),
            )
            .where(_CALL.queue_id.in_(queue_ids), _CALL.entered_at >= since, which)
            .group_by(_CALL.queue_id)
        )


_CALL, _ATTENDANCE = tables.queue_call.c, tables.attendance.c
_JITTER = 0.001
"""Seconds that a difference of times may be off (SQLite counts days)."""


def _seconds(connection: Connection, start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[float]:
    """Seconds between two times; NULL where either is."""
    if connection.dialect.name == "sqlite":
        return (func.julianday(end) - func.julianday(start)) * 86_400
    return cast(extract("epoch", end - start), Float(53))


class SqlDeliveries:
    """`application.pages.Deliveries`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def keep(self, webhook_id: int, newest: int) -> None:
        """Forget all but the newest of a hook."""
        table = page_tables.webhook_delivery
        of_hook = select(table.c.id).where(table.c.webhook_id == webhook_id).order_by(table.c.id.desc())
        oldest_kept = self.connection.execute(of_hook.offset(newest - 1).limit(1)).scalar()
        if oldest_kept is not None:
            self.connection.execute(delete(table).where(table.c.webhook_id == webhook_id, table.c.id < oldest_kept))

    def newest(self, webhook_id: int, limit: int) -> list[Delivery]:
        """The newest of a hook, newest first."""
        table = page_tables.webhook_delivery
        found = DELIVERIES.all().where(table.c.webhook_id == webhook_id).order_by(table.c.id.desc()).limit(limit)
        return [DELIVERIES.entity(row) for row in self.connection.execute(found)]


class SqlNumbers:
    """`application.pages.Pages`, by the indexes of numbers."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def user_numbers(self, after: str, limit: int) -> list[str]:
        """The next numbers of enabled users behind one."""
        return self._after(tables.person, after, limit, tables.person.c.enabled)

    def phone_numbers(self, after: str, limit: int) -> list[str]:
        """The next numbers of phones behind one."""
        return self._after(tables.phone, after, limit)

    def _after(self, table: Table, after: str, limit: int, *conditions: ColumnElement[bool]) -> list[str]:
        found = select(table.c.number).where(table.c.number > after, *conditions).order_by(table.c.number).limit(limit)
        return list(self.connection.execute(found).scalars())


class SqlTallies:
    """`application.pages.Tallies`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def logins(self) -> dict[str, int]:
        """Open desk logins by method."""
        login = tables.desk_login.c
        return self._counted(login.method, login.ended_at.is_(None))

    def bindings(self) -> dict[str, int]:
        """Live bindings by node."""
        return self._counted(tables.binding.c.node)

    def open_calls(self) -> dict[str, int]:
        """Calls that are under way, by kind."""
        call = tables.call_record.c
        return self._counted(call.kind, call.ended_at.is_(None))

    def refusals(self, after: int) -> tuple[int, dict[str, int]]:
        """Refusals behind a position by reason, and the position counted up to."""
        event = tables.event.c
        last = self.connection.execute(select(func.max(event.position))).scalar() or 0
        found = select(event.data).where(
            event.position > after, event.position <= last, event.kind == Kind.LOGIN_REFUSED
        )
        counted: dict[str, int] = {}
        for data in self.connection.execute(found).scalars():
            reason = str(data.get("reason", ""))
            counted[reason] = counted.get(reason, 0) + 1
        return last, counted

    def followers(self) -> dict[str, str]:
        """Where each follower stands, in its own words."""
        table = tables.followed
        found = self.connection.execute(select(table.c.follower, table.c.position))
        return {row.follower: row.position for row in found}

    def _counted(self, column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> dict[str, int]:
        found = select(column, func.count()).where(*conditions).group_by(column)
        return {str(value): count for value, count in self.connection.execute(found)}
