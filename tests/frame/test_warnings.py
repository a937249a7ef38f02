"""What the control plane says in the log about queues and locks (R5.6, R5.8)."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.domain.entities import NOW

from freeseat.bootstrap.warnings import warn
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.events import Event, Kind

ACTOR = Actor("freeseat", "10.0.0.1", Channel.SYSTEM)


@pytest.mark.parametrize(
    ("kind", "data", "line"),
    [
        (Kind.QUEUE_UNREG, {"queue": "800"}, {"event": "queue.unreg", "queue": "800", "user": "2019"}),
        (Kind.PIN_LOCKED, {"until": "later"}, {"event": "pin.locked", "user": "2019", "source": "10.0.0.1"}),
        (
            Kind.QUEUE_PAUSED,
            {"queue": "800", "reason": "no_answer"},
            {"event": "queue.paused_without_answer", "queue": "800", "user": "2019"},
        ),
        (Kind.QUEUE_PAUSED, {"queue": "800", "reason": "lunch"}, None),
        (Kind.QUEUE_LOGGED_IN, {"queue": "800"}, None),
    ],
)
def test_what_warns_is_a_line_of_the_log(kind: Kind, data: dict[str, str], line: dict[str, Any] | None) -> None:
    with capture_logs() as lines:
        warn(Event(NOW, kind, ACTOR, "2019", data=data))
    if line is None:
        assert lines == []
        return
    (found,) = lines
    assert found["log_level"] == "warning"
    assert line.items() <= found.items()
