"""Desk logins, those that are open and past ones: who sat where, from when to when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from freeseat.application.listing import LoginRow, LoginsWanted, Page, PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import web_of
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.csv_answer import csv_of_pages
from freeseat.edge.web.portal.desks.list import HERE, NOW, PAST, TABS, Looking
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.periods import between, zone_from
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
_INTERESTS = frozenset({"kind:logged_in", "kind:logged_out", "kind:logout_pending"})
_HEADS = ("number", "name", "place", "site", "method", "source", "since", "until", "end")


@router.get(NOW)
async def logins_now(
    request: Request,
    visitor: Looking,
    user: str = "",
    place: str = "",
    site: str = "",
    after: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:
    """Who is logged in, at shared phones and elsewhere."""
    filters = listed.given({"user": user, "place": place, "site": site})
    values = {"filters": filters, "tabs": TABS, "tab": NOW, "past": False}
    live = [Asked.of("logins", **filters, after=after)]
    return await portal_page(request, visitor, "desks/logins.html", HERE, values, live=live)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DESKS_READ)
    wanted = LoginsWanted(
        open=True,
        user=params.get("user", ""),
        place=params.get("place", ""),
        site=params.get("site", ""),
        within=principal.sphere,
    )
    page = tx.listing.logins(wanted, PageWanted(after=params.get("after"), limit=listed.ROWS))
    context = {
        "page": page,
        "past": False,
        "filtered": wanted != LoginsWanted(open=True, within=principal.sphere),
        "may_seat": principal.may(Permission.DESKS_WRITE),
        **listed.links(NOW, params, page.next),
    }
    return Seen(context, _INTERESTS)


LOGINS = Fragment("logins", "portal/parts/logins.html", _seen)


@router.get(PAST)
async def past_logins(
    request: Request,
    visitor: Looking,
    user: str = "",
    place: str = "",
    site: str = "",
    since: str = "",
    until: str = "",
    after: Annotated[str, Query(max_length=80)] = "",
    csv: bool = False,
) -> Response:
    """Who sat where; as a file with `csv`."""
    filters = listed.given({"user": user, "place": place, "site": site, "since": since, "until": until})
    first, last = between(since, until, zone_from(request))
    sphere = visitor.principal.sphere
    wanted = LoginsWanted(
        open=False,
        user=filters.get("user", ""),
        place=filters.get("place", ""),
        site=filters.get("site", ""),
        since=first,
        until=last,
        within=sphere,
    )

    def page_of(tx: Transaction, page: PageWanted) -> Page[LoginRow]:
        return tx.listing.logins(wanted, page)

    if csv:
        return csv_of_pages(web_of(request), "desk-logins", _HEADS, page_of, _cells)

    def question(tx: Transaction) -> dict[str, object]:
        page = page_of(tx, PageWanted(after=after or None, limit=listed.ROWS))
        return {"page": page, **listed.links(PAST, {**filters, "after": after}, page.next)}

    values = {
        "filters": filters,
        "tabs": TABS,
        "tab": PAST,
        "past": True,
        "filtered": bool(filters),
        "may_seat": False,
        "file": listed.address_of(PAST, filters, csv="1"),
    }
    return await portal_page(request, visitor, "desks/logins.html", HERE, values, question=question)


def _cells(row: LoginRow) -> list[str]:
    ended = row.ended_at.isoformat(timespec="seconds") if row.ended_at else ""
    began = row.started_at.isoformat(timespec="seconds")
    return [row.user, row.name, row.place, row.site, row.method, row.source, began, ended, row.end_reason or ""]
