"""Reports (R10.3): occupancy, who sat where, seats for billing, queue statistics, failed logins; and their CSV."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.application.csv_text import table_of
from freeseat.application.directory.users import add_user, delete_user
from freeseat.application.ports import Transaction
from freeseat.application.queues.directory import add_queue
from freeseat.application.queues.ports import OfferEnd, OfferRow, Outcome, QueueCall, WaitState
from freeseat.application.reports.desks import OccupancyRow, occupancy, occupied, where
from freeseat.application.reports.failures import failures
from freeseat.application.reports.period import Period
from freeseat.application.reports.ports import Sat
from freeseat.application.reports.seats import seats
from freeseat.application.reports.work_queues import queue_members, queue_statistics
from freeseat.domain.buckets import Span, Unit
from freeseat.domain.directory import User
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Sphere
from freeseat.domain.queues import Queue
from tests.application.office import ADMIN, Office
from tests.domain.entities import NOW

HOUR = timedelta(hours=1)


def desks(office: Office, hours: int = 3, within: Sphere | None = None) -> list[OccupancyRow]:
    period = Period(NOW, NOW + hours * HOUR, Unit.HOUR)
    return office.read(lambda tx: occupancy(tx, period, office.now, within or Sphere()))


def test_occupancy_by_hour_and_site(office: Office) -> None:
    office.change_phone("3001", site="berlin")
    office.login("2019", "3001")
    office.later(1800)
    office.login("2020", "3002")
    office.later(3600)
    office.free("3001")
    office.later(3600)
    found = [
        (row.start.hour, row.site, row.desks, row.logins, row.minutes, row.peak, row.percent) for row in desks(office)
    ]
    assert found == [
        (9, "", 2, 1, 30, 1, 25),
        (9, "berlin", 1, 1, 60, 1, 100),
        (10, "", 2, 1, 60, 1, 50),
        (10, "berlin", 1, 1, 30, 1, 50),
        (11, "", 2, 1, 30, 1, 25),
        (11, "berlin", 1, 0, 0, 0, 0),
    ]
    assert {row.site for row in desks(office, within=Sphere.of([], ["berlin"]))} == {"berlin"}


def test_a_login_from_before_and_one_that_goes_on_are_counted(office: Office) -> None:
    office.login("2019", "3001")
    office.later(5 * 3600)
    period = Period(NOW + HOUR, NOW + 2 * HOUR, Unit.HOUR)
    (row,) = office.read(lambda tx: occupancy(tx, period, office.now))
    assert (row.minutes, row.logins, row.peak) == (60, 1, 1)


def test_who_leaves_makes_room_at_the_same_moment() -> None:
    spans = [Span(NOW, NOW + HOUR)]
    sat = [Sat(1, 1, "", NOW, NOW + HOUR / 2), Sat(2, 1, "", NOW + HOUR / 2, None)]
    assert occupied(spans, sat, NOW + HOUR) == {(0, ""): (2, 3600, 1)}


@given(st.lists(st.tuples(st.integers(-100, 200), st.integers(1, 100)), max_size=20))
def test_occupied_time_is_the_sum_of_what_lies_within(sat: list[tuple[int, int]]) -> None:
    """And the peak is what counting minute by minute finds."""

    def at(minute: int) -> datetime:
        return NOW + timedelta(minutes=minute)

    spans = [Span(at(0), at(60)), Span(at(60), at(120))]
    rows = [Sat(n, 1, "", at(start), at(start + length)) for n, (start, length) in enumerate(sat)]
    found = occupied(spans, rows, at(500))
    for index, first in enumerate((0, 60)):
        minutes = [sum(start <= m < start + length for start, length in sat) for m in range(first, first + 60)]
        _, seconds, peak = found.get((index, ""), (0, 0.0, 0))
        assert (seconds, peak) == (60 * sum(minutes), max(minutes))


def test_who_sat_where(office: Office) -> None:
    office.login("2019", "3001")
    office.later(60)
    office.login("2020", "3001")
    office.later(60)
    rows = office.read(lambda tx: where(tx, NOW + timedelta(seconds=30), office.now))
    assert [(row.user, row.place, row.ended_at) for row in rows] == [
        ("2019", "3001", NOW + timedelta(seconds=60)),
        ("2020", "3001", None),
    ]
    assert office.read(lambda tx: where(tx, NOW - HOUR, NOW)) == []


def billed(office: Office, since: datetime, until: datetime) -> list[tuple[int, int]]:
    return [(row.enabled, row.used) for row in office.read(lambda tx: seats(tx, since, until, "UTC", office.now))]


def test_seats_are_people_by_month(office: Office) -> None:
    """Hot desk users who were enabled at any time in the month, those who have gone since too; never phones."""
    office.login("2019", "3001")
    office.later(40 * 86_400)  # April 11
    person = User(0, "2101", "Carla", 1, hot_desk_access=True)
    office.write(lambda tx: add_user(tx, person, None, ADMIN, office.now))
    office.write(
        lambda tx: add_user(tx, replace(person, number="2102", hot_desk_access=False), None, ADMIN, office.now)
    )
    office.change_user("2019", enabled=False)
    office.later(30 * 86_400)  # May 11
    office.write(lambda tx: delete_user(tx, "2101", ADMIN, office.now))
    office.write(lambda tx: add_user(tx, person, None, ADMIN, office.now))
    office.change_user("2020", number="2030")
    office.later(30 * 86_400)  # June 10
    office.change_user("2030", hot_desk_access=False)
    office.later(30 * 86_400)  # July 10
    start = datetime(2026, 3, 1, tzinfo=NOW.tzinfo)
    assert billed(office, start, office.now + timedelta(days=100)) == [(2, 1), (3, 1), (3, 0), (2, 0), (1, 0)]


def test_queue_statistics(office: Office) -> None:
    queue = office.write(lambda tx: add_queue(tx, Queue(0, "800", "811", "Sales"), ADMIN, NOW))
    bill = office.read(lambda tx: tx.users.get(number="2019"))
    assert bill is not None

    def call(
        tx: Transaction, name: str, waited: float | None, outcome: Outcome | None, talk: float | None = None
    ) -> None:
        came = QueueCall(0, queue.id, "voice", name, "0171", "", NOW + timedelta(minutes=1))
        if waited is not None:
            after = came.entered_at + timedelta(seconds=waited)
            if talk is None:
                came = replace(came, ended_at=after)
            else:
                came = replace(came, answered_at=after, ended_at=after + timedelta(seconds=talk), user_id=bill.id)
        added = tx.queue_calls.add(replace(came, outcome=outcome, state=WaitState.ENDED))
        if talk is not None:
            tx.offers.add(OfferRow(0, added.id, queue.id, bill.id, came.entered_at, NOW, OfferEnd.ANSWERED))

    def furnish(tx: Transaction) -> None:
        call(tx, "a", 10, Outcome.ANSWERED, 60)
        call(tx, "b", 30, Outcome.ANSWERED, 120)
        call(tx, "c", 5, Outcome.ABANDONED)
        call(tx, "d", 50, Outcome.ABANDONED)
        call(tx, "e", 600, Outcome.MAX_WAIT)
        call(tx, "f", None, None)
        tx.offers.add(OfferRow(0, 1, queue.id, bill.id, NOW, NOW, OfferEnd.MISSED))

    office.write(furnish)
    period = Period(NOW, NOW + HOUR, Unit.HOUR)
    (row,) = office.read(lambda tx: queue_statistics(tx, period, 20))
    assert (row.offered, row.answered, row.abandoned, row.overflow, row.lost, row.open) == (6, 2, 2, 1, 0, 1)
    assert (row.answered_in_time, row.service_level) == (1, 25.0)
    assert (row.mean_wait, row.longest_wait, row.talk_seconds, row.mean_talk) == (139, 600, 180, 90)
    (member,) = office.read(lambda tx: queue_members(tx, period))
    assert (member.user, member.offered, member.answered, member.missed, member.talk_seconds) == ("2019", 3, 2, 1, 180)
    assert office.read(lambda tx: queue_statistics(tx, period, 20, ["801"])) == []


def test_failed_logins(office: Office) -> None:
    for _ in range(3):
        office.refused("2019", "3001", "0000")
        office.later(1)
    office.refused("7777", "3001", source="10.0.0.2")
    rows = office.read(lambda tx: failures(tx, NOW, office.now + HOUR))
    assert [(row.reason, row.user, row.source, row.count) for row in rows] == [
        ("wrong_credentials", "2019", "10.0.0.1", 3),
        ("pin_locked", "2019", "10.0.0.1", 1),
        ("wrong_credentials", "7777", "10.0.0.2", 1),
    ]
    assert rows[0].last_at - rows[0].first_at == timedelta(seconds=2)
    assert office.read(lambda tx: failures(tx, NOW - HOUR, NOW)) == []


def test_rows_as_csv_without_formulas() -> None:
    row = OccupancyRow(NOW, NOW + HOUR, "=site()", 1, 2, 12.5, 1, None)
    assert table_of(OccupancyRow, [row]).splitlines() == [
        "start,end,site,desks,logins,minutes,peak,percent",
        "2026-03-02T09:00:00Z,2026-03-02T10:00:00Z,'=site(),1,2,12.5,1,",
    ]


def test_a_zone_that_is_none(office: Office) -> None:
    for name in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(InvalidValue):
            Period(NOW, NOW + HOUR, Unit.DAY, name).buckets()
