"""Pages of inbound numbers."""

from __future__ import annotations

from sqlalchemy import Connection, select

from freeseat.application.listing import Page, PageWanted
from freeseat.domain.trunks import InboundNumber
from freeseat.store import tables
from freeseat.store.listing.common import keyset_page, searched

_INBOUND = tables.inbound_number.c


def page_of(connection: Connection, search: str, page: PageWanted) -> Page[InboundNumber]:
    """By the index of the numbers."""
    columns = (_INBOUND.number, _INBOUND.destination, _INBOUND.description)
    found = select(_INBOUND.id, *columns).where(*searched(connection, search, *columns))
    rows, following, total = keyset_page(connection, found, _INBOUND.number, page, everything=not search)
    return Page(tuple(InboundNumber(*row) for row in rows), following, total)
