"""The feed in the database: every change as an event, in the order of the commits; it is the audit log, too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from freeseat.domain.actors import Actor
from freeseat.domain.events import Event
from freeseat.store import tables
from freeseat.store.prepared import Prepared


class SqlEvents:
    """The feed and audit log."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.appended = 0

    def append(self, event: Event) -> int:
        """Add an event to this transaction; gives its position."""
        key = _INSERT_EVENT.insert(
            self.connection,
            {
                "at": event.at,
                "kind": event.kind,
                "actor": event.actor.who,
                "source": event.actor.source,
                "channel": event.actor.channel,
                "user": event.user,
                "phone": event.phone,
                "data": dict(event.data),
            },
        )
        self.appended = int(key)
        return self.appended

    def after(self, position: int, limit: int) -> list[Event]:
        """The next events behind a position, in order."""
        return [_event(row) for row in _EVENTS_AFTER.all(self.connection, {"_position": position, "_limit": limit})]

    def last_position(self) -> int:
        """The newest position; 0 if there is none. Who has added an event is the only writer: it is the newest."""
        return self.appended or _LAST_POSITION.scalar(self.connection, {}) or 0

    def find(
        self,
        *,
        user: str = "",
        phone: str = "",
        kinds: Iterable[str] = (),
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """The newest events that fit, newest first."""
        table = tables.event
        found = _SELECT_EVENT.order_by(table.c.position.desc()).limit(limit)
        if user:
            found = found.where(table.c.user == user)
        if phone:
            found = found.where(table.c.phone == phone)
        if kinds := list(kinds):
            found = found.where(table.c.kind.in_(kinds))
        if since is not None:
            found = found.where(table.c.at >= since)
        return [_event(row) for row in self.connection.execute(found)]


_EVENT = tables.event.c
_EVENT_VALUES = ("at", "kind", "actor", "source", "channel", "user", "phone", "data")
_INSERT_EVENT = Prepared(insert(tables.event).values({name: bindparam(name) for name in _EVENT_VALUES}))
_SELECT_EVENT = select(_EVENT.position, *(_EVENT[name] for name in _EVENT_VALUES))
_EVENTS_AFTER = Prepared(
    _SELECT_EVENT.where(_EVENT.position > bindparam("_position")).order_by(_EVENT.position).limit(bindparam("_limit"))
)
_LAST_POSITION = Prepared(select(func.max(_EVENT.position)))


def _event(row: Any) -> Event:
    position, at, kind, who, source, channel, user, phone, data = row
    return Event(at, kind, Actor(who, source, channel), user, phone, data, position)
