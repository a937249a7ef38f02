"""Pages of desk logins, open and past."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from freeseat.application.listing import LoginRow, LoginsWanted, Page, PageWanted
from freeseat.store import tables
from freeseat.store.listing.common import (
    LOGIN,
    PERSON,
    PHONE,
    behind,
    cut,
    read_key,
    read_time,
    within,
    written_key,
)

_COLUMNS = ("place", "method", "source", "started_at", "pending", "ended_at", "end_reason")
ROWS = (
    select(LOGIN.id, PERSON.number, PERSON.name, PHONE.site, *(LOGIN[name] for name in _COLUMNS))
    .outerjoin(tables.person, PERSON.id == LOGIN.user_id)
    .outerjoin(tables.phone, PHONE.id == LOGIN.phone_id)
)
"""Desk logins with the names of whom and where, to be narrowed."""


def page_of(connection: Connection, wanted: LoginsWanted, page: PageWanted) -> Page[LoginRow]:
    """Which logins first, by an index on their beginning; then their rows."""
    order = (LOGIN.started_at.desc(), LOGIN.id.desc())
    found = select(LOGIN.id, LOGIN.started_at).where(*_conditions(wanted)).order_by(*order)
    if page.after is not None:
        found = found.where(behind(LOGIN.started_at, LOGIN.id, read_key(page.after, read_time)))
    keys = connection.execute(found.limit(page.limit + 1)).all()
    kept, following, total = cut(keys, page, lambda key: written_key(key.started_at, key.id))
    if total is None and page.after is None and wanted.open:  # those are as many as there are desks, by their own index
        open_ones = select(func.count()).select_from(tables.desk_login).where(*_conditions(wanted))
        total = connection.execute(open_ones).scalar_one()
    rows = ROWS.where(LOGIN.id.in_([key.id for key in kept])).order_by(*order)
    return Page(tuple(row_of(row) for row in connection.execute(rows)), following, total)


def _conditions(wanted: LoginsWanted) -> list[ColumnElement[bool]]:
    at_sites = LOGIN.phone_id.in_(select(PHONE.id).where(PHONE.site.in_(wanted.within.sites or ())))
    conditions = within(wanted.within, LOGIN.user_id.in_, at_sites)
    if wanted.open is not None:
        conditions.append(LOGIN.ended_at.is_(None) if wanted.open else LOGIN.ended_at.is_not(None))
    if wanted.user:
        conditions.append(LOGIN.user_id == select(PERSON.id).where(PERSON.number == wanted.user).scalar_subquery())
    if wanted.place:
        conditions.append(LOGIN.place == wanted.place)
    if wanted.site:
        conditions.append(LOGIN.phone_id.in_(select(PHONE.id).where(PHONE.site == wanted.site)))
    if wanted.since is not None:
        conditions.append(LOGIN.started_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(LOGIN.started_at < wanted.until)
    return conditions


def row_of(row: Any) -> LoginRow:
    """A login of its row of `ROWS`."""
    login_id, number, name, site, place = row[:5]
    return LoginRow(login_id, number or "", name or "", place, site or "", *row[5:])
