"""Rows of reports as charts and sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.application.reports.desks import OccupancyRow
from freeseat.application.reports.period import Period
from freeseat.application.reports.seats import SeatsRow
from freeseat.application.reports.work_queues import MemberRow, QueueStatRow
from freeseat.domain.buckets import Unit
from freeseat.edge.web.portal.charts import SLIM, Chart, Stack, bars, charts
from freeseat.edge.web.portal.listed import names_of
from freeseat.edge.web.texts import day_in, month_in

_MOST_CHARTS = 6
_MOST_SITES = 200
_HIGH = 180


@dataclass(frozen=True, slots=True)
class SiteUse:
    """A site over a whole period: desks it has now, hours in use, the most at once, per cent of the time, its chart."""

    site: str
    desks: int
    hours: float
    peak: int
    percent: float | None
    chart: Chart | None
    rows: tuple[OccupancyRow, ...]


@dataclass(frozen=True, slots=True)
class QueueSum:
    """A queue over a whole period. `in_time` of the `answered` ones waited no longer than the service level allows."""

    queue: str
    offered: int
    answered: int
    in_time: int
    abandoned: int
    elsewhere: int
    mean_wait: float | None
    longest_wait: float | None
    talk_seconds: float


@dataclass(frozen=True, slots=True)
class MemberSum:
    """A member of a queue over a whole period."""

    user: str
    name: str
    offered: int
    answered: int
    missed: int
    talk_seconds: float


def _said(moment: datetime, unit: Unit, language: str) -> str:
    """When a bar begins, for who points at it."""
    return f"{day_in(moment, language)}, {moment:%H:%M}" if unit is Unit.HOUR else _label(moment, unit, language)


def _label(moment: datetime, unit: Unit, language: str) -> str:
    match unit:
        case Unit.HOUR:
            return f"{moment:%H:%M}"
        case Unit.DAY:
            return day_in(moment, language)
        case Unit.MONTH:
            return month_in(moment, language)


def occupied(rows: Sequence[OccupancyRow], period: Period, language: str) -> dict[str, object]:
    """Sites by use, the busiest first, those with a chart of it; `further` are left out."""
    by_site: dict[str, list[OccupancyRow]] = defaultdict(list)
    for row in rows:
        by_site[row.site].append(row)
    used = sorted(by_site.items(), key=lambda item: (-sum(row.minutes for row in item[1]), item[0]))
    sites = [
        _site(site, found, period, language, drawn=place < _MOST_CHARTS) for place, (site, found) in enumerate(used)
    ]
    return {"sites": sites[:_MOST_SITES], "further": max(0, len(sites) - _MOST_SITES)}


def _site(site: str, rows: Sequence[OccupancyRow], period: Period, language: str, *, drawn: bool) -> SiteUse:
    minutes = sum(row.minutes for row in rows)
    desks = rows[0].desks
    whole = desks * (period.until - period.since).total_seconds() / 60
    chart = None
    if drawn:
        stacks = [
            Stack(
                _label(row.start, period.unit, language),
                f"{_said(row.start, period.unit, language)}: {row.percent or 0:g} % ({row.peak}/{row.desks})",
                (min(100.0, row.percent or 0.0),),
            )
            for row in rows
        ]
        chart = bars(stacks, most=100, unit=" %", width=SLIM, height=_HIGH)
    return SiteUse(
        site=site,
        desks=desks,
        hours=minutes / 60,
        peak=max(row.peak for row in rows),
        percent=100 * minutes / whole if whole else None,
        chart=chart,
        rows=tuple(rows),
    )


def queued(rows: Sequence[QueueStatRow], period: Period, language: str) -> dict[str, object]:
    """Callers over time of all these queues together, and the sums of each."""
    by_start: dict[datetime, list[QueueStatRow]] = defaultdict(list)
    by_queue: dict[str, list[QueueStatRow]] = defaultdict(list)
    for row in rows:
        by_start[row.start].append(row)
        by_queue[row.queue].append(row)
    stacks = [_callers(span.start, by_start.get(span.start, []), period.unit, language) for span in period.buckets()]
    sums = [_queue(number, by_queue[number]) for number in sorted(by_queue)]
    return {"charts": charts(stacks) if rows else (), "sums": sums, "rows": rows}


def _callers(start: datetime, rows: Iterable[QueueStatRow], unit: Unit, language: str) -> Stack:
    found = list(rows)
    answered, abandoned = sum(row.answered for row in found), sum(row.abandoned for row in found)
    elsewhere, rest = sum(row.overflow for row in found), sum(row.lost + row.open for row in found)
    title = f"{_said(start, unit, language)}: {answered + abandoned + elsewhere + rest}"
    return Stack(_label(start, unit, language), title, (answered, abandoned, elsewhere, rest))


def _queue(number: str, rows: Sequence[QueueStatRow]) -> QueueSum:
    waited = sum(row.offered - row.open for row in rows if row.mean_wait is not None)
    total = sum((row.mean_wait or 0.0) * (row.offered - row.open) for row in rows)
    return QueueSum(
        queue=number,
        offered=sum(row.offered for row in rows),
        answered=sum(row.answered for row in rows),
        in_time=sum(row.answered_in_time for row in rows),
        abandoned=sum(row.abandoned for row in rows),
        elsewhere=sum(row.overflow for row in rows),
        mean_wait=total / waited if waited else None,
        longest_wait=max((row.longest_wait for row in rows if row.longest_wait is not None), default=None),
        talk_seconds=sum(row.talk_seconds for row in rows),
    )


def members(rows: Iterable[MemberRow], tx: Transaction) -> list[MemberSum]:
    """The sums of each member, who answered most first."""
    by_user: dict[str, list[MemberRow]] = defaultdict(list)
    for row in rows:
        by_user[row.user].append(row)
    names = names_of(tx, by_user)
    sums = [
        MemberSum(
            user=number,
            name=names.get(number, ""),
            offered=sum(row.offered for row in found),
            answered=sum(row.answered for row in found),
            missed=sum(row.missed + row.refused for row in found),
            talk_seconds=sum(row.talk_seconds for row in found),
        )
        for number, found in by_user.items()
    ]
    return sorted(sums, key=lambda each: (-each.answered, each.user))


def seated(rows: Sequence[SeatsRow], language: str) -> dict[str, object]:
    """Seats month by month: those who used one, and those who could have."""
    stacks = []
    for row in rows:
        month, parts = month_in(row.start, language), (row.used, max(0, row.enabled - row.used))
        stacks.append(Stack(month, f"{month}: {row.used} / {row.enabled}", parts))
    return {"rows": rows, "charts": charts(stacks)}
