"""Pages of what is now and of what happened: a table of contents."""

from __future__ import annotations

from fastapi import APIRouter

from freeseat.edge.web.live.fragments import Fragment
from freeseat.edge.web.portal import audit, calls, console
from freeseat.edge.web.portal.desks import acts as desk_acts
from freeseat.edge.web.portal.desks import list as desks
from freeseat.edge.web.portal.desks import logins
from freeseat.edge.web.portal.floor import placing, plans
from freeseat.edge.web.portal.floor import show as floor
from freeseat.edge.web.portal.queues import acts as queue_acts
from freeseat.edge.web.portal.queues import list as queues
from freeseat.edge.web.portal.queues import show as queue
from freeseat.edge.web.portal.reports import pages as reports

ROUTERS: tuple[APIRouter, ...] = (
    desks.router,
    logins.router,
    desk_acts.router,
    queues.router,
    queue_acts.router,
    queue.router,
    console.router,
    plans.router,
    placing.router,
    floor.router,
    calls.router,
    audit.router,
    reports.router,
)
"""They come behind those of the administration: `/portal/queues/new` is no queue's number."""

FRAGMENTS: tuple[Fragment, ...] = (
    desks.DESKS,
    logins.LOGINS,
    queues.QUEUES,
    queue.QUEUE,
    queue.QUEUE_DAY,
    console.CONSOLE,
    floor.FLOOR,
)
