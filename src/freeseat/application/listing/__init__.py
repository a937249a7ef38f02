"""Paged lists and searches as portal, API and command line show them (R10.1): what can be wanted, and the rows."""

from __future__ import annotations

from freeseat.application.listing.ports import Listing
from freeseat.application.listing.rows import AccountRow, CallRow, LoginRow, PhoneRow, Place, QueueRow, UserRow
from freeseat.application.listing.wanted import (
    EVERYTHING,
    LARGEST_PAGE,
    AccountsWanted,
    CallsWanted,
    EventsWanted,
    LoginsWanted,
    Page,
    PageWanted,
    PhonesWanted,
    UsersWanted,
    WorkplacesWanted,
    all_pages,
)

__all__ = [
    "EVERYTHING",
    "LARGEST_PAGE",
    "AccountRow",
    "AccountsWanted",
    "CallRow",
    "CallsWanted",
    "EventsWanted",
    "Listing",
    "LoginRow",
    "LoginsWanted",
    "Page",
    "PageWanted",
    "PhoneRow",
    "PhonesWanted",
    "Place",
    "QueueRow",
    "UserRow",
    "UsersWanted",
    "WorkplacesWanted",
    "all_pages",
]
