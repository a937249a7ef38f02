"""Pages of phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, not_, select

from freeseat.application.listing import Page, PageWanted, PhoneRow, PhonesWanted
from freeseat.store import tables
from freeseat.store.listing.common import (
    CLASS,
    LOGIN,
    PHONE,
    class_id,
    keyset_page,
    searched,
    unfiltered,
    within,
    without_separators,
)

_BINDING = tables.binding.c


def page_of(connection: Connection, wanted: PhonesWanted, page: PageWanted) -> Page[PhoneRow]:
    """Which phones first, by an index that holds all that is searched; then their rows."""
    found = select(PHONE.id, PHONE.number).where(*_conditions(connection, wanted))
    everything = unfiltered(wanted, PhonesWanted)
    keys, following, total = keyset_page(connection, found, PHONE.number, page, everything=everything)
    return Page(tuple(_rows(connection, [key.id for key in keys])), following, total)


def _conditions(connection: Connection, wanted: PhonesWanted) -> list[ColumnElement[bool]]:
    conditions = searched(
        connection, without_separators(wanted.search), PHONE.number, PHONE.mac, PHONE.site, PHONE.model
    )
    conditions += within(wanted.within, None, PHONE.site.in_(wanted.within.sites or ()))
    if wanted.cos:
        conditions.append(PHONE.class_id == class_id(connection, wanted.cos))
    if wanted.site:
        conditions.append(PHONE.site == wanted.site)
    if wanted.shared is not None:
        conditions.append(PHONE.shared.is_(wanted.shared))
    if wanted.enabled is not None:
        conditions.append(PHONE.enabled.is_(wanted.enabled))
    if wanted.registered is not None:
        conditions.append(_REGISTERED if wanted.registered else not_(_REGISTERED))
    if wanted.occupied is not None:
        conditions.append(_OCCUPIED if wanted.occupied else not_(_OCCUPIED))
    return conditions


_REGISTERED = exists().where(_BINDING.aor == PHONE.number).correlate(tables.phone)
_OCCUPIED = exists().where(LOGIN.phone_id == PHONE.id, LOGIN.ended_at.is_(None)).correlate(tables.phone)


def _rows(connection: Connection, ids: Sequence[int]) -> list[PhoneRow]:
    if not ids:
        return []
    owner, occupant = tables.person.alias("owner"), tables.person.alias("occupant")
    columns = [PHONE.id, PHONE.number, CLASS.name.label("class_name"), PHONE.mac]
    columns += [PHONE[name] for name in ("vendor", "model", "site", "shared", "enabled")]
    found = (
        select(
            *columns,
            _REGISTERED.label("registered"),
            *(owner.c.number, owner.c.name, occupant.c.number, occupant.c.name),
            *(LOGIN.started_at, LOGIN.method, LOGIN.pending),
        )
        .join(tables.service_class, CLASS.id == PHONE.class_id)
        .outerjoin(owner, owner.c.id == PHONE.owner_id)
        .outerjoin(tables.desk_login, (LOGIN.phone_id == PHONE.id) & LOGIN.ended_at.is_(None))
        .outerjoin(occupant, occupant.c.id == LOGIN.user_id)
        .where(PHONE.id.in_(ids))
        .order_by(PHONE.number)
    )
    return [_row(row) for row in connection.execute(found)]


def _row(row: Any) -> PhoneRow:
    number, mac, registered, names, login = row[:3], row[3], row[9], row[10:14], row[14:]
    cells = (*number, mac or "", *row[4:9], bool(registered), *(name or "" for name in names), *login)
    return PhoneRow(**dict(zip(_FIELDS, cells, strict=True)))


_FIELDS = [field.name for field in fields(PhoneRow)]
