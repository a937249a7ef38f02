"""Pages of workplaces."""

from __future__ import annotations

from sqlalchemy import Connection

from freeseat.application.listing import Page, PageWanted, WorkplacesWanted
from freeseat.domain.workplaces import Workplace
from freeseat.store import page_tables
from freeseat.store.listing.common import keyset_page, searched, unfiltered, within, without_separators
from freeseat.store.pages import WORKPLACES

_PLACE = page_tables.workplace.c


def page_of(connection: Connection, wanted: WorkplacesWanted, page: PageWanted) -> Page[Workplace]:
    """By the index of their names."""
    columns = (_PLACE.name, _PLACE.site, _PLACE.phone_number, _PLACE.mac, _PLACE.address)
    found = WORKPLACES.all().where(*searched(connection, without_separators(wanted.search), *columns))
    found = found.where(*within(wanted.within, None, _PLACE.site.in_(wanted.within.sites or ())))
    if wanted.site:
        found = found.where(_PLACE.site == wanted.site)
    everything = unfiltered(wanted, WorkplacesWanted)
    rows, following, total = keyset_page(connection, found, _PLACE.name, page, everything=everything)
    return Page(tuple(map(WORKPLACES.entity, rows)), following, total)
