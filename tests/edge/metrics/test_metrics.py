"""Metrics and health (R10.5), and that the dashboard asks only for what there is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeVar

import pytest
from prometheus_client import CollectorRegistry

from freeseat.application.metrics import health
from freeseat.application.queues.ports import Outcome
from freeseat.application.webhooks.delivering import delivered, next_delivery
from freeseat.application.webhooks.directory import add_webhook
from freeseat.domain.errors import Unavailable
from freeseat.domain.webhooks import Webhook
from freeseat.edge.metrics.collecting import OfficeCollector, exposition, new_registry
from tests.application.centre import Centre
from tests.application.office import ADMIN, Office

DASHBOARD = Path(__file__).parents[3] / "packaging" / "grafana" / "freeseat.json"
T = TypeVar("T")


@pytest.fixture
def centre(office: Office) -> Centre:
    return Centre(office)


@pytest.fixture
def registry(centre: Centre) -> CollectorRegistry:
    return new_registry(OfficeCollector(centre.database, lambda: {"web": 1}, lambda: centre.now))


def scrape(registry: CollectorRegistry) -> dict[str, float]:
    """A scrape's samples by name and labels, as they are written."""
    text, content_type = exposition(registry)
    assert content_type.startswith("text/plain")
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def hook(centre: Centre) -> None:
    row = Webhook(0, "crm", "https://crm.example/")
    added = centre.write(lambda tx: add_webhook(tx, row, "a secret of at least sixteen", ADMIN, centre.now))
    centre.login("2020", "3002")
    due = centre.write(lambda tx: next_delivery(tx, added.id, "one", centre.now))
    assert due is not None
    centre.write(lambda tx: delivered(tx, due, "one", 500, "", 0.1, centre.now))


def test_what_a_scrape_tells(centre: Centre, registry: CollectorRegistry) -> None:
    centre.agent("2019", "3001")
    first = centre.waits("a")
    centre.waits("b")
    centre.end(first, Outcome.ABANDONED)
    centre.later(7)
    centre.call("3001")
    hook(centre)
    told = scrape(registry)
    expected = {
        "freeseat_up": 1, 'freeseat_desk_logins{method="menu"}': 2, 'freeseat_bindings{node="main"}': 1,
        'freeseat_calls{kind="internal"}': 1, 'freeseat_queue_waiting{queue="800"}': 1,
        'freeseat_queue_longest_wait_seconds{queue="800"}': 7,
        'freeseat_queue_members{queue="800",state="on_call"}': 1,
        'freeseat_queue_members{queue="800",state="ready"}': 0,
        'freeseat_queue_callers_today{outcome="abandoned",queue="800"}': 1,
        'freeseat_webhook_failed_attempts{webhook="crm"}': 1, 'freeseat_webhook_enabled{webhook="crm"}': 1,
        "freeseat_feed_position": centre.position(),
        'freeseat_follower_lag_events{follower="web"}': centre.position() - 1,
    }  # fmt: skip
    sorted_labels = {
        re.sub(r"\{(.*)\}", lambda m: "{" + ",".join(sorted(m[1].split(","))) + "}", name): value
        for name, value in told.items()
    }
    assert {name: sorted_labels.get(name) for name in expected} == expected
    assert told['freeseat_webhook_lag_events{webhook="crm"}'] > 0
    assert told["process_resident_memory_bytes"] > 0


def test_refusals_are_counted_from_the_first_scrape_on(centre: Centre, registry: CollectorRegistry) -> None:
    name = 'freeseat_refusals_total{reason="wrong_credentials"}'
    centre.refused("2019", "3001", "0000")
    assert name not in scrape(registry)
    centre.refused("2019", "3001", "0001")
    assert scrape(registry)[name] == 1
    centre.refused("2020", "3001", "0000")
    assert scrape(registry)[name] == 2
    assert scrape(registry)[name] == 2


def test_without_a_database_that_is_told(centre: Centre) -> None:
    class Gone:
        def read(self, question: object) -> object:
            raise Unavailable("the database cannot be used")

    registry = new_registry(OfficeCollector(Gone(), clock=lambda: centre.now))  # type: ignore[arg-type]
    told = scrape(registry)
    assert told["freeseat_up"] == 0
    assert [name for name in told if name.startswith("freeseat")] == ["freeseat_up"]


def test_health(centre: Centre) -> None:
    assert centre.read(health).failing_webhooks == ()
    hook(centre)
    found = centre.read(health)
    assert (found.position, found.newest, found.failing_webhooks) == (centre.position(), centre.now, ("crm",))


def test_the_dashboard_asks_only_for_metrics_that_exist(centre: Centre, registry: CollectorRegistry) -> None:
    """And shows every one of ours."""
    hook(centre)
    centre.agent("2019", "3001")
    centre.call("3001")
    scrape(registry)
    centre.refused("2019", "3001", "0000")
    existing = {name.partition("{")[0] for name in scrape(registry)}
    dashboard = json.loads(DASHBOARD.read_text())
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    named = set(re.findall(r"\b(?:freeseat|process)_\w+", asked))
    assert named <= existing
    assert {name for name in existing if name.startswith("freeseat")} <= named
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identifiers)) == len(identifiers)


def test_the_dashboard_filters_by_labels_that_exist(centre: Centre, registry: CollectorRegistry) -> None:
    hook(centre)
    text = exposition(registry)[0].decode()
    labels = set(re.findall(r"(\w+)=\"", text)) | {"job"}
    asked = DASHBOARD.read_text().replace("\\", "")
    assert set(re.findall(r"(\w+)(?:=~|!=|=)\"", asked)) <= labels
