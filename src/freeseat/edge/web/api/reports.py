"""`/reports`: occupancy, who sat where, seats, queue statistics, failed logins; as JSON and as CSV (R10.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, TypeAdapter

from freeseat.application.accounts.principal import Principal
from freeseat.application.csv_text import table_of
from freeseat.application.ports import Transaction
from freeseat.application.reports.desks import OccupancyRow, WhereRow, occupancy, where
from freeseat.application.reports.failures import FailureRow, failures
from freeseat.application.reports.period import Period
from freeseat.application.reports.seats import SeatsRow, seats
from freeseat.application.reports.work_queues import MemberRow, QueueStatRow, queue_members, queue_statistics
from freeseat.domain.buckets import Unit
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.edge.web.api.bodies import Body, Moment
from freeseat.edge.web.api.resource import Caller, Parts, Resource
from freeseat.edge.web.context import now

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

reports = Resource("reports", "Occupancy, who sat where, seats for billing, queue statistics, failed logins (R10.3).")

_CSV = "text/csv"


class PeriodAsked(Body):
    """Which time a report is about."""

    since: Moment | None = Field(None, description="From then on; 30 days before `until` without.")
    until: Moment | None = Field(None, description="Until before then; now without.")
    unit: Unit = Field(Unit.DAY, description="What it is counted in, where it is counted.")
    timezone: str = Field("UTC", description="Whose hours, days and months.", max_length=64)
    queue: str | None = Field(None, description="Only this queue, where the report is about queues.", max_length=32)
    within_seconds: int = Field(20, ge=1, le=3600, description="Bound of the service level.")

    def period(self, at: datetime) -> Period:
        """As the reports take it."""
        until = self.until or at
        return Period(self.since or until - timedelta(days=30), until, self.unit, self.timezone)


Make = Callable[[Transaction, PeriodAsked, Principal, datetime], "Sequence[DataclassInstance]"]


@dataclass(frozen=True, slots=True)
class _Report:
    """A report: the kind of its rows, how it is made, and whether only a caller without bounds may have it."""

    row: Any
    make: Make
    everywhere: bool = False


def _queues(asked: PeriodAsked, caller: Principal) -> Sequence[str] | None:
    """The queues that are wanted and within the sphere; None = all. Raises NotAllowed."""
    if asked.queue is not None:
        caller.require(Permission.REPORTS_READ, queue=asked.queue)
        return (asked.queue,)
    return None if caller.sphere.queues is None else sorted(caller.sphere.queues)


def _where(tx: Transaction, asked: PeriodAsked, caller: Principal, at: datetime) -> Sequence[WhereRow]:
    period = asked.period(at)
    return where(tx, period.since, period.until, caller.sphere)


def _seats(tx: Transaction, asked: PeriodAsked, caller: Principal, at: datetime) -> Sequence[SeatsRow]:
    period = asked.period(at)
    return seats(tx, period.since, period.until, asked.timezone, at)


def _failures(tx: Transaction, asked: PeriodAsked, caller: Principal, at: datetime) -> Sequence[FailureRow]:
    period = asked.period(at)
    return failures(tx, period.since, period.until)


REPORTS: dict[str, _Report] = {
    "occupancy": _Report(OccupancyRow, lambda tx, asked, by, at: occupancy(tx, asked.period(at), at, by.sphere)),
    "where": _Report(WhereRow, _where),
    "seats": _Report(SeatsRow, _seats, everywhere=True),
    "queues": _Report(
        QueueStatRow,
        lambda tx, asked, by, at: queue_statistics(tx, asked.period(at), asked.within_seconds, _queues(asked, by)),
    ),
    "members": _Report(MemberRow, lambda tx, asked, by, at: queue_members(tx, asked.period(at), _queues(asked, by))),
    "failures": _Report(FailureRow, _failures, everywhere=True),
}

_ROWS = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": {"type": "object", "description": "A row, by its columns."}}},
}
_ANSWER = {
    "description": "The rows.",
    "content": {"application/json": {"schema": _ROWS}, _CSV: {"schema": {"type": "string"}}},
}


@reports.get("/reports/{report}", Permission.REPORTS_READ, response_class=Response, responses={200: _ANSWER})
async def get_report(
    caller: Caller,
    web: Parts,
    request: Request,
    report: Annotated[
        str,
        Path(
            description=f"{', '.join(f'`{name}`' for name in REPORTS)}; with `.csv` behind it as CSV.",
            examples=["occupancy"],
        ),
    ],
    asked: Annotated[PeriodAsked, Query()],
) -> Response:
    """Make a report, as JSON or, with `.csv` behind its name or `Accept: text/csv`, as CSV.

    `occupancy`: desks of each site; `where`: who sat where; `seats`: billed people by month (shared phones are not
    billed); `queues` and `members`: statistics of queues; `failures`: failed logins. `seats` and `failures` need a
    caller without bounds.
    """
    name = report.removesuffix(".csv")
    found = REPORTS.get(name)
    if found is None:
        raise NotFound("report", name)
    if found.everywhere:
        caller.require_everywhere(Permission.REPORTS_READ)
    at = now()
    rows = await web.read(lambda tx: found.make(tx, asked, caller, at))
    if name != report or _wants_csv(request):
        names = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(table_of(found.row, rows), media_type=_CSV, headers=names)
    adapter: TypeAdapter[Any] = TypeAdapter(tuple[found.row, ...])  # type: ignore[name-defined]
    return JSONResponse({"items": adapter.dump_python(tuple(rows), mode="json")})


def _wants_csv(request: Request) -> bool:
    accepted = [each.partition(";")[0].strip() for each in request.headers.get("accept", "").split(",")]
    return _CSV in accepted and "application/json" not in accepted
