"""Metrics as Prometheus reads them: each scrape is one snapshot of the database. The names are stable."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from freeseat.application.metrics import Measures, measure
from freeseat.application.ports import Database
from freeseat.domain.errors import Unavailable

Positions = Callable[[], Mapping[str, int]]
"""Where followers of the feed stand, by name, as far as this process knows."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class OfficeCollector(Collector):
    """Collects the metrics of an office. Refusals are counted from the first scrape of this process on."""

    def __init__(
        self, database: Database, positions: Positions = dict, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self._database, self._positions, self._clock = database, positions, clock
        self._refused: Counter[str] = Counter()
        self._counted_up_to: int | None = None
        self._one_at_a_time = threading.Lock()

    def describe(self) -> list[Metric]:
        """Nothing beforehand: registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All metrics; without a database only that it does not answer."""
        began = time.monotonic()
        try:
            measures, refused = self._measured()
        except Unavailable:
            yield _gauge("freeseat_up", "Whether the database answers.", 0)
            return
        yield _gauge("freeseat_up", "Whether the database answers.", 1)
        yield from _of_office(measures)
        yield from _of_queues(measures)
        yield from _of_webhooks(measures)
        counter = CounterMetricFamily("freeseat_refusals", "Refused logins and logouts.", labels=["reason"])
        for reason, count in sorted(refused.items()):
            counter.add_metric([reason], count)
        yield counter
        lag = {name: max(0, measures.position - at) for name, at in self._positions().items()}
        yield _gauges("freeseat_follower_lag_events", "Events a follower has not taken yet.", "follower", lag)
        yield _gauge("freeseat_scrape_seconds", "How long measuring took.", time.monotonic() - began)

    def _measured(self) -> tuple[Measures, Mapping[str, int]]:
        with self._one_at_a_time:
            now, after = self._clock(), self._counted_up_to
            measures = self._database.read(lambda tx: measure(tx, now, after))
            self._refused.update(measures.refused)
            self._counted_up_to = measures.position
            return measures, dict(self._refused)


def new_registry(collector: OfficeCollector) -> CollectorRegistry:
    """A registry of the office's metrics and of this process's own."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    ProcessCollector(registry=registry)
    return registry


def exposition(registry: CollectorRegistry) -> tuple[bytes, str]:
    """What a scrape is answered, and its content type. Blocks for as long as the database takes."""
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _of_office(measures: Measures) -> Iterator[Metric]:
    yield _gauges("freeseat_desk_logins", "Open desk logins.", "method", measures.logins)
    yield _gauges("freeseat_bindings", "Live bindings.", "node", measures.bindings)
    yield _gauges("freeseat_calls", "Calls under way.", "kind", measures.calls)
    yield _gauge("freeseat_feed_position", "The newest position of the feed.", measures.position)


def _of_queues(measures: Measures) -> Iterator[Metric]:
    queues = measures.queues
    waiting = {each.number: each.waiting for each in queues}
    yield _gauges("freeseat_queue_waiting", "Waiting callers.", "queue", waiting)
    longest = {each.number: each.longest_wait for each in queues}
    yield _gauges("freeseat_queue_longest_wait_seconds", "How long the longest waiting caller waits.", "queue", longest)
    members = GaugeMetricFamily("freeseat_queue_members", "Members by state.", labels=["queue", "state"])
    for each in queues:
        for state, count in each.members.items():
            members.add_metric([each.number, state], count)
    yield members
    today = GaugeMetricFamily("freeseat_queue_callers_today", "Today's callers (UTC).", labels=["queue", "outcome"])
    for each in queues:
        today.add_metric([each.number, "answered"], each.today.answered)
        today.add_metric([each.number, "answered_in_time"], each.today.in_time)
        today.add_metric([each.number, "abandoned"], each.today.abandoned)
    yield today


def _of_webhooks(measures: Measures) -> Iterator[Metric]:
    hooks = measures.webhooks
    behind = {each.name: each.behind for each in hooks}
    yield _gauges("freeseat_webhook_lag_events", "Events a webhook has not been told yet.", "webhook", behind)
    attempts = {each.name: each.attempts for each in hooks}
    yield _gauges("freeseat_webhook_failed_attempts", "Attempts in vain since it took one.", "webhook", attempts)
    enabled = {each.name: int(each.enabled) for each in hooks}
    yield _gauges("freeseat_webhook_enabled", "Whether a webhook is enabled.", "webhook", enabled)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)


def _gauges(name: str, meaning: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family
