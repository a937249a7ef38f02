"""Pages of lists: `application.listing.Listing`, one module for each list."""

from __future__ import annotations

from sqlalchemy import Connection

from freeseat.application.listing import (
    EVERYTHING,
    AccountRow,
    AccountsWanted,
    CallRow,
    CallsWanted,
    EventsWanted,
    LoginRow,
    LoginsWanted,
    Page,
    PageWanted,
    PhoneRow,
    PhonesWanted,
    QueueRow,
    UserRow,
    UsersWanted,
    WorkplacesWanted,
)
from freeseat.domain.events import Event
from freeseat.domain.permissions import Sphere
from freeseat.domain.trunks import InboundNumber
from freeseat.domain.workplaces import Workplace
from freeseat.store.listing import accounts, calls, events, inbound, logins, phones, queues, users, workplaces

_FIRST = PageWanted()


class SqlListing:
    """`application.listing.Listing` over a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def users(self, wanted: UsersWanted, page: PageWanted = _FIRST) -> Page[UserRow]:
        """Users, by number."""
        return users.page_of(self.connection, wanted, page)

    def phones(self, wanted: PhonesWanted, page: PageWanted = _FIRST) -> Page[PhoneRow]:
        """Phones, by number."""
        return phones.page_of(self.connection, wanted, page)

    def workplaces(self, wanted: WorkplacesWanted, page: PageWanted = _FIRST) -> Page[Workplace]:
        """Workplaces, by name."""
        return workplaces.page_of(self.connection, wanted, page)

    def accounts(self, wanted: AccountsWanted, page: PageWanted = _FIRST) -> Page[AccountRow]:
        """Accounts, by name."""
        return accounts.page_of(self.connection, wanted, page)

    def logins(self, wanted: LoginsWanted, page: PageWanted = _FIRST) -> Page[LoginRow]:
        """Desk logins, those that began last first."""
        return logins.page_of(self.connection, wanted, page)

    def queues(self, search: str = "", within: Sphere = EVERYTHING, page: PageWanted = _FIRST) -> Page[QueueRow]:
        """Queues, by number."""
        return queues.page_of(self.connection, search, within, page)

    def inbound(self, search: str = "", page: PageWanted = _FIRST) -> Page[InboundNumber]:
        """Inbound numbers, by number."""
        return inbound.page_of(self.connection, search, page)

    def calls(self, wanted: CallsWanted, page: PageWanted = _FIRST) -> Page[CallRow]:
        """Call records, those that began last first."""
        return calls.page_of(self.connection, wanted, page)

    def events(self, wanted: EventsWanted, page: PageWanted = _FIRST) -> Page[Event]:
        """The audit log, newest first."""
        return events.page_of(self.connection, wanted, page)
