"""Pages of users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, and_, exists, not_, or_, select

from freeseat.application.listing import Page, PageWanted, Place, UserRow, UsersWanted
from freeseat.store import tables
from freeseat.store.listing.common import (
    CLASS,
    LOGIN,
    PERSON,
    PHONE,
    class_id,
    keyset_page,
    members_of,
    searched,
    unfiltered,
    within,
)


def page_of(connection: Connection, wanted: UsersWanted, page: PageWanted) -> Page[UserRow]:
    """Which users first, by an index that holds all that is searched; then their rows."""
    found = select(PERSON.id, PERSON.number).where(*_conditions(connection, wanted))
    everything = unfiltered(wanted, UsersWanted)
    keys, following, total = keyset_page(connection, found, PERSON.number, page, everything=everything)
    return Page(tuple(_rows(connection, [key.id for key in keys])), following, total)


def _conditions(connection: Connection, wanted: UsersWanted) -> list[ColumnElement[bool]]:
    conditions = searched(
        connection, wanted.search, PERSON.number, PERSON.name, PERSON.department, PERSON.email
    ) + within(wanted.within, PERSON.id.in_, _at_sites(wanted.within.sites or ()))
    if wanted.cos:
        conditions.append(PERSON.class_id == class_id(connection, wanted.cos))
    if wanted.department:
        conditions.append(PERSON.department == wanted.department)
    if wanted.enabled is not None:
        conditions.append(PERSON.enabled.is_(wanted.enabled))
    if wanted.hot_desk is not None:
        conditions.append(PERSON.hot_desk_access.is_(wanted.hot_desk))
    if wanted.logged_in is not None:
        conditions.append(_LOGGED_IN if wanted.logged_in else not_(_LOGGED_IN))
    if wanted.queue:
        conditions.append(PERSON.id.in_(members_of([wanted.queue])))
    return conditions


_LOGGED_IN = exists().where(LOGIN.user_id == PERSON.id, LOGIN.ended_at.is_(None)).correlate(tables.person)


def _at_sites(sites: Collection[str]) -> ColumnElement[bool]:
    """Somebody who is logged in at one of these sites, or has a phone of his own there."""
    there = PHONE.site.in_(sites)
    here = select(LOGIN.user_id).join(tables.phone, PHONE.id == LOGIN.phone_id).where(there, LOGIN.ended_at.is_(None))
    own = select(PHONE.owner_id).where(there, PHONE.owner_id.is_not(None))
    return or_(PERSON.id.in_(here), PERSON.id.in_(own))


def _rows(connection: Connection, ids: Sequence[int]) -> list[UserRow]:
    if not ids:
        return []
    columns = [PERSON[name] for name in ("id", "number", "name")] + [CLASS.name.label("class_name")]
    columns += [PERSON[name] for name in ("email", "department", "location", "hot_desk_access")]
    columns += [PERSON.pin_set_at.is_not(None).label("has_pin"), PERSON.enabled]
    found = (
        select(*columns)
        .join(tables.service_class, CLASS.id == PERSON.class_id)
        .where(PERSON.id.in_(ids))
        .order_by(PERSON.number)
    )
    places, phones = _places(connection, ids), _phones(connection, ids)
    return [
        UserRow(**row, places=tuple(places[row["id"]]), phones=tuple(phones[row["id"]]))
        for row in connection.execute(found).mappings()
    ]


def _places(connection: Connection, ids: Sequence[int]) -> dict[int, list[Place]]:
    found = (
        select(LOGIN.user_id, LOGIN.place, PHONE.site, LOGIN.started_at, LOGIN.method, LOGIN.pending)
        .outerjoin(tables.phone, PHONE.id == LOGIN.phone_id)
        .where(and_(LOGIN.user_id.in_(ids), LOGIN.ended_at.is_(None)))
        .order_by(LOGIN.id)
    )
    places: dict[int, list[Place]] = defaultdict(list)
    for user_id, place, site, since, method, pending in connection.execute(found):
        places[user_id].append(Place(place, site or "", since, method, pending))
    return places


def _phones(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    found = select(PHONE.owner_id, PHONE.number).where(PHONE.owner_id.in_(ids)).order_by(PHONE.number)
    phones: dict[int, list[str]] = defaultdict(list)
    for owner_id, number in connection.execute(found):
        phones[owner_id].append(number)
    return phones
