"""Every route and every fragment there is: a table of contents."""

from __future__ import annotations

from fastapi import APIRouter

from freeseat.edge.web import signing_in
from freeseat.edge.web.live import routes as live
from freeseat.edge.web.live.fragments import Fragment
from freeseat.edge.web.portal import overview

ROUTERS: tuple[APIRouter, ...] = (
    signing_in.router,
    live.router,
    overview.router,
)

FRAGMENTS: tuple[Fragment, ...] = (overview.OVERVIEW,)
