"""Occupancy of desks over time, and who sat where (R10.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from freeseat.application.listing import EVERYTHING, LoginRow
from freeseat.application.ports import Transaction
from freeseat.application.reports.period import Period
from freeseat.application.reports.ports import Sat
from freeseat.domain.buckets import Span, overlapped
from freeseat.domain.permissions import Sphere

WhereRow = LoginRow
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class OccupancyRow:
    """Desks of a site in a bucket: `minutes` occupied in all, `peak` at the same time, `logins` that touch it.

    `desks` is how many shared phones the site has now, `percent` of their time in the bucket they were occupied; it is
    None where the site has none any more.
    """

    start: datetime
    end: datetime
    site: str
    desks: int
    logins: int
    minutes: float
    peak: int
    percent: float | None


def occupancy(tx: Transaction, period: Period, now: datetime, within: Sphere = EVERYTHING) -> list[OccupancyRow]:
    """A row for each bucket and site, by time, then site; logins at devices that are no known phones are left out.

    What has not happened yet is not counted: an open login lasts until `now`. Raises InvalidValue.
    """
    spans = period.buckets()
    desks = tx.history.shared_phones(within)
    sat = [each for each in tx.history.sat(period.since, period.until, within) if each.phone_id is not None]
    counted = occupied(spans, sat, now)
    sites = sorted({*desks, *(site for _, site in counted)})
    return [
        _row(span, site, desks.get(site, 0), counted.get((index, site), (0, 0.0, 0)))
        for index, span in enumerate(spans)
        for site in sites
    ]


def occupied(spans: list[Span], sat: Iterable[Sat], now: datetime) -> dict[tuple[int, str], tuple[int, float, int]]:
    """Logins, seconds and peak for each bucket (by index) and site that has any."""
    logins: dict[tuple[int, str], int] = defaultdict(int)
    seconds: dict[tuple[int, str], float] = defaultdict(float)
    moments: dict[tuple[int, str], list[tuple[datetime, int]]] = defaultdict(list)
    for each in sat:
        end = each.ended_at if each.ended_at is not None else now
        for index in overlapped(spans, each.started_at, end):
            key, span = (index, each.site), spans[index]
            logins[key] += 1
            seconds[key] += span.seconds_within(each.started_at, end)
            moments[key] += [(max(each.started_at, span.start), 1), (min(end, span.end), -1)]
    return {key: (logins[key], seconds[key], _peak(moments[key])) for key in logins}


def where(
    tx: Transaction, since: datetime, until: datetime, within: Sphere = EVERYTHING, limit: int = _MOST_ROWS
) -> list[WhereRow]:
    """Who sat where: the desk logins that touch the period, those that began first first."""
    return list(tx.history.logins(since, until, within, limit))


def _peak(moments: list[tuple[datetime, int]]) -> int:
    """The most at once; who leaves at a moment makes room for who comes then."""
    peak = present = 0
    for _, step in sorted(moments):
        present += step
        peak = max(peak, present)
    return peak


def _row(span: Span, site: str, desks: int, counted: tuple[int, float, int]) -> OccupancyRow:
    logins, seconds, peak = counted
    whole = desks * (span.end - span.start).total_seconds()
    percent = round(100 * seconds / whole, 1) if whole else None
    return OccupancyRow(span.start, span.end, site, desks, logins, round(seconds / 60, 2), peak, percent)
