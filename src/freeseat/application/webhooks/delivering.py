"""Delivering to webhooks: each follows the feed from its own position, in order; none waits for another (R10.5).

One process delivers to a hook at a time, by a lease; where it dies another goes on, and the event is told again: the
other side knows it by its id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.webhooks.directory import progress_of
from freeseat.domain.actors import Actor
from freeseat.domain.events import Event, Kind
from freeseat.domain.webhooks import GIVE_UP_AFTER, LOG_KEPT, Delivery, Webhook, WebhookProgress, body_of, retry_seconds

LEASE = timedelta(seconds=60)
"""Longer than any attempt may take."""
_EVENTS_AT_ONCE = 500
_CHUNKS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be made: the body as it is signed and sent; `networks` are those that the policy allows beside."""

    hook_id: int
    name: str
    url: str
    secret: str
    position: int
    kind: Kind
    body: bytes
    networks: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Due({self.name!r}, position={self.position})"


@dataclass(frozen=True, slots=True)
class Outlook:
    """An enabled hook: whether something may be due now, and when to look again at the latest (None: at news)."""

    hook_id: int
    due: bool
    next_at: datetime | None


def outlooks(tx: Transaction, owner: str, now: datetime) -> list[Outlook]:
    """The enabled hooks, read only: so that nobody writes for nothing."""
    last = tx.events.last_position()
    progress = {each.webhook_id: each for each in tx.webhook_progress.list()}
    found = []
    for hook in tx.webhooks.list(enabled=True):
        his = progress.get(hook.id)
        if his is None or his.held_by_another(owner, now):
            found.append(Outlook(hook.id, False, his.leased_until if his else None))
        else:
            early = his.next_at is not None and now < his.next_at
            found.append(Outlook(hook.id, his.position < last and not early, his.next_at if early else None))
    return found


def next_delivery(tx: Transaction, hook_id: int, owner: str, now: datetime) -> Due | None:
    """What to tell a hook next; what it doesn't want is passed over. None: nothing now, or another process does it."""
    hook = tx.webhooks.get(id=hook_id)
    if hook is None or not hook.enabled:
        return None
    progress = progress_of(tx, hook)
    if progress.held_by_another(owner, now) or (progress.next_at is not None and now < progress.next_at):
        return None
    event, passed = _wanted(tx, hook, progress.position)
    if event is None:
        new = replace(progress, position=passed, owner="", leased_until=None)
        if new != progress:
            tx.webhook_progress.update(new)
        return None
    tx.webhook_progress.update(replace(progress, position=passed, owner=owner, leased_until=now + LEASE))
    secret = tx.vault.open(hook.secret)
    networks = tx.policy().webhook_networks
    return Due(hook.id, hook.name, hook.url, secret, event.position, event.kind, body_of(event), networks)


def delivered(
    tx: Transaction, due: Due, owner: str, status: int, error: str, seconds: float, now: datetime
) -> Delivery | None:
    """How an attempt went: HTTP status (0: no answer) and what was wrong. Taken, the hook goes on; else it waits.

    A test is told once and never again. After a day of failures the hook is disabled. None: somebody else has gone on.
    """
    hook = tx.webhooks.get(id=due.hook_id)
    if hook is None:
        return None
    progress = progress_of(tx, hook)
    if progress.owner != owner or progress.position >= due.position:
        return None
    made = tx.deliveries.add(Delivery(0, hook.id, due.position, now, status, error[:500], round(seconds, 3)))
    tx.delivery_log.keep(hook.id, LOG_KEPT)
    free = replace(progress, owner="", leased_until=None)
    if made.taken:
        tx.webhook_progress.update(replace(free, position=due.position, attempts=0, failing_since=None, next_at=None))
    elif due.kind is Kind.WEBHOOK_TESTED:
        tx.webhook_progress.update(replace(free, position=due.position))
    else:
        _failed(tx, hook, free, made, now)
    return made


def _failed(tx: Transaction, hook: Webhook, progress: WebhookProgress, made: Delivery, now: datetime) -> None:
    since, attempts = progress.failing_since or now, progress.attempts + 1
    next_at = now + timedelta(seconds=retry_seconds(attempts))
    tx.webhook_progress.update(replace(progress, attempts=attempts, failing_since=since, next_at=next_at))
    if now - since >= GIVE_UP_AFTER:
        tx.webhooks.update(replace(hook, enabled=False))
        data = {"webhook": hook.name, "since": since.isoformat(), "error": made.error or f"status {made.status}"}
        tx.events.append(Event(now, Kind.WEBHOOK_GAVE_UP, Actor.system(), data=data))


def _wanted(tx: Transaction, hook: Webhook, position: int) -> tuple[Event | None, int]:
    """The next event a hook wants, and the position up to which nothing is wanted."""
    for _ in range(_CHUNKS_AT_ONCE):
        events = tx.events.after(position, _EVENTS_AT_ONCE)
        for event in events:
            if hook.wants(event):
                return event, event.position - 1
            position = event.position
        if len(events) < _EVENTS_AT_ONCE:
            break
    return None, position
