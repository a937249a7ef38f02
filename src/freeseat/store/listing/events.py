"""Pages of the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from freeseat.application.listing import EventsWanted, Page, PageWanted
from freeseat.domain.actors import Actor
from freeseat.domain.events import Event
from freeseat.store import tables
from freeseat.store.listing.common import (
    PERSON,
    PHONE,
    cut,
    newest,
    read_position,
    within,
)

_EVENT = tables.event.c
_FEW_KINDS = 8
_OUT_OF_ORDER = 1000
"""So many events at most lie between one and another that is older but has a later position: clocks of nodes differ."""


def page_of(connection: Connection, wanted: EventsWanted, page: PageWanted) -> Page[Event]:
    """The events from the newest wanted position backwards."""
    most = page.limit + 1
    found = _found(connection, wanted).limit(most)
    if page.after is not None:
        found = found.where(_EVENT.position < read_position(page.after))
    rows = [row for each in _streams(wanted) for row in connection.execute(found.where(*each))]
    rows = newest(rows, lambda row: row.position, most)
    kept, following, total = cut(rows, page, lambda row: str(row.position))
    return Page(tuple(event_of(row) for row in kept), following, total)


def newest_first(connection: Connection, wanted: EventsWanted, at_once: int) -> Iterator[Event]:
    """All of them, so many rows at a time from the database while they are asked for."""
    found = _found(connection, wanted).where(_EVENT.kind.in_(sorted(wanted.kinds))).execution_options(yield_per=at_once)
    return map(event_of, connection.execute(found))


def event_of(row: Any) -> Event:
    """An event of its row."""
    actor = Actor(row.actor, row.source, row.channel)
    return Event(row.at, row.kind, actor, row.user, row.phone, row.data, row.position)


def _found(connection: Connection, wanted: EventsWanted) -> Select[Any]:
    """The wanted events of all kinds, newest first."""
    found = select(tables.event).where(*_conditions(wanted), *_bounds(connection, wanted))
    return found.order_by(_EVENT.position.desc())


def _streams(wanted: EventsWanted) -> list[list[ColumnElement[bool]]]:
    """A statement for each of few kinds, so that each is a walk down an index; else one for all."""
    if 0 < len(wanted.kinds) <= _FEW_KINDS and not (wanted.user or wanted.phone):
        return [[_EVENT.kind == kind] for kind in sorted(wanted.kinds)]
    return [[_EVENT.kind.in_(sorted(wanted.kinds))] if wanted.kinds else []]


def _conditions(wanted: EventsWanted) -> list[ColumnElement[bool]]:
    at_sites = select(PHONE.number).where(PHONE.site.in_(wanted.within.sites or ()))
    conditions = within(
        wanted.within,
        lambda members: _EVENT.user.in_(select(PERSON.number).where(PERSON.id.in_(members))),
        _EVENT.phone.in_(at_sites),
    )
    pairs = ((_EVENT.user, wanted.user), (_EVENT.phone, wanted.phone), (_EVENT.actor, wanted.who))
    conditions += [column == value for column, value in (*pairs, (_EVENT.source, wanted.source)) if value]
    if wanted.channel is not None:
        conditions.append(_EVENT.channel == wanted.channel)
    if wanted.since is not None:
        conditions.append(_EVENT.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_EVENT.at < wanted.until)
    return conditions


def _bounds(connection: Connection, wanted: EventsWanted) -> list[ColumnElement[bool]]:
    """Bounds in time as bounds of positions, which grow with time but for the clocks' differences."""
    bounds: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        first = select(_EVENT.position).where(_EVENT.at >= wanted.since).order_by(_EVENT.at).limit(_OUT_OF_ORDER)
        lowest = connection.execute(select(func.min(first.subquery().c.position))).scalar()
        bounds.append(_EVENT.position >= (lowest or 0))
    if wanted.until is not None:
        last = select(_EVENT.position).where(_EVENT.at < wanted.until).order_by(_EVENT.at.desc()).limit(_OUT_OF_ORDER)
        highest = connection.execute(select(func.max(last.subquery().c.position))).scalar()
        bounds.append(_EVENT.position <= (highest or 0))
    return bounds
