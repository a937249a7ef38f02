"""Pages of queues."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, ScalarSelect, func, select

from freeseat.application.listing import EVERYTHING, Page, PageWanted, QueueRow
from freeseat.application.queues.ports import WaitState
from freeseat.domain.permissions import Sphere
from freeseat.store import tables
from freeseat.store.listing.common import MEMBER, QUEUE, keyset_page, searched
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
    )
    if sphere.queues is not None:
        found = found.where(QUEUE.number.in_(sphere.queues))
    everything = not search and sphere == EVERYTHING
    rows, following, total = keyset_page(connection, found, QUEUE.number, page, everything=everything)
    return Page(tuple(QueueRow(QUEUES.entity(row[:-3]), *row[-3:]) for row in rows), following, total)


def _count(queue_id: Any, *conditions: Any) -> ScalarSelect[Any]:
    found = select(func.count()).select_from(queue_id.table).where(queue_id == QUEUE.id, *conditions)
    return found.correlate(tables.queue).scalar_subquery()
