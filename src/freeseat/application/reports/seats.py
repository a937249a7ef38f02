"""Seats for billing: hot desk users are billed, shared phones are not (R10.3)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from freeseat.application.ports import Transaction
from freeseat.application.reports.period import Period
from freeseat.application.reports.ports import Entitlement
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
    """Somebody on the way back in time: his state, until when it held, and the earliest bucket he is counted in."""

    hot_desk: bool
    enabled: bool
    known_until: datetime
    counted: int = sys.maxsize


def seats(tx: Transaction, since: datetime, until: datetime, timezone: str, now: datetime) -> list[SeatsRow]:
    """A row for each month of the zone that the period touches, from `since` to `until` or now. Raises InvalidValue."""
    period = Period(since, min(until, now) if since < now else until, Unit.MONTH, timezone)
    spans = period.buckets()
    enabled = entitled(spans, tx.history.entitlements(), tx.history.events(_KINDS, since), now)
    return [
        SeatsRow(span.start, span.end, count, tx.history.seated(span.start, span.end))
        for span, count in zip(spans, enabled, strict=True)
    ]


def entitled(
    spans: Sequence[Span], present: Iterable[Entitlement], events: Iterable[Event], now: datetime
) -> list[int]:
    """How many distinct people were enabled hot desk users at any time in each bucket.

    `present` are all users as they are now; `events` lead back from there, newest first, so people from before the
    first event are known, too. A number that was given anew is another person.
    """
    people = {number: _Person(hot_desk, enabled, now) for number, hot_desk, enabled in present}
    steps = [0] * (len(spans) + 1)
    for event in events:
        person = people.get(event.user)
        if event.kind is Kind.USER_DELETED:
            was = event.data
            people[event.user] = _Person(bool(was.get("hot_desk_access")), bool(was.get("enabled", True)), event.at)
        elif person is not None:
            _count(steps, spans, person, event.at)
            if event.kind is Kind.USER_ADDED:
                del people[event.user]
            else:
                _undo(people, person, event)
    for person in people.values():
        _count(steps, spans, person, spans[0].start)
    return list(accumulate(steps[:-1]))


def _count(steps: list[int], spans: Sequence[Span], person: _Person, start: datetime) -> None:
    """Count him from `start` until where he is known already, once in each bucket: a step up, behind the last down."""
    if person.hot_desk and person.enabled:
        touched = overlapped(spans, start, person.known_until)
        last = min(touched.stop, person.counted)
        if touched.start < last:
            steps[touched.start] += 1
            steps[last] -= 1
            person.counted = touched.start
    person.known_until = start


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
