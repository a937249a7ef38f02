"""The pages of reports, one each tab."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from freeseat.application.csv_text import table_of
from freeseat.application.ports import Transaction
from freeseat.application.reports.desks import OccupancyRow, WhereRow, occupancy, where
from freeseat.application.reports.failures import FailureRow, failures
from freeseat.application.reports.seats import SeatsRow, seats
from freeseat.application.reports.work_queues import MemberRow, QueueStatRow, queue_members, queue_statistics
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission, Sphere
from freeseat.edge.web.context import now, web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.csv_answer import csv_file
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.periods import Chosen, Preset, chosen, zone_from
from freeseat.edge.web.portal.reports import drawing


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/reports"
_EVERYWHERE = frozenset({f"{HERE}/seats", f"{HERE}/failures"})
TABS = (
    (f"{HERE}/occupancy", _("Occupancy")),
    (f"{HERE}/where", _("Who sat where")),
    (f"{HERE}/queues", _("Queues")),
    (f"{HERE}/seats", _("Seats for billing")),
    (f"{HERE}/failures", _("Failed logins")),
)
PRESETS = (
    (Preset.TODAY, _("today")),
    (Preset.YESTERDAY, _("yesterday")),
    (Preset.WEEK, _("last 7 days")),
    (Preset.MONTH, _("last 30 days")),
    (Preset.THIS_MONTH, _("this month")),
    (Preset.LAST_MONTH, _("last month")),
    (Preset.YEAR, _("last 12 months")),
    (Preset.CHOSEN, _("from … to …")),
)
SERVICE_SECONDS = 20.0
_SHOWN_ROWS = 200
Reading = Annotated[Visitor, Depends(needs(Permission.REPORTS_READ))]


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a report is wanted."""

    chosen: Chosen
    csv: bool
    filters: Mapping[str, str]


def _asked(otherwise: Preset) -> Callable[..., Awaitable[Asked]]:
    """A dependency: what the address asks for, with a period if it names none. Raises InvalidValue."""

    async def asked(
        request: Request,
        preset: str = "",
        since: str = "",
        until: str = "",
        queue: str = "",
        site: str = "",
        csv: str = "",
    ) -> Asked:
        wanted = chosen(preset, since, until, zone_from(request), now(), otherwise=otherwise)
        filters = listed.given({"preset": preset, "since": since, "until": until, "queue": queue, "site": site})
        return Asked(wanted, bool(csv), filters)

    return asked


Wanted = Annotated[Asked, Depends(_asked(Preset.WEEK))]
WantedByMonth = Annotated[Asked, Depends(_asked(Preset.YEAR))]


@router.get(HERE)
async def reports(visitor: Reading) -> Response:
    """The first tab."""
    return RedirectResponse(f"{HERE}/occupancy", 303)


@router.get(f"{HERE}/occupancy")
async def occupancy_page(request: Request, visitor: Reading, asked: Wanted) -> Response:
    """How much desks are used, by site."""
    sphere, period = visitor.principal.sphere, asked.chosen.period

    def rows(tx: Transaction) -> list[OccupancyRow]:
        found = occupancy(tx, period, now(), _of_site(sphere, asked.filters.get("site", "")))
        site = asked.filters.get("site")
        return [row for row in found if not site or row.site == site]

    if asked.csv:
        return csv_file("occupancy", table_of(OccupancyRow, await web_of(request).read(rows)))
    language = visitor.viewer.language
    return await _page(request, visitor, asked, "occupancy", lambda tx: drawing.occupied(rows(tx), period, language))


@router.get(f"{HERE}/where")
async def where_page(request: Request, visitor: Reading, asked: Wanted) -> Response:
    """Who sat where."""
    sphere, period = visitor.principal.sphere, asked.chosen.period
    within = _of_site(sphere, asked.filters.get("site", ""))
    if asked.csv:
        found = await web_of(request).read(lambda tx: where(tx, period.since, period.until, within))
        return csv_file("who-sat-where", table_of(WhereRow, found))

    def question(tx: Transaction) -> dict[str, object]:
        rows = where(tx, period.since, period.until, within, _SHOWN_ROWS + 1)
        return {"rows": rows[:_SHOWN_ROWS], "more": len(rows) > _SHOWN_ROWS}

    return await _page(request, visitor, asked, "where", question)


@router.get(f"{HERE}/queues")
async def queues_page(request: Request, visitor: Reading, asked: Wanted) -> Response:
    """What became of callers, by queue and member. Raises NotFound for a queue outside of the sphere."""
    sphere, period = visitor.principal.sphere, asked.chosen.period
    number = asked.filters.get("queue", "")
    if number and not sphere.covers_queue(number):
        raise NotFound("queue", number)
    numbers = [number] if number else sphere.queues

    if asked.csv:
        found = await web_of(request).read(lambda tx: queue_statistics(tx, period, SERVICE_SECONDS, numbers))
        return csv_file("queues", table_of(QueueStatRow, found))

    def question(tx: Transaction) -> dict[str, object]:
        rows = queue_statistics(tx, period, SERVICE_SECONDS, numbers)
        members: list[MemberRow] = queue_members(tx, period, [number]) if number else []
        known = sorted(tx.queues.list(), key=lambda each: each.number)
        names = {each.number: each.name for each in known if sphere.covers_queue(each.number)}
        return {
            **drawing.queued(rows, period, visitor.viewer.language),
            "names": names,
            "members": drawing.members(members, tx),
            "seconds": int(SERVICE_SECONDS),
        }

    return await _page(request, visitor, asked, "queues", question)


@router.get(f"{HERE}/seats")
async def seats_page(request: Request, visitor: Reading, asked: WantedByMonth) -> Response:
    """Seats for billing, month by month."""
    visitor.principal.require_everywhere(Permission.REPORTS_READ)
    period = asked.chosen.period

    def rows(tx: Transaction) -> list[SeatsRow]:
        return seats(tx, period.since, period.until, period.timezone, now())

    if asked.csv:
        return csv_file("seats", table_of(SeatsRow, await web_of(request).read(rows)))
    language = visitor.viewer.language
    return await _page(request, visitor, asked, "seats", lambda tx: drawing.seated(rows(tx), language))


@router.get(f"{HERE}/failures")
async def failures_page(request: Request, visitor: Reading, asked: Wanted) -> Response:
    """Failed logins by reason, user and source."""
    visitor.principal.require_everywhere(Permission.REPORTS_READ)
    period = asked.chosen.period
    if asked.csv:
        found = await web_of(request).read(lambda tx: failures(tx, period.since, period.until))
        return csv_file("failed-logins", table_of(FailureRow, found))

    def question(tx: Transaction) -> dict[str, object]:
        rows = failures(tx, period.since, period.until)
        shown = rows[:_SHOWN_ROWS]
        names = listed.names_of(tx, (row.user for row in shown))
        return {"rows": shown, "more": len(rows) > _SHOWN_ROWS, "names": names}

    return await _page(request, visitor, asked, "failures", question)


def _of_site(sphere: Sphere, site: str) -> Sphere:
    """A sphere narrowed to a site, if one is wanted. Raises NotFound for one outside of it."""
    if not site:
        return sphere
    if not sphere.covers_site(site):
        raise NotFound("site", site)
    return Sphere.of((), [site])


async def _page(
    request: Request,
    visitor: Visitor,
    asked: Asked,
    name: str,
    question: Callable[[Transaction], Mapping[str, object]],
) -> Response:
    tab = f"{HERE}/{name}"
    bounded = not visitor.principal.sphere.unbounded
    kept = {key: value for key, value in asked.filters.items() if key in ("preset", "since", "until")}
    tabs = [(listed.address_of(href, kept), text) for href, text in TABS if not (bounded and href in _EVERYWHERE)]
    values = {
        "tabs": tabs,
        "tab": listed.address_of(tab, kept),
        "address": tab,
        "chosen": asked.chosen,
        "presets": PRESETS,
        "filters": asked.filters,
        "file": listed.address_of(tab, asked.filters, csv="1"),
    }
    return await portal_page(request, visitor, f"reports/{name}.html", HERE, values, question=question)
