"""Pages of inbound numbers."""

from __future__ import annotations

from sqlalchemy import Connection, select

from freeseat.application.listing import Page, PageWanted
from freeseat.domain.trunks import InboundNumber
from freeseat.store import tables
from freeseat.store.listing.common import counted, cut, searched

_INBOUND = tables.inbound_number.c


def page_of(connection: Connection, search: str, page: PageWanted) -> Page[InboundNumber]:
    """By the index of the numbers."""
    columns = (_INBOUND.number, _INBOUND.destination, _INBOUND.description)
    found = select(_INBOUND.id, *columns).where(*searched(connection, search, *columns))
    if page.after is not None:
        found = found.where(_INBOUND.number > page.after)
    rows = connection.execute(found.order_by(_INBOUND.number).limit(page.limit + 1)).all()
    kept, following, total = cut(rows, page, lambda row: str(row.number))
    if total is None and page.after is None and not search:
        total = counted(connection, tables.inbound_number)
    return Page(tuple(InboundNumber(*row) for row in kept), following, total)
