"""Every route and every fragment there is: a table of contents."""

from __future__ import annotations

from fastapi import APIRouter

from freeseat.edge.web import oidc, signing_in
from freeseat.edge.web.api import description as api
from freeseat.edge.web.boards import pages as boards
from freeseat.edge.web.desk import acts as desk_acts
from freeseat.edge.web.desk import fragments as desk_fragments
from freeseat.edge.web.desk import login_form as desk_login_form
from freeseat.edge.web.desk import pages as desk_pages
from freeseat.edge.web.desk import settings_page as desk_settings
from freeseat.edge.web.desk import stream as desk_stream
from freeseat.edge.web.live import routes as live
from freeseat.edge.web.live.fragments import Fragment
from freeseat.edge.web.portal import administration, operations, overview

ROUTERS: tuple[APIRouter, ...] = (
    signing_in.router,
    oidc.router,
    live.router,
    *api.ROUTERS,
    desk_stream.router,
    desk_login_form.router,
    desk_pages.router,
    desk_settings.router,
    desk_acts.router,
    boards.router,
    overview.router,
    *administration.ROUTERS,
    *operations.ROUTERS,
)

FRAGMENTS: tuple[Fragment, ...] = (
    overview.OVERVIEW,
    *desk_fragments.FRAGMENTS,
    boards.BOARD,
    *administration.FRAGMENTS,
    *operations.FRAGMENTS,
)
