"""What a voice process does for a queue when anything has changed: one transaction, all decisions (R5.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from freeseat.application.ports import Transaction
from freeseat.application.queues.offers import OfferMade, offer_to_ready
from freeseat.application.queues.waiting import Sent, due_of
from freeseat.domain.queues import Queue


@dataclass(frozen=True, slots=True)
class Served:
    """What came of it: callers sent elsewhere, new offers; then who waits, and which offers are open.

    `again_at` is when the queue must be looked at again even if nobody tells, None = only then.
    """

    queue: Queue
    sent: tuple[Sent, ...]
    offers: tuple[OfferMade, ...]
    waiting: frozenset[int]
    open_offers: frozenset[int]
    again_at: datetime | None


def serve(tx: Transaction, number: str, owner: str, now: datetime) -> Served | None:
    """Send away who has waited long enough and offer who may be offered, of one voice process's callers.

    None: there is no such queue any more.
    """
    queue = tx.queues.get(number=number)
    if queue is None:
        return None
    waiting = tx.waiting.entered(queue.id, owner)
    sent = due_of(tx, queue, waiting, now)
    gone = {each.call.id for each in sent}
    waiting = [(call_id, at) for call_id, at in waiting if call_id not in gone]
    offers = offer_to_ready(tx, queue, [call_id for call_id, _at in waiting], now)
    ids = frozenset(call_id for call_id, _at in waiting)
    open_offers = frozenset(offer.id for offer in tx.waiting.offered(queue.id) if offer.queue_call_id in ids)
    return Served(queue, tuple(sent), tuple(offers), ids, open_offers, _again_at(tx, queue, waiting[:1], now))


def _again_at(tx: Transaction, queue: Queue, first: Sequence[tuple[int, datetime]], now: datetime) -> datetime | None:
    """When time alone changes something: somebody has waited long enough, or has wrapped up."""
    times = [
        each.wrap_up_until
        for each in tx.attendances.list(queue_id=queue.id)
        if each.logged_in and each.wrap_up_until is not None and each.wrap_up_until > now
    ]
    if queue.max_wait_seconds is not None:
        times += [at + timedelta(seconds=queue.max_wait_seconds) for _call_id, at in first]
    return min(times, default=None)
