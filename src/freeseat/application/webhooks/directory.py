"""Webhooks: enter, change, delete, rotate the secret, test; their log (R10.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from freeseat.application.directory.changes import changed_fields, shown
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.errors import NotFound
from freeseat.domain.events import Event, Kind
from freeseat.domain.webhooks import LOG_KEPT, Delivery, Webhook, WebhookProgress, check_secret, check_webhook

CHANGEABLE = frozenset(f.name for f in fields(Webhook)) - {"id", "secret"}


@dataclass(frozen=True, slots=True)
class WebhookSeen:
    """A webhook, how far it has come, how many events are behind that, and its newest deliveries, newest first."""

    hook: Webhook
    progress: WebhookProgress
    behind: int
    log: Sequence[Delivery]


def add_webhook(tx: Transaction, hook: Webhook, secret: str, actor: Actor, now: datetime) -> Webhook:
    """Enter a webhook; it is told of what happens from now on. Raises InvalidValue or Clash."""
    check_webhook(hook)
    added = tx.webhooks.add(replace(hook, secret=tx.vault.seal(check_secret(secret))))
    _changed(tx, added.name, {"added": shown(added)}, actor, now)
    tx.webhook_progress.add(WebhookProgress(0, added.id, tx.events.last_position()))
    return added


def change_webhook(tx: Transaction, name: str, changes: Mapping[str, Any], actor: Actor, now: datetime) -> Webhook:
    """Change fields of a webhook; see CHANGEABLE. Enabled again, it goes on where it stood, at once.

    Raises NotFound, InvalidValue or Clash.
    """
    old = webhook_of(tx, name)
    new = changed_fields(old, changes, CHANGEABLE)
    if new == old:
        return old
    check_webhook(new)
    tx.webhooks.update(new)
    if (new.enabled, new.url) != (old.enabled, old.url):
        tx.webhook_progress.update(replace(progress_of(tx, new), attempts=0, failing_since=None, next_at=None))
    _changed(tx, new.name, {"was": old.name, "changes": shown(new, since=old)}, actor, now)
    return new


def rotate_secret(tx: Transaction, name: str, secret: str, actor: Actor, now: datetime) -> Webhook:
    """Sign with another secret from now on. Raises NotFound or InvalidValue."""
    new = replace(webhook_of(tx, name), secret=tx.vault.seal(check_secret(secret)))
    tx.webhooks.update(new)
    _changed(tx, name, {"changes": {"secret": "***"}}, actor, now)
    return new


def skip_to_now(tx: Transaction, name: str, actor: Actor, now: datetime) -> WebhookProgress:
    """Tell a webhook nothing more of what has happened so far. Raises NotFound."""
    progress = progress_of(tx, webhook_of(tx, name))
    new = replace(progress, position=tx.events.last_position(), attempts=0, failing_since=None, next_at=None)
    tx.webhook_progress.update(new)
    _changed(tx, name, {"skipped": new.position - progress.position}, actor, now)
    return new


def send_test(tx: Transaction, name: str, actor: Actor, now: datetime) -> int:
    """Tell a webhook of a test, behind what it has not been told yet; gives the position to look for in its log.

    Raises NotFound.
    """
    webhook_of(tx, name)
    return tx.events.append(Event(now, Kind.WEBHOOK_TESTED, actor, data={"webhook": name}))


def delete_webhook(tx: Transaction, name: str, actor: Actor, now: datetime) -> None:
    """Delete a webhook with its log. Raises NotFound."""
    hook = webhook_of(tx, name)
    tx.webhooks.delete(hook)
    _changed(tx, name, {"deleted": shown(hook)}, actor, now)


def webhook_seen(tx: Transaction, name: str, log: int = LOG_KEPT) -> WebhookSeen:
    """How a webhook does. Raises NotFound."""
    hook = webhook_of(tx, name)
    progress = progress_of(tx, hook)
    behind = max(0, tx.events.last_position() - progress.position)
    return WebhookSeen(hook, progress, behind, tx.delivery_log.newest(hook.id, log))


def webhook_of(tx: Transaction, name: str) -> Webhook:
    """The webhook of a name. Raises NotFound."""
    hook = tx.webhooks.get(name=name)
    if hook is None:
        raise NotFound("webhook", name)
    return hook


def progress_of(tx: Transaction, hook: Webhook) -> WebhookProgress:
    """How far a webhook has come."""
    progress = tx.webhook_progress.get(webhook_id=hook.id)
    assert progress is not None, "it is made with the hook"
    return progress


def _changed(tx: Transaction, name: str, data: dict[str, object], actor: Actor, now: datetime) -> None:
    tx.events.append(Event(now, Kind.WEBHOOK_CHANGED, actor, data={"webhook": name, **data}))
