"""What metrics and health checks are told: one snapshot of the whole office (R10.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from freeseat.application.ports import Transaction
from freeseat.application.queues.status import queues_seen
from freeseat.domain.boards import DayCounts, day_began
from freeseat.domain.queues import Readiness

SERVICE_SECONDS = 20
"""The service level that metrics know; boards have their own."""


@dataclass(frozen=True, slots=True)
class QueueMeasures:
    """A queue: waiting callers, seconds of the longest wait, members by state, today's callers (days are UTC)."""

    number: str
    waiting: int
    longest_wait: float
    members: Mapping[Readiness, int]
    today: DayCounts


@dataclass(frozen=True, slots=True)
class WebhookMeasures:
    """A webhook: events it is behind, whether it is enabled, and attempts in vain since it last took one."""

    name: str
    behind: int
    enabled: bool
    attempts: int


@dataclass(frozen=True, slots=True)
class Measures:
    """The office at one moment.

    `refused` are refusals by reason since the position that was asked about; `position` is the feed's newest.
    """

    position: int
    logins: Mapping[str, int]
    bindings: Mapping[str, int]
    calls: Mapping[str, int]
    refused: Mapping[str, int]
    queues: tuple[QueueMeasures, ...]
    webhooks: tuple[WebhookMeasures, ...]


def measure(tx: Transaction, now: datetime, refused_after: int | None = None) -> Measures:
    """Measure the office; `refused_after` is a position of the feed, None counts no refusals."""
    position = tx.events.last_position()
    refused: Mapping[str, int] = {} if refused_after is None else tx.tallies.refusals(refused_after)[1]
    return Measures(
        position, tx.tallies.logins(), tx.tallies.bindings(), tx.tallies.open_calls(), refused,
        _queues(tx, now), _webhooks(tx, position),
    )  # fmt: skip


def _queues(tx: Transaction, now: datetime) -> tuple[QueueMeasures, ...]:
    seen = queues_seen(tx, (), now)
    today = tx.queue_counts.since([each.queue.id for each in seen], day_began(now, "UTC"), SERVICE_SECONDS)
    return tuple(
        QueueMeasures(
            each.queue.number, len(each.waiting), each.longest_wait, each.counts, today.get(each.queue.id, DayCounts())
        )
        for each in seen
    )


def _webhooks(tx: Transaction, position: int) -> tuple[WebhookMeasures, ...]:
    progress = {each.webhook_id: each for each in tx.webhook_progress.list()}
    return tuple(
        WebhookMeasures(hook.name, max(0, position - his.position), hook.enabled, his.attempts)
        for hook in tx.webhooks.list()
        if (his := progress.get(hook.id)) is not None
    )


@dataclass(frozen=True, slots=True)
class Health:
    """What an administrator should look at. `newest` is the time of the last event."""

    position: int
    newest: datetime | None
    failing_webhooks: tuple[str, ...]


def health(tx: Transaction) -> Health:
    """How things stand, cheaply; that it is answered at all says that the database is there."""
    hooks = {hook.id: hook for hook in tx.webhooks.list()}
    failing = (hooks[each.webhook_id] for each in tx.webhook_progress.list() if each.attempts)
    last = tx.events.find(limit=1)
    return Health(
        last[0].position if last else 0,
        last[0].at.astimezone(UTC) if last else None,
        tuple(sorted(hook.name for hook in failing)),
    )
