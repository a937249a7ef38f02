"""`freeseat report`: occupancy, seats, who sat where, queues, failed logins (R10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from freeseat.application.csv_text import table_of
from freeseat.application.reports.desks import OccupancyRow, WhereRow, occupancy, where
from freeseat.application.reports.failures import FailureRow, failures
from freeseat.application.reports.period import Period, zone_of
from freeseat.application.reports.seats import SeatsRow, seats
from freeseat.application.reports.work_queues import MemberRow, QueueStatRow, queue_members, queue_statistics
from freeseat.cli.command import command, noun
from freeseat.cli.here import Here
from freeseat.cli.out import Listing, give
from freeseat.cli.values import moment, seconds_of, yes
from freeseat.domain.buckets import Unit
from freeseat.domain.errors import InvalidValue

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

app = noun("Reports over a period: as tables, as CSV or as JSON.")

_TIME = "2026-05-01 (in the time zone), or 7d for a week ago."
From = Annotated[str | None, typer.Option("--from", metavar="TIME", help=f"Beginning: {_TIME}")]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="End, not included; otherwise now.")]
Zone = Annotated[str, typer.Option("--timezone", metavar="NAME", help="Whose days are counted, like Europe/Berlin.")]
By = Annotated[Unit, typer.Option("--by", help="What is counted in.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, with a line of heads; times are UTC.")]


@command(app, "occupancy", example="freeseat report occupancy --from 7d --by hour --timezone Europe/Berlin --csv")
def occupancy_(
    here: Here, since: From = None, to: To = None, by: By = Unit.DAY, zone: Zone = "UTC", csv: Csv = False
) -> None:
    """How many desks of each site were occupied, and for how long."""
    period = _period(here, since, to, by, zone, "7d")
    _give(here, OccupancyRow, here.read(lambda tx: occupancy(tx, period, here.now)), zone, as_csv=csv)


@command(app, "seats", example="freeseat report seats --from 2026-01-01 --to 2026-04-01")
def seats_(here: Here, since: From = None, to: To = None, zone: Zone = "UTC", csv: Csv = False) -> None:
    """Seats for billing, by month: hot desk users who were enabled, and who sat; shared phones are never counted."""
    period = _period(here, since, to, Unit.MONTH, zone, "31d")
    rows = here.read(lambda tx: seats(tx, period.since, period.until, zone, here.now))
    _give(here, SeatsRow, rows, zone, as_csv=csv)


@command(app, "where", example="freeseat report where --from 1d --csv")
def where_(here: Here, since: From = None, to: To = None, zone: Zone = "UTC", csv: Csv = False) -> None:
    """Who sat where."""
    period = _period(here, since, to, Unit.DAY, zone, "1d")
    _give(here, WhereRow, here.read(lambda tx: where(tx, period.since, period.until)), zone, as_csv=csv)


@command(app, "queues", example="freeseat report queues --from 1d --by hour --within 20s --queue 800")
def queues_(
    here: Here,
    since: From = None,
    to: To = None,
    by: By = Unit.DAY,
    zone: Zone = "UTC",
    within: Annotated[
        str, typer.Option(metavar="TIME", help="Answered within this counts as service in time.")
    ] = "20s",
    queue: Annotated[list[str] | None, typer.Option(metavar="NUMBER", help="Only this queue; may be repeated.")] = None,
    members: Annotated[bool, typer.Option("--members", help="By member instead.")] = False,
    csv: Csv = False,
) -> None:
    """Callers of queues: offered, answered, abandoned, sent elsewhere, service level, waits and talk."""
    period = _period(here, since, to, by, zone, "1d")
    bound = seconds_of("within", within)
    if bound is None:
        raise InvalidValue("within", within, "use a duration like 20s")
    if members:
        _give(here, MemberRow, here.read(lambda tx: queue_members(tx, period, queue)), zone, as_csv=csv)
    else:
        found = here.read(lambda tx: queue_statistics(tx, period, bound, queue))
        _give(here, QueueStatRow, found, zone, as_csv=csv)


@command(app, "failures", example="freeseat report failures --from 30d --csv")
def failures_(here: Here, since: From = None, to: To = None, zone: Zone = "UTC", csv: Csv = False) -> None:
    """Refused logins by reason, user and source, the most frequent first."""
    period = _period(here, since, to, Unit.DAY, zone, "1d")
    _give(here, FailureRow, here.read(lambda tx: failures(tx, period.since, period.until)), zone, as_csv=csv)


def _period(here: Here, since: str | None, to: str | None, unit: Unit, zone: str, usual: str) -> Period:
    now, local = here.now, zone_of(zone)
    period = Period(_time("from", since or usual, now, local), _time("to", to, now, local) if to else now, unit, zone)
    if period.until <= period.since:
        raise InvalidValue("to", to or "now", "use a time after --from")
    return period


def _time(field: str, text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A time of the zone unless it has its own, or how long ago."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return moment(field, text, now)
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _give(
    here: Here, kind: type[DataclassInstance], rows: Sequence[DataclassInstance], zone: str, *, as_csv: bool
) -> None:
    if as_csv and not here.as_json:
        print(table_of(kind, rows), end="")
        return
    names = [field.name for field in fields(kind)]
    heads = [name.replace("_", " ") for name in names]
    local = zone_of(zone)
    cells = [[_cell(getattr(row, name), local) for name in names] for row in rows]
    give(here, [asdict(row) for row in rows], Listing(heads, cells, "Nothing in this period."))


def _cell(value: Any, zone: ZoneInfo) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
        case bool():
            return yes(value)
        case float():
            return f"{value:.1f}"
        case _:
            return str(value)
