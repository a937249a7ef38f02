"""`freeseat queue`: rules, members, taking part on somebody's behalf, and how queues stand (R5)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from freeseat.application.ports import Binding, Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.waiting import Caller, enter
from tests.cli.commands import Freeseat
from tests.domain.entities import NOW


@pytest.fixture(scope="session")
def centre(furnished: Freeseat, tmp_path_factory: pytest.TempPathFactory) -> Freeseat:
    office = furnished.copy(tmp_path_factory.mktemp("centre"))
    office.do("queue", "add", "--number", "800", "--code", "811", "--name", "Sales")
    office.do("queue", "add", "--number", "801", "--code", "812", "--name", "Service")
    office.do("queue", "member", "add", "800", "2019", "2020")
    office.do("queue", "member", "add", "801", "2019", "--priority", "2")
    office.do("login", "--user", "2019", "--phone", "3001")
    office.write(lambda tx: tx.bindings.add(Binding(0, "3001", "sip:3001@10.0.0.7", "main", 1.0, 501, 500)))
    return office


@pytest.fixture
def queues(centre: Freeseat, tmp_path: Path) -> Freeseat:
    """Queues 800 Sales (code 811; Bill and Ann) and 801 Service (812; Bill); Bill sits at 3001, which is registered."""
    return centre.copy(tmp_path)


# -- rules


def test_every_field_of_a_queue_can_be_given(empty: Freeseat) -> None:
    queue = empty.json(
        "queue", "add", "--number", "800", "--code", "811", "--name", "Sales", "--strategy", "ring_all", "--ring",
        "15s", "--wrap-up", "1m", "--misses", "0", "--max-wait", "10m", "--max-length", "25", "--overflow-to",
        "number:801", "--no-agents-to", "reject", "--announce-every", "45", "--language", "de", "--reversed-digits",
        "--logout-at-desk-logout", "--logout-if-unregistered", "--login-when-registered", "--no-unreg-warning",
    )  # fmt: skip
    assert queue == {
        "number": "800", "code": "811", "name": "Sales", "strategy": "ring_all", "ring_seconds": 15,
        "codes": {"toggle": "811", "log_in": "8110", "log_out": "8111"}, "wrap_up_seconds": 60,
        "misses_until_pause": 0, "max_wait_seconds": 600, "max_length": 25, "overflow_to": "number:801",
        "no_agents_to": "reject", "announce_seconds": 45, "language": "de", "reversed_digits": True,
        "logout_at_desk_logout": True, "logout_if_unregistered": True, "login_when_registered": True,
        "no_unreg_warning": True, "members": 0, "logged_in": 0,
    }  # fmt: skip
    assert empty.json("queue", "show", "800") == queue
    assert empty.json("queue", "list") == [queue]
    assert "8111 out" not in empty.do("queue", "change", "800", "--usual-digits").replace("8110 out", "")
    changed = empty.json("queue", "change", "800", "--max-wait", "never", "--max-length", "none", "--unreg-warning")
    assert (changed["max_wait_seconds"], changed["max_length"], changed["no_unreg_warning"]) == (None, None, False)
    assert changed["codes"] == {"toggle": "811", "log_in": "8111", "log_out": "8110"}


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        ("--ring", "2s", "use 5 to 180"),
        ("--ring", "never", "a duration like 20s"),
        ("--wrap-up", "2h", "use 0 to 3600"),
        ("--max-length", "many", "a whole number, or none"),
        ("--max-length", "0", "use 1 to 10000"),
        ("--overflow-to", "801", "announce:<prompt>, number:<number> or reject"),
        ("--code", "*81", "use 1 to 15 digits"),
        ("--number", "3001", "outside 3000-3999"),
        ("--name", "", "must not be empty"),
        ("--language", "english", "two-letter"),
    ],
)
def test_a_queue_is_checked(queues: Freeseat, option: str, value: str, right: str) -> None:
    before = queues.json("queue", "show", "800")
    assert right in queues.fails(2, "queue", "change", "800", option, value)
    assert queues.json("queue", "show", "800") == before


@pytest.mark.parametrize(
    ("number", "code", "owner"),
    [
        ("810", "81", "queue 800"),  # 81 + 1 = 811 (R1.5)
        ("810", "8111", "queue 800"),
        ("8110", "899", "queue 800"),
        ("800", "899", "queue 800"),
        ("2019", "899", "user 2019"),
        ("810", "900", "feature code queues"),
        ("810", "90", "feature code queues"),
        ("810", "810", "queue 810"),
    ],
)
def test_a_clash_of_derived_codes_is_refused_naming_both_owners(
    queues: Freeseat, number: str, code: str, owner: str
) -> None:
    told = queues.fails(1, "queue", "add", "--number", number, "--code", code, "--name", "x")
    assert owner in told
    assert f"queue {number}" in told
    assert [each["number"] for each in queues.json("queue", "list")] == ["800", "801"]


def test_another_number_that_a_queue_has_taken_is_refused(queues: Freeseat) -> None:
    assert "queue 800" in queues.fails(1, "user", "add", "--number", "8111", "--name", "x")
    assert "queue 800" in queues.fails(1, "code", "set", "locate", "81")


def test_deleting_a_queue(queues: Freeseat) -> None:
    queues.do("inbound", "set", "+4930555800", "800")
    assert "inbound number +4930555800" in queues.fails(1, "queue", "delete", "800")
    queues.do("inbound", "delete", "+4930555800")
    assert queues.json("queue", "delete", "800") == {"deleted": {"queue": "800"}}
    assert queues.fails(2, "queue", "show", "800") == "there is no queue 800"
    queues.do("user", "add", "--number", "8111", "--name", "x")  # its strings are free again


# -- members


def test_members(queues: Freeseat) -> None:
    (bill,) = queues.json("queue", "member", "list", "801")
    assert bill == {"user": "2019", "name": "Bill", "priority": 2, "logged_in": False}
    assert queues.json("queue", "show", "800")["members"] == 2
    assert "there is no user 2999" in queues.fails(2, "queue", "member", "add", "801", "2020", "2999")
    assert len(queues.json("queue", "member", "list", "801")) == 1, "all or none"
    assert "use 1" in queues.fails(2, "queue", "member", "add", "801", "2019", "--priority", "0")
    queues.do("queue", "member", "add", "801", "2019", "--priority", "1")
    assert queues.json("queue", "member", "list", "801")[0]["priority"] == 1
    queues.do("queue", "login", "--user", "2019")
    removed = queues.json("queue", "member", "remove", "801", "2019")
    assert removed == {"removed": {"queue": "801", "user": "2019"}}
    assert queues.json("events", "list", "--kind", "queue_logged_out")[-1]["data"]["why"] == "member_removed"
    assert "no members" in queues.do("queue", "member", "list", "801")
    assert "there is no member 2019" in queues.fails(2, "queue", "member", "remove", "801", "2019")


# -- taking part, on somebody's behalf (R5.4)


def test_logging_in_and_out(queues: Freeseat) -> None:
    done = queues.json("queue", "login", "--user", "2019", "--queue", "800")
    assert done == {"user": "2019", "queues": ["800"], "logged_in": True, "applied": None}
    assert "queue 800 (Sales), queue 801 (Service)" in queues.do("queue", "login", "--user", "2019")
    assert queues.json("queue", "logout", "--user", "2019", "--queue", "all")["queues"] == ["800", "801"]
    (event,) = queues.json("events", "list", "--kind", "queue_logged_in", "--limit", "1")
    assert (event["user"], event["channel"], event["data"]["queue"]) == ("2019", "cli", "801")


def test_who_is_no_member_is_refused_and_nothing_changes(queues: Freeseat) -> None:
    """R5.2"""
    for verb in ("login", "logout", "pause", "resume"):
        told = queues.fails(1, "queue", verb, "--user", "2020", "--queue", "801")
        assert "not a member" in told
        assert queues.error("queue", verb, "--user", "2001")["code"] == "not_a_member"
    assert queues.fails(2, "queue", "login", "--user", "2019", "--queue", "899") == "there is no queue 899"
    assert queues.fails(2, "queue", "login", "--user", "2999") == "there is no user 2999"
    queues.do("user", "change", "2019", "--disabled")
    assert "disabled" in queues.fails(1, "queue", "login", "--user", "2019")


def test_pausing_with_a_reason(queues: Freeseat) -> None:
    """R5.7"""
    assert "takes part in none" in queues.fails(1, "queue", "pause", "--user", "2019", "--reason", "lunch")
    queues.do("queue", "login", "--user", "2019", "--queue", "800")
    done = queues.json("queue", "pause", "--user", "2019", "--reason", "lunch")
    assert done == {"user": "2019", "queues": ["800"], "paused": True, "applied": None}
    (seen,) = queues.json("queue", "status", "800")
    bill = seen["members"][0]
    assert (bill["state"], bill["ready"], bill["pause_reason"]) == ("paused", False, "lunch")
    assert "paused (lunch)" in queues.do("queue", "status")
    assert "at most 80" in queues.fails(2, "queue", "pause", "--user", "2019", "--reason", "x" * 81)
    assert queues.json("queue", "resume", "--user", "2019")["queues"] == ["800"]
    assert queues.do("queue", "resume", "--user", "2019") == "nothing to change for 2019\n"
    assert queues.json("queue", "status", "800")[0]["members"][0]["ready"]


# -- how queues stand


def a_caller_waits(tx: Transaction) -> None:
    enter(tx, queue_of(tx, "800"), Caller("0171", "Carla", "voice", "call-1", ""), NOW)


def test_the_status_shows_three_states_apart(queues: Freeseat) -> None:
    """R5.6: registered, queue-logged-in and ready; who is left unregistered is counted apart and warned of."""
    queues.write(a_caller_waits)
    queues.do("queue", "login", "--user", "2019")
    queues.do("queue", "login", "--user", "2020")
    (sales, service) = queues.json("queue", "status")
    assert [service["queue"], service["ready"], service["logged_in"]] == ["801", 1, 1]
    assert (sales["logged_in"], sales["ready"], sales["unregistered"], sales["unreg_warning"]) == (2, 1, 1, True)
    assert sales["counts"] == {
        "logged_out": 0, "no_desk": 1, "unregistered": 0, "paused": 0, "on_call": 0, "offered": 0, "wrap_up": 0,
        "ready": 1,
    }  # fmt: skip
    bill, ann = sales["members"]
    assert [(each["registered"], each["logged_in"], each["ready"], each["state"]) for each in (bill, ann)] == [
        (True, True, True, "ready"),
        (False, True, False, "no_desk"),
    ]
    (caller,) = sales["waiting"]
    assert (caller["position"], caller["number"], caller["name"], caller["offered_to"]) == (1, "0171", "Carla", [])
    assert caller["since"] == "2026-03-02T09:00:00Z"
    told = queues.do("queue", "status", "800")
    assert "1 waiting, the longest for" in told
    assert "1 ready of 2 logged in, 1 not registered" in told
    assert "warning: logged in but not reachable, so without calls: 2020 Ann" in told
    queues.do("queue", "change", "800", "--no-unreg-warning")
    told = queues.do("queue", "status", "800")
    assert "warning" not in told
    assert "at no desk" in told, "the table still shows it"
    assert "1 callers" in queues.fails(1, "queue", "delete", "800")


def test_the_status_of_nothing(empty: Freeseat) -> None:
    assert empty.json("queue", "status") == []
    assert "No queues yet" in empty.do("queue", "status")
    assert empty.fails(2, "queue", "status", "800") == "there is no queue 800"


def test_watching_tells_every_change_once(queues: Freeseat) -> None:
    watching = subprocess.Popen(
        queues.argv("queue", "status", "800", "--watch", "--json"),
        env=queues.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watching.stdout is not None
    try:
        (seen,) = json.loads(watching.stdout.readline())
        assert seen["logged_in"] == 0
        queues.do("queue", "login", "--user", "2019")
        (seen,) = json.loads(watching.stdout.readline())
        assert (seen["logged_in"], seen["ready"]) == (1, 1)
        queues.write(a_caller_waits)
        (seen,) = json.loads(watching.stdout.readline())
        assert len(seen["waiting"]) == 1
    finally:
        watching.terminate()
        watching.wait(10)
        watching.stdout.close()
