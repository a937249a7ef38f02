"""Call records (R4.5): filtered, page by page, and as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from freeseat.application.listing import CallRow, CallsWanted, Page, PageWanted
from freeseat.application.ports import Transaction
from freeseat.domain.permissions import Permission
from freeseat.edge.web.context import web_of
from freeseat.edge.web.entrance import Visitor, needs
from freeseat.edge.web.portal import listed
from freeseat.edge.web.portal.csv_answer import csv_of_pages
from freeseat.edge.web.portal.frame import portal_page
from freeseat.edge.web.portal.periods import between, zone_from


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


router = APIRouter(include_in_schema=False)
HERE = "/portal/calls"
KINDS = (
    ("internal", _("internal")),
    ("national", _("to the country")),
    ("international", _("abroad")),
    ("emergency", _("emergency")),
    ("inbound", _("from the outside")),
    ("offer", _("queue rings a member")),
    ("feature", _("feature code")),
)
_HEADS = (
    "began", "caller", "caller_name", "caller_phone", "dialled", "called", "called_name", "called_phone",
    "kind", "queue", "answered", "ended", "code", "cause",
)  # fmt: skip


@router.get(HERE)
async def calls(
    request: Request,
    visitor: Annotated[Visitor, Depends(needs(Permission.CALLS_READ))],
    user: str = "",
    phone: str = "",
    queue: str = "",
    kind: str = "",
    answered: str = "",
    since: str = "",
    until: str = "",
    after: Annotated[str, Query(max_length=80)] = "",
    csv: bool = False,
) -> Response:
    """The page; as a file with `csv`."""
    asked = {"user": user, "phone": phone, "queue": queue, "kind": kind, "answered": answered}
    filters = listed.given({**asked, "since": since, "until": until})
    first, last = between(since, until, zone_from(request))
    wanted = CallsWanted(
        user=filters.get("user", ""),
        phone=filters.get("phone", ""),
        queue=filters.get("queue", ""),
        kind=filters.get("kind", ""),
        answered=listed.choice(filters, "answered"),
        since=first,
        until=last,
        within=visitor.principal.sphere,
    )

    def page_of(tx: Transaction, page: PageWanted) -> Page[CallRow]:
        return tx.listing.calls(wanted, page)

    if csv:
        return csv_of_pages(web_of(request), "calls", _HEADS, page_of, _cells)

    def question(tx: Transaction) -> dict[str, object]:
        page = page_of(tx, PageWanted(after=after or None, limit=listed.ROWS))
        return {"page": page, **listed.links(HERE, {**filters, "after": after}, page.next)}

    values = {"filters": filters, "kinds": KINDS, "file": listed.address_of(HERE, filters, csv="1")}
    return await portal_page(request, visitor, "calls.html", HERE, values, question=question)


def _cells(row: CallRow) -> list[str]:
    call = row.call
    return [
        _time(call.started_at),
        *(call.caller, row.caller_name, call.caller_phone),
        *(call.dialled, call.called, row.called_name, call.called_phone),
        *(call.kind, call.queue),
        *(_time(call.answered_at), _time(call.ended_at)),
        *(str(call.code or ""), call.cause),
    ]


def _time(at: float | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
