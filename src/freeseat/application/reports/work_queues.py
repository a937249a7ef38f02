"""Queue statistics: by queue and by member, in buckets (R10.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from freeseat.application.ports import Transaction
from freeseat.application.queues.ports import OfferEnd, Outcome
from freeseat.application.reports.period import Period
from freeseat.application.reports.ports import CallSeen, OfferSeen
from freeseat.domain.buckets import Span, bucket_of
from freeseat.domain.queues import service_level

_OVERFLOW = frozenset({Outcome.OVERFLOW, Outcome.MAX_WAIT, Outcome.NO_AGENTS, Outcome.FULL})


@dataclass(frozen=True, slots=True)
class QueueStatRow:
    """Callers of a queue who came in a bucket; times in seconds.

    `offered` = answered + abandoned + overflow (sent elsewhere for any reason) + lost + open. `service_level` in
    percent is that of `domain.queues`. Waits count all callers who wait no more, `talk_seconds` the answered ones' talk
    so far ended.
    """

    start: datetime
    end: datetime
    queue: str
    offered: int
    answered: int
    abandoned: int
    overflow: int
    lost: int
    open: int
    answered_in_time: int
    service_level: float | None
    mean_wait: float | None
    longest_wait: float | None
    talk_seconds: float
    mean_talk: float | None


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a queue in a bucket: offers, those he answered, missed or refused, and his talk in seconds."""

    start: datetime
    end: datetime
    queue: str
    user: str
    offered: int
    answered: int
    missed: int
    refused: int
    talk_seconds: float
    mean_talk: float | None


def queue_statistics(
    tx: Transaction, period: Period, within_seconds: float = 20, queues: Iterable[str] | None = None
) -> list[QueueStatRow]:
    """A row for each bucket and queue with callers, by time, then queue. Raises InvalidValue."""
    spans = period.buckets()
    grouped: dict[tuple[int, str], list[CallSeen]] = defaultdict(list)
    for call in tx.history.queue_calls(period.since, period.until, queues):
        index = bucket_of(spans, call.entered_at)
        if index is not None:
            grouped[index, call.queue].append(call)
    return [_of_queue(spans[index], queue, grouped[index, queue], within_seconds) for index, queue in sorted(grouped)]


def queue_members(tx: Transaction, period: Period, queues: Iterable[str] | None = None) -> list[MemberRow]:
    """A row for each bucket, queue and member who was offered or answered a call. Raises InvalidValue."""
    spans = period.buckets()
    named = tuple(queues) if queues is not None else None
    offers: dict[tuple[int, str, str], list[OfferSeen]] = defaultdict(list)
    talks: dict[tuple[int, str, str], list[float]] = defaultdict(list)
    for offer in tx.history.offers(period.since, period.until, named):
        index = bucket_of(spans, offer.at)
        if index is not None:
            offers[index, offer.queue, offer.user].append(offer)
    for call in tx.history.queue_calls(period.since, period.until, named):
        index = bucket_of(spans, call.entered_at)
        if index is not None and call.answered_at is not None and call.ended_at is not None:
            talks[index, call.queue, call.user].append((call.ended_at - call.answered_at).total_seconds())
    return [
        _of_member(spans[index], queue, user, offers[index, queue, user], talks[index, queue, user])
        for index, queue, user in sorted({*offers, *talks})
    ]


def _of_queue(span: Span, queue: str, calls: Sequence[CallSeen], bound: float) -> QueueStatRow:
    answered = [call for call in calls if call.answered_at is not None]
    rest = [call for call in calls if call.answered_at is None]
    in_time = sum(wait <= bound for call in answered if (wait := _wait(call)) is not None)
    gave_up = [call for call in rest if call.outcome is Outcome.ABANDONED]
    early = sum(wait <= bound for call in gave_up if (wait := _wait(call)) is not None)
    waits = [wait for call in calls if (wait := _wait(call)) is not None]
    talks = [
        (call.ended_at - call.answered_at).total_seconds()
        for call in answered
        if call.ended_at is not None and call.answered_at is not None
    ]
    level = service_level(in_time, len(calls) - sum(call.outcome is None for call in rest), early)
    return QueueStatRow(
        start=span.start,
        end=span.end,
        queue=queue,
        offered=len(calls),
        answered=len(answered),
        abandoned=len(gave_up),
        overflow=sum(call.outcome in _OVERFLOW for call in rest),
        lost=sum(call.outcome is Outcome.LOST for call in rest),
        open=sum(call.outcome is None for call in rest),
        answered_in_time=in_time,
        service_level=round(level, 1) if level is not None else None,
        mean_wait=_mean(waits),
        longest_wait=round(max(waits), 3) if waits else None,
        talk_seconds=round(sum(talks), 3),
        mean_talk=_mean(talks),
    )


def _of_member(span: Span, queue: str, user: str, offers: Sequence[OfferSeen], talks: Sequence[float]) -> MemberRow:
    ends = [offer.end for offer in offers]
    return MemberRow(
        start=span.start,
        end=span.end,
        queue=queue,
        user=user,
        offered=len(offers),
        answered=ends.count(OfferEnd.ANSWERED),
        missed=ends.count(OfferEnd.MISSED) + ends.count(OfferEnd.UNREACHABLE),
        refused=ends.count(OfferEnd.REFUSED),
        talk_seconds=round(sum(talks), 3),
        mean_talk=_mean(talks),
    )


def _wait(call: CallSeen) -> float | None:
    """How long a caller waited; None while he does."""
    end = call.answered_at or call.ended_at
    return None if end is None else (end - call.entered_at).total_seconds()


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 3) if values else None
