"""What lists need from the store."""

from __future__ import annotations

from typing import Protocol

from freeseat.application.listing.rows import AccountRow, CallRow, LoginRow, PhoneRow, QueueRow, UserRow
from freeseat.application.listing.wanted import (
    EVERYTHING,
    AccountsWanted,
    CallsWanted,
    EventsWanted,
    LoginsWanted,
    Page,
    PageWanted,
    PhonesWanted,
    UsersWanted,
    WorkplacesWanted,
)
from freeseat.domain.events import Event
from freeseat.domain.permissions import Sphere
from freeseat.domain.trunks import InboundNumber
from freeseat.domain.workplaces import Workplace

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

    def workplaces(self, wanted: WorkplacesWanted, page: PageWanted = _FIRST) -> Page[Workplace]:
        """Workplaces, by name."""
        ...

    def accounts(self, wanted: AccountsWanted, page: PageWanted = _FIRST) -> Page[AccountRow]:
        """Accounts, by name."""
        ...

    def logins(self, wanted: LoginsWanted, page: PageWanted = _FIRST) -> Page[LoginRow]:
        """Desk logins, open and past; those that began last first."""
        ...

    def queues(self, search: str = "", within: Sphere = EVERYTHING, page: PageWanted = _FIRST) -> Page[QueueRow]:
        """Queues, by number; each word of `search` stands in number, code or name."""
        ...

    def inbound(self, search: str = "", page: PageWanted = _FIRST) -> Page[InboundNumber]:
        """Inbound numbers, by number; each word of `search` stands in number, destination or description."""
        ...

    def calls(self, wanted: CallsWanted, page: PageWanted = _FIRST) -> Page[CallRow]:
        """Call records, those that began last first."""
        ...

    def events(self, wanted: EventsWanted, page: PageWanted = _FIRST) -> Page[Event]:
        """The audit log, newest first."""
        ...
