"""Reports (R10.3): a chart with its table, periods in the reader's time zone, files; and only of one's own."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest

from freeseat.application.queues.directory import add_queue
from freeseat.application.queues.ports import Outcome, QueueCall, WaitState
from freeseat.domain.buckets import Unit
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Role
from freeseat.domain.queues import Queue
from freeseat.edge.web.portal.charts import SLIM, Stack, bars
from freeseat.edge.web.portal.periods import Preset, between, chosen
from freeseat.edge.web.texts import day_in
from tests.application.office import ADMIN
from tests.web.serving import Browser, Served

TABS = ("occupancy", "where", "queues", "seats", "failures")
SUNDAY = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)
"""Half past midnight of Monday in Berlin, where the clocks went forward the night before."""


@pytest.fixture
def lived(served: Served) -> Served:
    """2019 has sat at 3001 for an hour, 2020 sits at 3002, a PIN was wrong, a queue had a caller."""
    office = served.office
    office.change_phone("3001", site="north")
    office.now -= timedelta(hours=2)
    office.login("2019", "3001")
    office.later(3600)
    office.logout("3001")
    office.refused("2019", "3002", "0000")
    office.login("2020", "3002")
    queue = office.write(lambda tx: add_queue(tx, Queue(0, "801", "811", "Sales"), ADMIN, office.now))
    at = office.now
    call = QueueCall(
        0, queue.id, "voice", "c", "0301", "", at, state=WaitState.ENDED,
        ended_at=at + timedelta(seconds=9), outcome=Outcome.ABANDONED,
    )  # fmt: skip
    office.write(lambda tx: tx.queue_calls.add(call))
    office.now = datetime.now(UTC)
    return served


def test_every_report_is_a_page_and_a_file(lived: Served, admin: Browser) -> None:
    for tab in TABS:
        page = admin.see(f"/portal/reports/{tab}")
        assert 'aria-current="page"' in page
        assert f"/portal/reports/{tab}?csv=1" in page
        answer = admin.get(f"/portal/reports/{tab}?csv=1")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert len(list(csv.DictReader(io.StringIO(answer.text)))) >= 1


def test_every_period_can_be_chosen_even_where_nothing_has_happened(admin: Browser) -> None:
    for preset in (*Preset, "nonsense"):
        admin.see(f"/portal/reports/occupancy?preset={preset}")
    for tab in TABS:
        admin.see(f"/portal/reports/{tab}?preset=year")


def test_occupancy_is_drawn_with_a_table_by_site(lived: Served, admin: Browser) -> None:
    page = admin.see("/portal/reports/occupancy")
    assert '<th scope="row">north</th>' in page
    assert "Desks in use at north" in page
    assert "Desks in use at north" in admin.see("/portal/reports/occupancy?site=north")
    assert "Desks in use at south" not in admin.see("/portal/reports/occupancy?site=south")


def test_who_sat_where_tells_who_is_still_there(lived: Served, admin: Browser) -> None:
    page = admin.see("/portal/reports/where")
    assert "User 2019" in page
    assert "still there" in page
    page = admin.see("/portal/reports/where?site=north")
    assert "User 2019" in page
    assert "User 2020" not in page


def test_queues_are_summed_and_one_is_shown_closely(lived: Served, admin: Browser) -> None:
    assert "Choose one queue" in admin.see("/portal/reports/queues")
    page = admin.see("/portal/reports/queues?queue=801")
    assert "By member" in page
    assert "Over time" in page


def test_failed_logins_are_counted_by_reason(lived: Served, admin: Browser) -> None:
    lived.office.refused("2999", "3001", "0000")
    page = admin.see("/portal/reports/failures")
    assert '<a href="/portal/users/2019">User 2019</a>' in page
    assert "<b>1</b>" in page
    assert "2999" in page
    assert "/portal/users/2999" not in page, "there is no such person to look at"


def test_charts_name_days_as_the_reader_does(lived: Served, admin: Browser) -> None:
    assert [day_in(SUNDAY, language) for language in ("en", "de")] == ["Mar 29", "29. März"]
    assert f">{day_in(lived.office.now, 'en')}<" in admin.see("/portal/reports/occupancy?preset=week")


def test_seats_are_shown_for_a_year_unless_something_else_is_wanted(admin: Browser) -> None:
    month = '<th scope="row">'
    assert admin.see("/portal/reports/seats").count(month) == 13
    assert admin.see("/portal/reports/seats?preset=today").count(month) == 1


def test_a_supervisor_sees_reports_of_his_own_only(lived: Served) -> None:
    """Seats and failed logins concern everybody, so that they are not for him."""
    with lived.account("susi", Role.SUPERVISOR, sites=("north",)) as susi:
        page = susi.see("/portal/reports/where")
        assert "User 2019" in page
        assert "User 2020" not in page
        assert "Seats for billing" not in page
        for tab in ("seats", "failures", "seats?csv=1", "failures?csv=1"):
            susi.see(f"/portal/reports/{tab}", 403)
        assert "Sales" not in susi.see("/portal/reports/queues")
        susi.see("/portal/reports/queues?queue=801", 404)
        susi.see("/portal/reports/occupancy?site=south", 404)
        assert "3002" not in susi.get("/portal/reports/where?csv=1").text


def test_an_agent_sees_none(served: Served) -> None:
    with served.account("andi", Role.AGENT) as andi:
        andi.see("/portal/reports/occupancy", 403)


def test_a_bad_day_is_a_fault_of_the_request(admin: Browser) -> None:
    admin.see("/portal/reports/where?preset=chosen&since=yesterday", 422)
    admin.see("/portal/reports/where?preset=chosen&since=2026-03-02&until=2026-03-01", 422)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("today", date(2026, 3, 30), date(2026, 3, 30)),
        ("yesterday", date(2026, 3, 29), date(2026, 3, 29)),
        ("week", date(2026, 3, 24), date(2026, 3, 30)),
        ("month", date(2026, 3, 1), date(2026, 3, 30)),
        ("this_month", date(2026, 3, 1), date(2026, 3, 30)),
        ("last_month", date(2026, 2, 1), date(2026, 2, 28)),
        ("year", date(2025, 3, 1), date(2026, 3, 30)),
        ("", date(2026, 3, 24), date(2026, 3, 30)),
    ],
)
def test_days_are_those_of_the_readers_time_zone(preset: str, first: date, last: date) -> None:
    found = chosen(preset, "", "", "Europe/Berlin", SUNDAY)
    assert (found.first, found.last) == (first, last)


def test_a_day_may_have_23_hours() -> None:
    period = chosen("yesterday", "", "", "Europe/Berlin", SUNDAY).period
    assert period.until - period.since == timedelta(hours=23)
    assert period.unit is Unit.HOUR
    assert chosen("month", "", "", "UTC", SUNDAY).period.unit is Unit.DAY
    assert chosen("year", "", "", "UTC", SUNDAY).period.unit is Unit.MONTH


def test_bounds_may_be_left_open() -> None:
    assert between("", "", "UTC") == (None, None)
    since, until = between("2026-03-01", "2026-03-01", "Europe/Berlin")
    assert since == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert until == datetime(2026, 3, 1, 23, tzinfo=UTC)
    with pytest.raises(InvalidValue):
        between("1.3.2026", "", "UTC")


@pytest.mark.parametrize(
    ("most", "top"), [(0, "1"), (1, "1"), (3, "3"), (7, "8"), (12, "15"), (93, "100"), (101, "150"), (0.4, "1")]
)
def test_a_scale_ends_at_a_round_figure_above_the_highest_bar(most: float, top: str) -> None:
    drawn = bars([Stack("a", "a", (most,))])
    assert drawn.ticks[-1].text == top
    assert len(drawn.ticks) <= 7
    assert all(piece.y >= 0 and piece.height > 0 for piece in drawn.pieces)


def test_parts_of_a_bar_stand_on_each_other() -> None:
    drawn = bars([Stack("a", "a", (3, 1)), Stack("b", "b", (0, 2))])
    first, second, other = drawn.pieces
    assert first.y == pytest.approx(second.y + second.height)
    assert (first.series, second.series, other.series) == (0, 1, 1)
    assert other.x > first.x


def test_a_bar_is_no_wall_and_a_label_stays_inside() -> None:
    drawn = bars([Stack("a", "a", (1,))])
    assert drawn.pieces[0].width < drawn.width / 5
    crowd = bars([Stack("Nov 2026", "", (1,)) for _ in range(13)], width=SLIM)
    assert all(label.at <= crowd.width - 25 for label in crowd.labels)


def test_many_bars_have_few_labels() -> None:
    assert len(bars([Stack(str(n), "", (n,)) for n in range(500)]).labels) <= 13
