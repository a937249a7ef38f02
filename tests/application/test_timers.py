"""Timers and schedules over the database (R2.12, R2.13)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from freeseat.application.run_timers import TimersRun, timers_due
from freeseat.domain.desk_login import EndReason, Method, State
from freeseat.domain.directory import Elsewhere, Scope
from freeseat.domain.events import Kind
from freeseat.domain.policy import Policy
from tests.application.office import Office

NOTHING = TimersRun(0, 0, 0)


def due(office: Office) -> bool:
    return office.read(lambda tx: timers_due(tx, office.now))


def reasons(office: Office) -> list[object]:
    return [event.data["reason"] for event in office.events(Kind.LOGGED_OUT)]


def test_maximum_time(office: Office) -> None:
    office.standard(max_login_seconds=3600)
    office.login("2019", "3001")
    office.later(3599)
    assert (due(office), office.timers()) == (False, NOTHING)
    office.later(1)
    assert (due(office), office.timers()) == (True, TimersRun(1, 0, 0))
    assert reasons(office) == ["max_time"]
    assert (due(office), office.timers()) == (False, NOTHING), "twice changes nothing more"


def test_maximum_time_waits_for_the_call_and_shows_as_pending(office: Office) -> None:
    """R2.13."""
    office.standard(max_login_seconds=3600)
    office.login("2019", "3001")
    office.call("3001")
    office.later(3600)
    office.timers()
    assert [place.pending for place in office.places("2019")] == [EndReason.MAX_TIME]
    assert (due(office), office.timers()) == (False, NOTHING)
    office.hang_up()
    assert office.places("2019") == ()


def test_idle_time_counts_from_the_last_call_and_never_during_one(office: Office) -> None:
    office.standard(idle_logout_seconds=600)
    office.login("2019", "3001")
    office.later(500)
    office.call("3001", call_id="c1")
    office.later(1000)
    assert (due(office), office.timers()) == (False, NOTHING)
    office.hang_up("c1")
    office.later(599)
    assert (due(office), office.timers()) == (False, NOTHING)
    office.later(1)
    assert due(office)
    office.timers()
    assert reasons(office) == ["idle"]


def test_a_call_that_was_answered_there_counts_as_well(office: Office) -> None:
    office.standard(idle_logout_seconds=600)
    office.login("2019", "3001")
    office.later(500)
    office.call("3002", "2019", answered_at="3001")
    office.hang_up()
    office.later(500)
    assert office.timers() == NOTHING


def test_each_has_the_timers_of_his_own_class(office: Office) -> None:
    office.cos("short", max_login_seconds=60)
    office.change_user("2019", cos="short")
    office.login("2019", "3001")
    office.login("2020", "3002")
    office.later(60)
    assert office.timers().timed == 1
    assert (office.where("2019"), office.where("2020")) == ([], ["3002"])


def test_the_default_owner_returns_once_and_his_own_time_counts_from_there(office: Office) -> None:
    """R1.2."""
    ann = office.read(lambda tx: tx.users.get(number="2020"))
    assert ann is not None
    office.change_phone("3001", default_owner_id=ann.id)
    office.standard(max_login_seconds=3600)
    office.login("2019", "3001")
    office.later(3600)
    office.timers()
    assert office.occupant("3001") == "2020"
    office.later(3600)
    office.timers()
    assert office.occupant("3001") == ""
    assert (due(office), office.timers()) == (False, NOTHING)


def test_a_schedule(office: Office) -> None:
    office.schedule("0 20 * * *", "Europe/Berlin")
    office.login("2019", "3001")
    office.now = datetime(2026, 3, 2, 18, 59, 59, tzinfo=UTC)
    assert (due(office), office.timers()) == (False, NOTHING)
    office.later(1)
    assert (due(office), office.timers()) == (True, TimersRun(0, 1, 0))
    assert reasons(office) == ["schedule"]
    (run,) = office.events(Kind.SCHEDULE_RUN)
    assert (run.data["logged_out"], run.data["pending"]) == (1, 0)
    office.login("2019", "3001")
    assert (due(office), office.timers()) == (False, NOTHING), "once a day"
    office.later(86_400)
    assert office.timers().scheduled == 1


def test_a_schedule_that_was_missed_is_made_up_for_once(office: Office) -> None:
    """The control plane was down at 20:00, for three days."""
    office.schedule("0 20 * * *")
    office.login("2019", "3001")
    office.later(3 * 86_400)
    assert office.timers().scheduled == 1
    assert office.timers() == NOTHING


def test_a_schedule_entered_after_its_time_begins_tomorrow(office: Office) -> None:
    office.login("2019", "3001")
    office.schedule("0 8 * * *")
    assert office.timers() == NOTHING
    assert office.where("2019") == ["3001"]


def test_a_schedule_waits_for_calls(office: Office) -> None:
    office.schedule("0 20 * * *")
    office.login("2019", "3001")
    office.login("2020", "3002")
    office.call("3001")
    office.now = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    office.timers()
    (run,) = office.events(Kind.SCHEDULE_RUN)
    assert (run.data["logged_out"], run.data["pending"]) == (1, 1)
    assert [place.state for place in office.places("2019")] == [State.PENDING]


def test_a_disabled_schedule_does_nothing(office: Office) -> None:
    office.schedule("0 20 * * *", enabled=False)
    office.login("2019", "3001")
    office.later(86_400)
    assert (due(office), office.timers()) == (False, NOTHING)


@pytest.mark.parametrize(
    ("scope", "value", "left"),
    [
        (Scope.ALL, "", {"2032"}),
        (Scope.INTERNAL, "", {"2031", "2032"}),
        (Scope.EXTERNAL, "", {"2019", "2020", "2032"}),
        (Scope.SITE, "North", {"2020", "2031", "2032"}),
    ],
)
def test_scopes(office: Office, scope: Scope, value: str, left: set[str]) -> None:
    """R2.12: 2019 sits in the north, 2020 in the south, 2031 and 2032 are outside, 2032 for good."""
    office.change_phone("3001", site="North")
    office.change_phone("3002", site="South")
    office.user("2031")
    office.user("2032", permanent_login=True)
    office.login("2019", "3001")
    office.login("2020", "3002")
    office.outside()
    for number in ("2031", "2032"):
        office.login(number, None, method=Method.EXTERNAL, outside="030" + number)
    office.schedule("0 20 * * *", scope=scope, scope_value=value)
    office.later(12 * 3600)
    office.timers()
    assert {number for number in ("2019", "2020", "2031", "2032") if office.places(number)} == left


def test_all_places_of_somebody_in_several(office: Office) -> None:
    office.standard(elsewhere=Elsewhere.SEVERAL)
    office.login("2019", "3001")
    office.login("2019", "3002")
    office.schedule("0 20 * * *")
    office.later(12 * 3600)
    assert office.timers().scheduled == 2


def test_calls_that_nobody_ended_are_closed(office: Office) -> None:
    office.login("2019", "3001")
    office.call("3001")
    office.later(Policy().longest_call_hours * 3600 + 1)
    assert due(office)
    assert office.timers().calls_closed == 1
    (record,) = office.read(lambda tx: tx.calls.list())
    assert (record.cause, record.ended_at) == ("no end seen", office.now.timestamp())
