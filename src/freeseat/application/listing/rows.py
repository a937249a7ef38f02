"""Rows of lists: read models, joined with what a list shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from freeseat.application.records import CallRecord
from freeseat.domain.accounts import Account
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.queues import Queue


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is logged in: the AoR, its site ('' if unknown), since when, how, and an end that is pending."""

    place: str
    site: str
    since: datetime
    method: Method
    pending: EndReason | None


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user in a list: the name of his class, where he is logged in, oldest first, and phones assigned to him."""

    id: int
    number: str
    name: str
    class_name: str
    email: str
    department: str
    location: str
    hot_desk_access: bool
    has_pin: bool
    enabled: bool
    places: tuple[Place, ...]
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhoneRow:
    """A phone in a list. `owner` and `occupant` are users' numbers ('' = none), `since` when that one logged in."""

    id: int
    number: str
    class_name: str
    mac: str
    vendor: str
    model: str
    site: str
    shared: bool
    enabled: bool
    registered: bool
    owner: str
    owner_name: str
    occupant: str
    occupant_name: str
    since: datetime | None
    method: Method | None
    pending: EndReason | None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account, and the number of the person that it belongs to ('' = none)."""

    account: Account
    user: str


@dataclass(frozen=True, slots=True)
class LoginRow:
    """A desk login in a list. `user` and `name` are empty where that user exists no more, `site` likewise."""

    id: int
    user: str
    name: str
    place: str
    site: str
    method: Method
    source: str
    started_at: datetime
    pending: EndReason | None
    ended_at: datetime | None
    end_reason: EndReason | None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue in a list: how many members it has, how many of them are logged in, how many callers wait."""

    queue: Queue
    members: int
    logged_in: int
    waiting: int


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call record in a list, with the names of users and queue behind its numbers ('' = nobody's)."""

    call: CallRecord
    caller_name: str
    called_name: str
    queue_name: str
