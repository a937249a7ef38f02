"""Every route and every fragment there is: a table of contents."""

from __future__ import annotations

from fastapi import APIRouter

from freeseat.edge.web import oidc, signing_in
from freeseat.edge.web.api import description as api
from freeseat.edge.web.live import routes as live
from freeseat.edge.web.live.fragments import Fragment
from freeseat.edge.web.portal import administration, overview

ROUTERS: tuple[APIRouter, ...] = (
    signing_in.router,
    oidc.router,
    live.router,
    *api.ROUTERS,
    overview.router,
    *administration.ROUTERS,
)

FRAGMENTS: tuple[Fragment, ...] = (overview.OVERVIEW, *administration.FRAGMENTS)
