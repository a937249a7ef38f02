"""Pages of accounts."""

from __future__ import annotations

from sqlalchemy import Connection, func

from freeseat.application.listing import AccountRow, AccountsWanted, Page, PageWanted
from freeseat.store import account_tables, tables
from freeseat.store.accounts import ACCOUNTS
from freeseat.store.listing.common import PERSON, keyset_page, searched, unfiltered

_ACCOUNT = account_tables.account.c


def page_of(connection: Connection, wanted: AccountsWanted, page: PageWanted) -> Page[AccountRow]:
    """By the index of their names."""
    found = (
        ACCOUNTS.all()
        .add_columns(func.coalesce(PERSON.number, ""))
        .outerjoin(tables.person, PERSON.id == _ACCOUNT.user_id)
        .where(*searched(connection, wanted.search, _ACCOUNT.name, _ACCOUNT.full_name, _ACCOUNT.email))
    )
    if wanted.role is not None:
        found = found.where(_ACCOUNT.role == wanted.role)
    if wanted.enabled is not None:
        found = found.where(_ACCOUNT.enabled.is_(wanted.enabled))
    everything = unfiltered(wanted, AccountsWanted)
    rows, following, total = keyset_page(connection, found, _ACCOUNT.name, page, everything=everything)
    return Page(tuple(AccountRow(ACCOUNTS.entity(row[:-1]), row[-1]) for row in rows), following, total)
