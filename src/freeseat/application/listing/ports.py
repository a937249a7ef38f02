"""What lists need from the store."""

from __future__ import annotations

from typing import Protocol

from freeseat.application.listing.rows import CallRow, LoginRow, PhoneRow, QueueRow, UserRow
from freeseat.application.listing.wanted import (
    EVERYTHING,
    CallsWanted,
    EventsWanted,
    LoginsWanted,
    Page,
    PageWanted,
    PhonesWanted,
    UsersWanted,
)
from freeseat.domain.events import Event
from freeseat.domain.permissions import Sphere

_FIRST = PageWanted()


class Listing(Protocol):
    """Pages of rows by keyset, a few statements each however long the list is.

    All raise InvalidValue for an `after` that no page gave.
    """

    def users(self, wanted: UsersWanted, page: PageWanted = _FIRST) -> Page[UserRow]:
        """Users, by number."""
        ...

    def phones(self, wanted: PhonesWanted, page: PageWanted = _FIRST) -> Page[PhoneRow]:
        """Phones, by number."""
        ...

    def logins(self, wanted: LoginsWanted, page: PageWanted = _FIRST) -> Page[LoginRow]:
        """Desk logins, open and past; those that began last first."""
        ...

    def queues(self, search: str = "", within: Sphere = EVERYTHING, page: PageWanted = _FIRST) -> Page[QueueRow]:
        """Queues, by number; each word of `search` stands in number, code or name."""
        ...

    def calls(self, wanted: CallsWanted, page: PageWanted = _FIRST) -> Page[CallRow]:
        """Call records, those that began last first."""
        ...

    def events(self, wanted: EventsWanted, page: PageWanted = _FIRST) -> Page[Event]:
        """The audit log, newest first."""
        ...
