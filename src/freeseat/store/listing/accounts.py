"""Pages of accounts."""

from __future__ import annotations

from sqlalchemy import Connection, func

from freeseat.application.listing import AccountRow, AccountsWanted, Page, PageWanted
from freeseat.store import account_tables, tables
from freeseat.store.accounts import ACCOUNTS
from freeseat.store.listing.common import PERSON, counted, cut, searched, unfiltered

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
    if page.after is not None:
        found = found.where(_ACCOUNT.name > page.after)
    rows = connection.execute(found.order_by(_ACCOUNT.name).limit(page.limit + 1)).all()
    kept, following, total = cut(rows, page, lambda row: str(row.name))
    if total is None and page.after is None and unfiltered(wanted, AccountsWanted):
        total = counted(connection, account_tables.account)
    return Page(tuple(AccountRow(ACCOUNTS.entity(row[:-1]), row[-1]) for row in kept), following, total)
