"""What of a list is wanted: filters, the sphere of whoever asks, and which page.

Phones and desks lie in a sphere by their site, queues by their number; people and calls by either: of one of the queues
or at one of the sites.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from freeseat.domain.actors import Channel
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Role, Sphere

R = TypeVar("R", covariant=True)
T = TypeVar("T")

LARGEST_PAGE = 500
EVERYTHING = Sphere()


@dataclass(frozen=True, slots=True)
class PageWanted:
    """Rows behind `after` (the `next` of the page before; None = from the beginning), at most `limit` of them.

    Raises InvalidValue for a limit that is not 1 to LARGEST_PAGE.
    """

    after: str | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        """Check the limit."""
        if not 1 <= self.limit <= LARGEST_PAGE:
            raise InvalidValue("limit", self.limit, f"use 1 to {LARGEST_PAGE}")


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Rows in the list's order. `next` is what the next page comes behind, None on the last.

    `total` is how many rows there are on all pages; None where counting them would cost more than it is worth.
    """

    rows: tuple[R, ...]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class UsersWanted:
    """Which users, by number. Each word of `search` stands in number, name, department or e-mail, in any case.

    `cos` is a class's name, `queue` the number of a queue whose members are wanted; None and '' do not filter.
    """

    search: str = ""
    cos: str = ""
    department: str = ""
    enabled: bool | None = None
    hot_desk: bool | None = None
    logged_in: bool | None = None
    queue: str = ""
    within: Sphere = EVERYTHING


@dataclass(frozen=True, slots=True)
class PhonesWanted:
    """Which phones, by number. Each word of `search` stands in number, MAC (written in any way), site or model."""

    search: str = ""
    cos: str = ""
    site: str = ""
    shared: bool | None = None
    enabled: bool | None = None
    registered: bool | None = None
    occupied: bool | None = None
    within: Sphere = EVERYTHING


@dataclass(frozen=True, slots=True)
class WorkplacesWanted:
    """Which workplaces, by name. Each word of `search` stands in the name, the site, or what its phone is found by."""

    search: str = ""
    site: str = ""
    within: Sphere = EVERYTHING


@dataclass(frozen=True, slots=True)
class AccountsWanted:
    """Which accounts, by name. Each word of `search` stands in name, full name or e-mail."""

    search: str = ""
    role: Role | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class LoginsWanted:
    """Which desk logins, those that began last first: `open` ones, past ones (False), or both (None).

    `user` is a number, `place` where they were (a phone's number), `since` and `until` bound when they began.
    """

    open: bool | None = None
    user: str = ""
    place: str = ""
    site: str = ""
    since: datetime | None = None
    until: datetime | None = None
    within: Sphere = EVERYTHING


@dataclass(frozen=True, slots=True)
class CallsWanted:
    """Which call records, those that began last first; `user` and `phone` whether calling or called.

    `since` and `until` bound when they began (aware; until is not included); `kind` is that of the record.
    """

    user: str = ""
    phone: str = ""
    queue: str = ""
    kind: str = ""
    answered: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    within: Sphere = EVERYTHING


@dataclass(frozen=True, slots=True)
class EventsWanted:
    """Which events of the audit log (R10.2), newest first; `who` is the actor, `source` where he was."""

    kinds: frozenset[Kind] = frozenset()
    user: str = ""
    phone: str = ""
    who: str = ""
    source: str = ""
    channel: Channel | None = None
    since: datetime | None = None
    until: datetime | None = None
    within: Sphere = EVERYTHING


def all_pages(ask: Callable[[PageWanted], Page[T]]) -> list[T]:
    """The rows of all pages of a list, in its order."""
    rows: list[T] = []
    after: str | None = None
    while True:
        page = ask(PageWanted(after, LARGEST_PAGE))
        rows += page.rows
        if page.next is None:
            return rows
        after = page.next
