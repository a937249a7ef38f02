"""Failed logins: by reason, user and source (R10.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.domain.actors import Channel
from freeseat.domain.events import Event, Kind

LOCKED = "pin_locked"


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Attempts of one reason, user (number as given), source and channel: how many, the first and the last."""

    reason: str
    user: str
    source: str
    channel: Channel
    count: int
    first_at: datetime
    last_at: datetime


def failures(tx: Transaction, since: datetime, until: datetime) -> list[FailureRow]:
    """The most frequent first. A lock after too many wrong PINs counts as a reason of its own, `pin_locked`."""
    rows: dict[tuple[str, str, str, Channel], FailureRow] = {}
    for event in tx.history.events((Kind.LOGIN_REFUSED, Kind.PIN_LOCKED), since, until):
        key = (_reason(event), event.user, event.actor.source, event.actor.channel)
        row = rows.get(key) or FailureRow(*key, 0, event.at, event.at)
        first, last = min(row.first_at, event.at), max(row.last_at, event.at)
        rows[key] = replace(row, count=row.count + 1, first_at=first, last_at=last)
    return sorted(rows.values(), key=lambda row: (-row.count, row.reason, row.user, row.source))


def _reason(event: Event) -> str:
    return LOCKED if event.kind is Kind.PIN_LOCKED else str(event.data.get("reason", ""))
