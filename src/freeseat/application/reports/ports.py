"""What reports need from the store: what happened within a period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from freeseat.application.listing import LoginRow
from freeseat.application.queues.ports import OfferEnd, Outcome
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Sphere


@dataclass(frozen=True, slots=True)
class Sat:
    """A desk login as a span: user's id, the phone's site ('' where it is no known phone), end None while open."""

    user_id: int
    phone_id: int | None
    site: str
    started_at: datetime
    ended_at: datetime | None


class Entitlement(NamedTuple):
    """A user's number, and what makes him a seat that is paid for."""

    number: str
    hot_desk: bool
    enabled: bool


@dataclass(frozen=True, slots=True)
class CallSeen:
    """A caller of a queue: the queue's number, times, who answered ('' = nobody), and what became of the call."""

    queue: str
    user: str
    entered_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class OfferSeen:
    """A caller offered to a member."""

    queue: str
    user: str
    at: datetime
    end: OfferEnd | None


class History(Protocol):
    """What happened from `since` until before `until`."""

    def sat(self, since: datetime, until: datetime, sphere: Sphere) -> Sequence[Sat]:
        """The desk logins that touch the period."""
        ...

    def logins(self, since: datetime, until: datetime, sphere: Sphere, limit: int) -> Sequence[LoginRow]:
        """The same with names, those that began first first, at most so many."""
        ...

    def seated(self, since: datetime, until: datetime) -> int:
        """How many distinct people had a desk login that touches the period."""
        ...

    def entitlements(self) -> Iterable[Entitlement]:
        """What all users are entitled to now."""
        ...

    def shared_phones(self, sphere: Sphere) -> dict[str, int]:
        """How many enabled shared phones each site has now."""
        ...

    def queue_calls(self, since: datetime, until: datetime, queues: Iterable[str] | None) -> Sequence[CallSeen]:
        """The callers who came within the period, of these queues or all."""
        ...

    def offers(self, since: datetime, until: datetime, queues: Iterable[str] | None) -> Sequence[OfferSeen]:
        """The offers made within the period, of these queues or all."""
        ...

    def events(self, kinds: Iterable[Kind], since: datetime, until: datetime | None = None) -> Iterator[Event]:
        """The events of these kinds, newest first."""
        ...
