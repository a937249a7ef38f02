"""The list of people: searched while one types, and live."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from freeseat.application.listing import PageWanted, UsersWanted
from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.live.fragments import Asked, Fragment, Params, Seen
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.access import principal_of
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.viewer import Viewer

router = APIRouter(include_in_schema=False)
HERE = "/portal/users"
_COMES_AND_GOES = frozenset({"kind:user_added", "kind:user_deleted"})
_LOGINS = frozenset({"kind:logged_in", "kind:logged_out"})
_CHANGES = frozenset({"kind:user_changed"})


@router.get(HERE)
async def users(
    request: Request,
    visitor: Annotated[Visitor, Depends(needs(Permission.DIRECTORY_READ))],
    search: str = "",
    cos: str = "",
    department: str = "",
    logged_in: str = "",
    enabled: str = "",
    after: Annotated[str, Query(max_length=32)] = "",
) -> HTMLResponse:
    """The page."""
    filters = listed.given(
        {"search": search, "cos": cos, "department": department, "logged_in": logged_in, "enabled": enabled}
    )

    def question(tx: Transaction) -> dict[str, object]:
        return {"classes": sorted(each.name for each in tx.classes.list())}

    values = {"filters": filters, "search": search}
    live = [Asked.of("users", **filters, after=after)]
    return await portal_page(request, visitor, "users/list.html", HERE, values, question=question, live=live)


def _seen(tx: Transaction, params: Params, viewer: Viewer, now: datetime) -> Seen:
    principal = principal_of(viewer, Permission.DIRECTORY_READ)
    wanted = UsersWanted(
        search=params.get("search", ""),
        cos=params.get("cos", ""),
        department=params.get("department", ""),
        enabled=listed.choice(params, "enabled"),
        logged_in=listed.choice(params, "logged_in"),
        within=principal.sphere,
    )
    page = tx.listing.users(wanted, PageWanted(after=params.get("after"), limit=listed.ROWS))
    interests = _COMES_AND_GOES | {f"user:{row.number}" for row in page.rows}
    if wanted.logged_in is not None or not principal.sphere.unbounded:
        interests |= _LOGINS
    if wanted != UsersWanted(within=principal.sphere):
        interests |= _CHANGES
    context = {
        "page": page,
        "filtered": wanted != UsersWanted(within=principal.sphere),
        "may_add": principal.may(Permission.DIRECTORY_WRITE),
        **listed.links(HERE, params, page.next),
    }
    return Seen(context, interests)


USERS = Fragment("users", "portal/parts/users.html", _seen)
