"""Pages of queues."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, ScalarSelect, func, select

from freeseat.application.listing import EVERYTHING, Page, PageWanted, QueueRow
from freeseat.application.queues.ports import WaitState
from freeseat.domain.permissions import Sphere
from freeseat.store import tables
from freeseat.store.listing.common import MEMBER, QUEUE, counted, cut, searched
from freeseat.store.queues import QUEUES

_ATTENDANCE, _CALL = tables.attendance.c, tables.queue_call.c


def page_of(connection: Connection, search: str, sphere: Sphere, page: PageWanted) -> Page[QueueRow]:
    """Queues with their counts, in one statement."""
    found = (
        QUEUES.all()
        .add_columns(
            _count(MEMBER.queue_id),
            _count(_ATTENDANCE.queue_id, _ATTENDANCE.logged_in_at.is_not(None)),
            _count(_CALL.queue_id, _CALL.state == WaitState.WAITING, _CALL.ended_at.is_(None)),
        )
        .where(*searched(connection, search, QUEUE.number, QUEUE.code, QUEUE.name))
        .order_by(QUEUE.number)
    )
    if sphere.queues is not None:
        found = found.where(QUEUE.number.in_(sphere.queues))
    if page.after is not None:
        found = found.where(QUEUE.number > page.after)
    rows = connection.execute(found.limit(page.limit + 1)).all()
    kept, following, total = cut(rows, page, lambda row: str(row.number))
    if total is None and page.after is None and not search and sphere == EVERYTHING:
        total = counted(connection, tables.queue)
    return Page(tuple(QueueRow(QUEUES.entity(row[:-3]), *row[-3:]) for row in kept), following, total)


def _count(queue_id: Any, *conditions: Any) -> ScalarSelect[Any]:
    found = select(func.count()).select_from(queue_id.table).where(queue_id == QUEUE.id, *conditions)
    return found.correlate(tables.queue).scalar_subquery()
