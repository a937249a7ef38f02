"""Call records (R4.5) and the audit log (R10.2): filtered, in words, as files."""

from __future__ import annotations

import csv
import io

import pytest

from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Role
from freeseat.edge.web.portal.audit_words import GROUPS, WORDS, kinds_of, sentence_of
from tests.application.office import ADMIN
from tests.domain.entities import NOW
from tests.web.portal.filling import done
from tests.web.serving import Browser, Served


def call(served: Served, call_id: str = "c1", phone: str = "3001", answered_at: str = "3002") -> None:
    served.office.call(phone, answered_at=answered_at, call_id=call_id)
    served.office.later(1)
    served.office.hang_up(call_id)


@pytest.fixture
def called(served: Served) -> Served:
    """2019 at 3001 has called 2020 twice: once answered, once not."""
    served.office.login("2019", "3001")
    call(served)
    call(served, "c2", answered_at="")
    return served


def test_calls_are_listed_with_the_names_of_both(called: Served, admin: Browser) -> None:
    page = admin.see("/portal/calls")
    assert page.count("<tr id=") == 2
    assert "User 2019" in page
    assert "User 2020" in page


def test_calls_are_filtered(called: Served, admin: Browser) -> None:
    cases = (
        ("user=2019", 2), ("user=2021", 0), ("phone=3001", 2), ("phone=3003", 0), ("answered=yes", 1),
        ("answered=no", 1), ("kind=internal", 2), ("kind=emergency", 0), ("queue=801", 0),
        ("until=2001-01-01", 0), ("since=2001-01-01", 2),
    )  # fmt: skip
    for query, rows in cases:
        assert admin.see(f"/portal/calls?{query}").count("<tr id=") == rows, query


def test_calls_are_a_file_with_the_same_filters(called: Served, admin: Browser) -> None:
    assert 'href="/portal/calls?answered=yes&amp;csv=1"' in admin.see("/portal/calls?answered=yes")
    rows = list(csv.DictReader(io.StringIO(admin.get("/portal/calls?answered=yes&csv=1").text)))
    assert [(row["caller"], row["called"], row["caller_name"]) for row in rows] == [("2019", "2020", "User 2019")]


def test_a_long_list_of_calls_is_one_file_with_one_head(served: Served, admin: Browser) -> None:
    """More rows than one page of the store has."""
    for number in range(510):
        served.office.call("3001", call_id=f"c{number}")
    lines = admin.get("/portal/calls?csv=1").text.splitlines()
    assert len(lines) == 511
    assert sum(line.startswith("began,") for line in lines) == 1


def test_a_supervisor_sees_only_calls_of_his_own(called: Served) -> None:
    called.office.change_phone("3003", site="north")
    with called.account("susi", Role.SUPERVISOR, sites=("north",)) as susi:
        assert susi.see("/portal/calls").count("<tr id=") == 0
        assert len(susi.get("/portal/calls?csv=1").text.splitlines()) == 1
        susi.see("/portal/audit", 403)


def test_every_kind_of_event_has_a_name_and_a_sentence() -> None:
    assert set(WORDS) == set(Kind)
    assert sum(len(kinds) for _title, kinds in GROUPS.values()) == len(Kind)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_sentence_stands_without_data_too(kind: Kind) -> None:
    text = sentence_of(Event(NOW, kind, ADMIN), str, {})
    assert text
    assert "{" not in text


def test_kinds_are_chosen_one_by_one_or_as_a_group() -> None:
    assert kinds_of("logged_in") == {Kind.LOGGED_IN}
    assert kinds_of("group:queues") == set(GROUPS["queues"][1])
    assert kinds_of("group:nothing") == kinds_of("nothing") == kinds_of("") == frozenset()


def test_events_are_sentences_with_their_data(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    page = admin.see("/portal/audit?kind=logged_in")
    assert page.count("<tr id=") == 1
    assert "User 2019 (2019) logged in at 3001" in page
    assert "<dt>method</dt>" in page


def test_the_log_is_filtered(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    cases = (
        ("kind=logged_in", True), ("kind=group:desks", True), ("kind=group:queues", False), ("user=2019", True),
        ("user=2020&kind=group:desks", False), ("phone=3001&kind=logged_in", True), ("who=2019", True),
        ("who=nobody", False), ("source=10.0.0.1", True), ("source=192.0.2.1", False), ("channel=voice", True),
        ("channel=timer", False), ("since=2001-01-01", True), ("until=2001-01-01", False),
    )  # fmt: skip
    for query, found in cases:
        assert ("logged in at 3001" in admin.see(f"/portal/audit?{query}")) is found, query


def test_the_log_is_a_file_too_and_tells_no_secret(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    answer = admin.get("/portal/audit?kind=logged_in&csv=1")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["kind"], row["user"], row["phone"]) for row in rows] == [("logged_in", "2019", "3001")]
    assert "s3cret" not in admin.get("/portal/audit?csv=1").text


def test_the_log_goes_on_page_by_page(served: Served, admin: Browser) -> None:
    for _ in range(30):
        served.office.login("2019", "3001")
        served.office.logout("3001")
    first = admin.see("/portal/audit?kind=group:desks")
    assert first.count("<tr id=") == 50
    following = first[first.index('rel="next"') - 120 : first.index('rel="next"')]
    address = following[following.index('href="') + 6 : following.rindex('"')].replace("&amp;", "&")
    assert admin.see(address).count("<tr id=") >= 10


def test_what_a_page_changed_is_in_the_log(served: Served, admin: Browser) -> None:
    served.office.login("2019", "3001")
    admin.see("/portal/desks")
    done(admin.submit("/portal/desks/3001/log-out", how="now"), admin)
    assert "User 2019 (2019) left 3001: " in admin.see("/portal/audit?who=root&kind=logged_out")
