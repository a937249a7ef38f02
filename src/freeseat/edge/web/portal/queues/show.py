"""One queue, live: who waits, its members with their three states, and the day so far (R5.6)."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from freeseat.application.accounts.principal import Principal
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.status import MemberSeen, queue_seen
from freeseat.application.queues.today import QueueDay, queue_day
from freeseat.application.reports.period import zone_of
from freeseat.domain.errors import NotFound
from freeseat.domain.permissions import Permission
from freeseat.domain.queues import Queue, Readiness
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen
from freeseat.edge.web.live.interests import QUEUES, of_queues
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.charts import Chart, Stack, charts
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.periods import zone_from
from freeseat.edge.web.portal.queues.list import HERE, Looking
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
_MEMBERS = frozenset({"kind:member_added", "kind:member_removed", "kind:member_changed"})
_LEFT = frozenset({Readiness.LOGGED_OUT})


@router.get("/portal/queues/{number}")
async def queue(request: Request, visitor: Looking, number: str) -> HTMLResponse:
    """The page."""
    principal, zone = visitor.principal, zone_from(request)

    def question(tx: Transaction) -> dict[str, object]:
        return {"queue": queue_within(tx, number, principal)}

    values = {"may_edit": principal.may(Permission.SETTINGS_WRITE) and principal.sphere.unbounded}
    live = [Asked.of("queue", number=number), Asked.of("queue-day", number=number, zone=zone)]
    return await portal_page(request, visitor, "queues/show.html", HERE, values, question=question, live=live)


def queue_within(tx: Transaction, number: str, principal: Principal) -> Queue:
    """The queue of a number. Raises NotFound, also for one outside of the sphere."""
    if not principal.sphere.covers_queue(number):
        raise NotFound("queue", number)
    return queue_of(tx, number)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.QUEUES_READ)
    found = queue_within(tx, params.get("number", ""), principal)
    seen = queue_seen(tx, found, now)
    names = {member.user: member.name for member in seen.members}
    interests, ends = of_queues(tx, [found], now)
    context = {
        "seen": seen,
        "members": sorted(seen.members, key=_place),
        "names": names,
        "may_act": principal.may(Permission.QUEUES_WRITE, queue=found.number),
    }
    return Seen(context, interests | QUEUES | _MEMBERS, ends)


def _place(member: MemberSeen) -> tuple[bool, int, str]:
    """Who takes part comes first, then by priority."""
    return member.readiness in _LEFT, member.priority, member.user


def _day_seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.QUEUES_READ)
    found = queue_within(tx, params.get("number", ""), principal)
    zone = params.get("zone", "UTC")
    day = queue_day(tx, found, zone, now)
    return Seen({"day": day, "charts": _charts(day, zone), "zone": zone_of(zone)}, frozenset({f"queue:{found.number}"}))


def _charts(day: QueueDay, zone: str) -> tuple[Chart, Chart]:
    """From the first half hour with a caller on."""
    first = next((index for index, each in enumerate(day.half_hours) if each.offered), 0)
    shown = [
        Stack(
            f"{(start := each.start.astimezone(zone_of(zone))):%H:%M}",
            f"{start:%H:%M}: {each.offered}",
            (each.answered, each.abandoned, each.elsewhere, each.open),
        )
        for each in day.half_hours[first:]
    ]
    return charts(shown, height=190)


QUEUE = Fragment("queue", "portal/parts/queue.html", _seen)
QUEUE_DAY = Fragment("queue-day", "portal/parts/queue_day.html", _day_seen)
