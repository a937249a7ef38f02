"""Pages of call records."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from freeseat.application.listing import CallRow, CallsWanted, Page, PageWanted
from freeseat.application.ports import CallRecord
from freeseat.store import tables
from freeseat.store.listing.common import (
    PERSON,
    PHONE,
    QUEUE,
    behind,
    cut,
    newest,
    read_key,
    written_key,
)
from freeseat.store.rows import Shape

_CALL = tables.call_record.c
_CALLS = Shape(CallRecord, tables.call_record)


def page_of(connection: Connection, wanted: CallsWanted, page: PageWanted) -> Page[CallRow]:
    """The page's calls, and the names behind their numbers."""
    found = _CALLS.all().where(*_conditions(wanted)).order_by(_CALL.started_at.desc(), _CALL.id.desc())
    if page.after is not None:
        found = found.where(behind(_CALL.started_at, _CALL.id, read_key(page.after, float)))
    most = page.limit + 1
    rows = [row for each in _sides(wanted) for row in connection.execute(found.where(*each).limit(most))]
    rows = newest(rows, lambda row: (row.started_at, row.id), most)
    kept, following, total = cut(rows, page, lambda row: written_key(row.started_at, row.id))
    return Page(tuple(_named(connection, kept)), following, total)


def _sides(wanted: CallsWanted) -> list[list[ColumnElement[bool]]]:
    """Who called and who was called: each is a statement of its own, so that each has its own index."""
    if wanted.user:
        phone = [or_(_CALL.caller_phone == wanted.phone, _CALL.called_phone == wanted.phone)] if wanted.phone else []
        return [[column == wanted.user, *phone] for column in (_CALL.caller, _CALL.called)]
    if wanted.phone:
        return [[column == wanted.phone] for column in (_CALL.caller_phone, _CALL.called_phone)]
    return [[]]


def _conditions(wanted: CallsWanted) -> list[ColumnElement[bool]]:
    conditions = _within(wanted)
    if wanted.queue:
        conditions.append(_CALL.queue == wanted.queue)
    if wanted.kind:
        conditions.append(_CALL.kind == wanted.kind)
    if wanted.answered is not None:
        conditions.append(_CALL.answered_at.is_not(None) if wanted.answered else _CALL.answered_at.is_(None))
    if wanted.since is not None:
        conditions.append(_CALL.started_at >= wanted.since.timestamp())
    if wanted.until is not None:
        conditions.append(_CALL.started_at < wanted.until.timestamp())
    return conditions


def _within(wanted: CallsWanted) -> list[ColumnElement[bool]]:
    sphere, given = wanted.within, []
    if sphere.queues is not None:
        given.append(_CALL.queue.in_(sphere.queues))
    if sphere.sites is not None:
        there = select(PHONE.number).where(PHONE.site.in_(sphere.sites))
        given += [_CALL.caller_phone.in_(there), _CALL.called_phone.in_(there)]
    return [or_(*given)] if given or sphere.queues is not None or sphere.sites is not None else []


def _named(connection: Connection, rows: Any) -> list[CallRow]:
    calls = [_CALLS.entity(row) for row in rows]
    people = _names(connection, PERSON, {number for call in calls for number in (call.caller, call.called)})
    queues = _names(connection, QUEUE, {call.queue for call in calls})
    return [
        CallRow(call, people.get(call.caller, ""), people.get(call.called, ""), queues.get(call.queue, ""))
        for call in calls
    ]


def _names(connection: Connection, table: Any, numbers: set[str]) -> dict[str, str]:
    wanted = sorted(numbers - {""})
    found: list[Row[Any]] = []
    for start in range(0, len(wanted), 500):
        among = select(table.number, table.name).where(table.number.in_(wanted[start : start + 500]))
        found += connection.execute(among).all()
    return {row.number: row.name for row in found}
