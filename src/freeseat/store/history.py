"""What happened within a period: `application.reports.ports.History`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, union

from freeseat.application.listing import EVERYTHING, EventsWanted, LoginRow
from freeseat.application.reports.ports import CallSeen, Entitlement, OfferSeen, Sat
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Sphere
from freeseat.store import tables
from freeseat.store.listing import events as event_list
from freeseat.store.listing import logins as login_list
from freeseat.store.listing.common import LOGIN, PERSON, PHONE, QUEUE, within

_CALL, _OFFER = tables.queue_call.c, tables.offer.c
_AT_ONCE = 500


class SqlHistory:
    """Reports' questions over a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def sat(self, since: datetime, until: datetime, sphere: Sphere) -> list[Sat]:
        """The desk logins that touch the period."""
        columns = (LOGIN.user_id, LOGIN.phone_id, func.coalesce(PHONE.site, ""), LOGIN.started_at, LOGIN.ended_at)
        found = select(*columns).outerjoin(tables.phone, PHONE.id == LOGIN.phone_id)
        return [
            Sat(*row) for part in _touching(since, until, sphere) for row in self.connection.execute(found.where(part))
        ]

    def logins(self, since: datetime, until: datetime, sphere: Sphere, limit: int) -> list[LoginRow]:
        """The same with names, those that began first first."""
        rows = [
            login_list.row_of(row)
            for part in _touching(since, until, sphere)
            for row in self.connection.execute(login_list.ROWS.where(part).limit(limit))
        ]
        return sorted(rows, key=lambda row: (row.started_at, row.id))[:limit]

    def shared_phones(self, sphere: Sphere) -> dict[str, int]:
        """How many enabled shared phones each site has now."""
        found = select(PHONE.site, func.count()).where(PHONE.shared, PHONE.enabled).group_by(PHONE.site)
        if sphere.sites is not None:
            found = found.where(PHONE.site.in_(sphere.sites))
        return {row.site: int(row[1]) for row in self.connection.execute(found)}

    def queue_calls(self, since: datetime, until: datetime, queues: Iterable[str] | None) -> list[CallSeen]:
        """The callers who came within the period."""
        user = func.coalesce(PERSON.number, "")
        found = (
            select(QUEUE.number, user, _CALL.entered_at, _CALL.answered_at, _CALL.ended_at, _CALL.outcome)
            .join(tables.queue, QUEUE.id == _CALL.queue_id)
            .outerjoin(tables.person, PERSON.id == _CALL.user_id)
            .where(_CALL.entered_at >= since, _CALL.entered_at < until)
        )
        return [CallSeen(*row) for row in self.connection.execute(_of(found, queues))]

    def offers(self, since: datetime, until: datetime, queues: Iterable[str] | None) -> list[OfferSeen]:
        """The offers made within the period."""
        found = (
            select(QUEUE.number, func.coalesce(PERSON.number, ""), _OFFER.at, _OFFER.end)
            .join(tables.queue, QUEUE.id == _OFFER.queue_id)
            .outerjoin(tables.person, PERSON.id == _OFFER.user_id)
            .where(_OFFER.at >= since, _OFFER.at < until)
        )
        return [OfferSeen(*row) for row in self.connection.execute(_of(found, queues))]

    def seated(self, since: datetime, until: datetime) -> int:
        """How many distinct people had a desk login that touches the period."""
        people = union(*(select(LOGIN.user_id).where(part) for part in _touching(since, until, EVERYTHING)))
        return self.connection.scalar(select(func.count()).select_from(people.subquery())) or 0

    def entitlements(self) -> Iterator[Entitlement]:
        """What all users are entitled to now."""
        rows = self.connection.execute(select(PERSON.number, PERSON.hot_desk_access, PERSON.enabled))
        return (Entitlement(*row) for row in rows)

    def events(self, kinds: Iterable[Kind], since: datetime, until: datetime | None = None) -> Iterator[Event]:
        """The events of these kinds, newest first, read while they are asked for."""
        wanted = EventsWanted(frozenset(kinds), since=since, until=until)
        return event_list.newest_first(self.connection, wanted, _AT_ONCE)


def _of(found: Select[Any], queues: Iterable[str] | None) -> Select[Any]:
    return found if queues is None else found.where(QUEUE.number.in_(sorted(set(queues))))


def _touching(since: datetime, until: datetime, sphere: Sphere) -> list[ColumnElement[bool]]:
    """Logins that began within the period, that were open at its beginning and ended since, and that are open still.

    Each has an index of its own, and no login is two of them.
    """
    at_sites = LOGIN.phone_id.in_(select(PHONE.id).where(PHONE.site.in_(sphere.sites or ())))
    seen = within(sphere, LOGIN.user_id.in_, at_sites)
    return [
        and_(LOGIN.started_at >= since, LOGIN.started_at < until, *seen),
        and_(LOGIN.ended_at > since, LOGIN.started_at < since, *seen),
        and_(LOGIN.ended_at.is_(None), LOGIN.started_at < since, *seen),
    ]
