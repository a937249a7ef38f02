"""Seats for billing: hot desk users are billed, shared phones are not (R10.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from freeseat.application.listing import EVERYTHING
from freeseat.application.ports import Transaction
from freeseat.application.reports.period import Period
from freeseat.domain.buckets import Span, Unit, overlapped
from freeseat.domain.events import Event, Kind

_KINDS = (Kind.USER_ADDED, Kind.USER_CHANGED, Kind.USER_DELETED)


@dataclass(frozen=True, slots=True)
class SeatsRow:
    """A month: distinct people who were enabled hot desk users at any time in it, and who sat at a desk in it."""

    start: datetime
    end: datetime
    enabled: int
    used: int


@dataclass(slots=True)
class _Person:
    """Somebody on the way back in time: his state, and since when it is known to hold (towards the past)."""

    hot_desk: bool
    enabled: bool


def seats(tx: Transaction, since: datetime, until: datetime, timezone: str, now: datetime) -> list[SeatsRow]:
    """A row for each month of the zone that the period touches, from `since` to `until` or now. Raises InvalidValue."""
    period = Period(since, min(until, now) if since < now else until, Unit.MONTH, timezone)
    spans = period.buckets()
    used: list[set[int]] = [set() for _ in spans]
    for each in tx.history.sat(period.since, period.until, EVERYTHING):
        for index in overlapped(spans, each.started_at, each.ended_at or now):
            used[index].add(each.user_id)
    present = [(user.number, user.hot_desk_access, user.enabled) for user in tx.users.list()]
    enabled = entitled(spans, present, tx.history.events(_KINDS, since), now)
    return [
        SeatsRow(span.start, span.end, count, len(people))
        for span, count, people in zip(spans, enabled, used, strict=True)
    ]


def entitled(
    spans: list[Span], present: Iterable[tuple[str, bool, bool]], events: Iterable[Event], now: datetime
) -> list[int]:
    """How many distinct people were enabled hot desk users at any time in each bucket.

    `present` are number, hot desk access and enabled of all users as they are now; `events` lead back from there,
    newest first, so people from before the first event are known, too. A number that was given anew is another person.
    """
    people = {number: _Person(hot_desk, enabled) for number, hot_desk, enabled in present}
    seen: list[set[int]] = [set() for _ in spans]
    gone: list[_Person] = []
    until = {id(person): now for person in people.values()}

    def count(person: _Person, start: datetime) -> None:
        if person.hot_desk and person.enabled:
            for index in overlapped(spans, start, until[id(person)]):
                seen[index].add(id(person))
        until[id(person)] = start

    for event in events:
        person = people.get(event.user)
        if event.kind is Kind.USER_DELETED:
            person = _Person(bool(event.data.get("hot_desk_access")), bool(event.data.get("enabled", True)))
            people[event.user] = person
            until[id(person)] = event.at
        elif person is not None and event.kind is Kind.USER_ADDED:
            count(person, event.at)
            gone.append(people.pop(event.user))
        elif person is not None:
            count(person, event.at)
            _undo(people, person, event)
    for person in people.values():
        count(person, min(until[id(person)], spans[0].start))
    return [len(each) for each in seen]


def _undo(people: dict[str, _Person], person: _Person, event: Event) -> None:
    """What he was before: of yes and no, a change tells what it was as well."""
    changes = event.data.get("changes")
    if not isinstance(changes, dict):
        return
    if "hot_desk_access" in changes:
        person.hot_desk = not changes["hot_desk_access"]
    if "enabled" in changes:
        person.enabled = not changes["enabled"]
    was = str(event.data.get("was", event.user))
    if was != event.user:
        people[was] = people.pop(event.user)
