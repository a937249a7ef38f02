"""What lists of the portal have in common: filters in addresses, and the links of their pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from freeseat.application.ports import Transaction
from freeseat.edge.web.live.fragments import Params

LONGEST_SEARCH = 80
ROWS = 50


def given(filters: Mapping[str, str | None]) -> dict[str, str]:
    """The filters that say something, cut to what a fragment's name can hold."""
    return {name: value.strip()[:LONGEST_SEARCH] for name, value in filters.items() if value and value.strip()}


def choice(params: Params, name: str) -> bool | None:
    """A filter of yes, no or all."""
    return {"yes": True, "no": False}.get(params.get(name, ""))


def names_of(tx: Transaction, numbers: Iterable[str]) -> dict[str, str]:
    """The names of people by number, of those who are there."""
    return {user.number: user.name for user in tx.users.among("number", {each for each in numbers if each})}


def links(address: str, params: Params, following: str | None) -> dict[str, str]:
    """The addresses of the first page ('' if this is it) and of the next ('' if there is none), filters kept."""
    filters = {name: value for name, value in params.items() if name != "after"}

    def to(**more: str) -> str:
        query = urlencode({**filters, **more})
        return f"{address}?{query}" if query else address

    return {"first": to() if params.get("after") else "", "following": to(after=following) if following else ""}


def address_of(address: str, filters: Mapping[str, str], **more: str) -> str:
    """An address with the filters that say something."""
    query = urlencode({name: value for name, value in {**filters, **more}.items() if value})
    return f"{address}?{query}" if query else address
