"""`freeseat calls`, `events`, `bindings` (R4.5, R10.2)."""

from __future__ import annotations

import csv
import io
import json
import select
import subprocess
from datetime import UTC, datetime

import pytest

from freeseat.application.log_out import log_out_remotely
from freeseat.application.ports import Binding, CallAnswered, CallEnded, CallRecord
from freeseat.application.proving import refuse
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.reasons import Reason
from tests.cli.commands import Freeseat

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()

# -- calls


@pytest.fixture
def called(office: Freeseat) -> Freeseat:
    """Three calls: answered, cancelled, going on."""
    started = [
        CallRecord(0, "main", "a", NOON, "2019", "3001", "2020", "2020", "", "internal", source="10.0.0.7"),
        CallRecord(0, "main", "b", NOON + 60, "2020", "3002", "2001", "2001", "", "internal"),
        CallRecord(0, "main", "c", NOON + 120, "", "3001", "112", "112", "", "emergency"),
    ]
    answered = [CallAnswered("main", "a", NOON + 5, "3002")]
    ended = [CallEnded("main", "a", NOON + 35.5, 200, "normal"), CallEnded("main", "b", NOON + 70, 487, "cancelled")]
    office.write(lambda tx: tx.calls.record(started, answered, ended))
    return office


def test_call_records_for_programs(called: Freeseat) -> None:
    answered, cancelled, going_on = called.json("calls", "list")
    assert answered.pop("id")
    assert answered == {
        "node": "main", "call_id": "a", "started_at": "2026-05-01T12:00:00Z", "answered_at": "2026-05-01T12:00:05Z",
        "ended_at": "2026-05-01T12:00:35.500000Z", "talk_seconds": 30.5, "caller": "2019", "caller_phone": "3001",
        "dialled": "2020", "called": "2020", "called_phone": "3002", "queue": "", "kind": "internal", "code": 200,
        "cause": "normal", "source": "10.0.0.7",
    }  # fmt: skip
    assert (cancelled["answered_at"], cancelled["talk_seconds"], cancelled["code"]) == (None, None, 487)
    assert going_on["ended_at"] is None


def test_call_records_can_be_narrowed(called: Freeseat) -> None:
    def ids(*options: str) -> str:
        return "".join(call["call_id"] for call in called.json("calls", "list", *options))

    assert ids("--user", "2020") == "ab"
    assert ids("--user", "2019") == "a"
    assert ids("--phone", "3001") == "ac"
    assert ids("--phone", "3002", "--user", "2019") == "a"
    assert ids("--since", "2026-05-01T12:01") == "bc"
    assert ids("--since", "2026-05-01T14:01:30+02:00") == "c"
    assert ids("--since", "1m") == ""
    assert ids("--limit", "2") == "bc"
    assert "2h" in called.fails(2, "calls", "list", "--since", "yesterday")


def test_calls_that_go_on_and_closing_one_whose_end_nobody_saw(called: Freeseat) -> None:
    """R4.5, R2.13: an administrator knows what no BYE told."""
    (going_on,) = called.json("calls", "list", "--open")
    assert f"{going_on['id']} " in called.do("calls", "list", "--open")
    closed = called.json("calls", "close", str(going_on["id"]))
    assert (closed["call_id"], closed["cause"]) == ("c", "closed by administrator")
    assert closed["ended_at"] is not None
    assert called.json("calls", "list", "--open") == []
    (event,) = called.json("events", "list", "--kind", "call_closed")
    assert (event["phone"], event["data"]["call_id"]) == ("3001", "c")
    assert "ended already" in called.fails(2, "calls", "close", str(going_on["id"]))
    assert "no call 4711" in called.fails(2, "calls", "close", "4711")


def test_call_records_as_csv(called: Freeseat) -> None:
    rows = list(csv.DictReader(io.StringIO(called.do("calls", "list", "--csv"))))
    assert [row["call_id"] for row in rows] == ["a", "b", "c"]
    assert set(rows[0]) == set(called.json("calls", "list")[0])
    assert (rows[0]["started_at"], rows[0]["talk_seconds"]) == ("2026-05-01 12:00:00", "30.5")
    assert (rows[2]["ended_at"], rows[2]["talk_seconds"]) == ("", "")


def test_call_records_without_calls_still_have_heads(empty: Freeseat) -> None:
    assert empty.do("calls", "list", "--csv").startswith("id,node,call_id,started_at")
    assert empty.json("calls", "list") == []
    assert empty.do("calls", "list") == "No calls.\n"


def test_call_records_for_people(called: Freeseat) -> None:
    told = called.do("calls", "list").splitlines()
    (line,) = [each for each in told if "12:00:00" in each]
    assert "30 s" in line
    assert "normal (200)" in line
    assert "goes on" in told[-2]


# -- the audit log


def test_every_change_is_in_the_audit_log_with_who_when_where_and_channel(office: Freeseat) -> None:
    """R10.2"""
    office.do("login", "--user", "2019", "--phone", "3001")
    event = office.json("events", "list")[-1]
    assert event.pop("position") > 0
    assert event.pop("at").endswith("Z")
    assert event.pop("actor")
    assert event.pop("source")
    assert event.pop("data")["place"] == "3001"
    assert event == {"kind": "logged_in", "user": "2019", "phone": "3001", "channel": "cli"}


def test_events_can_be_narrowed(office: Freeseat) -> None:
    office.do("login", "--user", "2019", "--phone", "3001")
    office.do("login", "--user", "2020", "--phone", "3001")

    def kinds(*options: str) -> list[str]:
        return [event["kind"] for event in office.json("events", "list", *options)]

    assert kinds("--user", "2019") == ["user_added", "logged_in", "logged_out"]
    assert kinds("--phone", "3001") == ["phone_added", "logged_in", "logged_out", "logged_in"]
    assert kinds("--kind", "logged_in", "--kind", "logged_out") == ["logged_in", "logged_out", "logged_in"]
    assert kinds("--limit", "1") == ["logged_in"]
    assert kinds("--since", "2100-01-01") == []
    assert office.run("events", "list", "--kind", "moon").code == 2


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_readable_in_the_log(office: Freeseat, reason: Reason) -> None:
    """Also those that only phones meet, such as an untrusted network."""
    actor, now = Actor("2019", "198.51.100.7", Channel.REGISTER), datetime.now(UTC)
    refusal = office.write(lambda tx: refuse(tx, reason, actor, now, user="2019", detail="seen"))
    assert refusal.text == f"{reason.text} (seen)"
    last = office.do("events", "list", "--limit", "1")
    for word in ("login_refused", "2019 by register from 198.51.100.7", f"reason={reason}", "detail=seen"):
        assert word in last


@pytest.mark.parametrize(
    ("bit", "reason"),
    [
        ("--no-remote-logout", "remote_logout_not_enabled"),
        ("--no-accept-remote-logout", "remote_logout_not_accepted"),
        ("--no-accept-logins", "phone_refuses"),
    ],
)
def test_remote_logout_without_one_of_its_three_bits_is_in_the_log(office: Freeseat, bit: str, reason: str) -> None:
    """R2.9, R2.10"""
    office.do("cos", "change", "standard", "--remote-logout")
    office.do("login", "--user", "2019", "--phone", "3001")
    office.do("cos", "change", "standard", bit)
    actor = Actor("2001", "127.0.0.1", Channel.VOICE)
    office.write(lambda tx: log_out_remotely(tx, "4001", "2019", actor, datetime.now(UTC)))
    assert office.json("events", "list")[-1]["data"]["reason"] == reason
    assert office.json("locate", "2019")


def test_following_tells_what_happens_as_it_happens(office: Freeseat) -> None:
    argv = office.argv("events", "list", "--follow", "--json", "--kind", "logged_in")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=office.environment) as following:
        assert following.stdout is not None
        office.do("login", "--user", "2019", "--phone", "3001")
        try:
            seen = []
            for user in ("2019", "2020"):
                assert select.select([following.stdout], [], [], 20)[0], "nothing came"
                seen.append(json.loads(following.stdout.readline()))
                assert seen[-1]["user"] == user
                office.do("login", "--user", "2020", "--phone", "3001")
        finally:
            following.terminate()
    assert [event["kind"] for event in seen] == ["logged_in", "logged_in"]


# -- bindings


def test_bindings(office: Freeseat) -> None:
    assert office.do("bindings", "list") == "Nothing is registered.\n"
    bound = Binding(0, "3001", "sip:3001@10.0.0.7:5060", "main", NOON, int(NOON) + 500, 500, user_agent="Yealink T54W",
                    source="10.0.0.7")  # fmt: skip
    office.write(lambda tx: tx.bindings.add(bound))
    (binding,) = office.json("bindings", "list", "--aor", "3001")
    assert binding == {
        "aor": "3001", "contact": "sip:3001@10.0.0.7:5060", "source": "10.0.0.7", "node": "main",
        "since": "2026-05-01T12:00:00Z", "granted": 500, "user_agent": "Yealink T54W", "instance": "", "received": "",
        "socket": "", "call_id": "",
    }  # fmt: skip
    assert office.json("bindings", "list", "--aor", "3002") == []
    assert "Yealink T54W" in office.do("bindings", "list")
