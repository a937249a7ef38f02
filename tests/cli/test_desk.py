"""`freeseat login`, `logout`, `locate`, `where` (R2.5, R2.7, R2.8, R2.11, R2.13, R2.15): every refusal says why."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from freeseat.application.ports import Binding, Transaction
from freeseat.bootstrap.processes import identify
from freeseat.bootstrap.state import NodeState, write_state
from freeseat.cli import here
from freeseat.edge.switch.applied import SOCKET_NAME, Applied
from tests.cli.commands import Freeseat
from tests.clients.waiting import until

PLACE = {
    "user", "name", "phone", "place", "site", "location_id", "node", "since", "method", "state", "pending",
    "registered",
}  # fmt: skip


def test_logging_in_on_somebodys_behalf(office: Freeseat) -> None:
    done = office.json("login", "--user", "2019", "--phone", "3001")
    assert done.pop("since").endswith("Z")
    assert done == {
        "user": "2019", "name": "Bill", "phone": "3001", "place": "3001", "method": "cli", "ended": [], "applied": None,
    }  # fmt: skip
    (place,) = office.json("locate", "2019")
    assert set(place) == PLACE
    assert (place["phone"], place["site"], place["location_id"]) == ("3001", "berlin", "desk 3001")
    assert (place["method"], place["state"], place["pending"]) == ("cli", "active", None)
    assert office.json("where") == [place]
    assert office.json("where", "--site", "paris") == []


def test_a_takeover_names_who_left(office: Freeseat) -> None:
    """R2.7"""
    office.do("login", "--user", "2019", "--phone", "3001")
    done = office.json("login", "--user", "2020", "--phone", "3001", "--pin", "5822")
    assert done["ended"] == [
        {"user": "2019", "phone": "3001", "place": "3001", "reason": "taken_over", "pending": False}
    ]
    told = office.do("login", "--user", "2019", "--phone", "3001")
    assert "2020 is logged out at 3001 (taken over)" in told


@pytest.mark.parametrize("policy", ["move", "deny", "several"])
def test_who_is_logged_in_elsewhere(office: Freeseat, policy: str) -> None:
    """R2.8"""
    office.do("cos", "change", "standard", "--elsewhere", policy)
    office.do("login", "--user", "2019", "--phone", "3001")
    if policy == "deny":
        told = office.fails(1, "login", "--user", "2019", "--phone", "3002")
        assert "logged in elsewhere" in told
        assert "at 3001 since" in told
    else:
        office.do("login", "--user", "2019", "--phone", "3002")
    where = [place["phone"] for place in office.json("locate", "2019")]
    assert where == {"move": ["3002"], "deny": ["3001"], "several": ["3001", "3002"]}[policy]


def test_where_shows_what_is_registered(office: Freeseat) -> None:
    office.do("login", "--user", "2019", "--phone", "3001")
    assert not office.json("locate", "2019")[0]["registered"]
    office.write(lambda tx: tx.bindings.add(Binding(0, "3001", "sip:3001@127.0.0.1", "main", 1.0, 500, 500)))
    (place,) = office.json("locate", "2019")
    assert (place["registered"], place["node"]) == (True, "main")
    assert office.json("phone", "show", "3001")["registered"]


def test_locating_nobody(office: Freeseat) -> None:
    assert office.json("locate", "2019") == []
    assert office.do("locate", "2019") == "2019 (Bill) is not logged in.\n"
    assert office.fails(2, "locate", "2999") == "there is no user 2999"
    assert office.do("where") == "Nobody is logged in.\n"


def test_logging_out_by_phone_and_by_user(office: Freeseat) -> None:
    """R2.13: by an administrator, at once."""
    ended = {"user": "2019", "phone": "3001", "place": "3001", "reason": "forced", "pending": False}
    for option, value in (("--phone", "3001"), ("--user", "2019")):
        office.do("login", "--user", "2019", "--phone", "3001")
        assert office.json("logout", option, value) == {"ended": [ended], "applied": None}
        assert office.fails(1, "logout", option, value) == "refused: nobody is logged in there"
    assert "either --phone or --user" in office.fails(2, "logout")
    assert "either --phone or --user" in office.fails(2, "logout", "--user", "2019", "--phone", "3001")


# -- every reason that a login at a phone can be refused for


def _locked(office: Freeseat) -> None:
    for _ in range(3):
        office.fails(1, "login", "--user", "2019", "--phone", "3001", "--pin", "0000")


def _pin_expired(office: Freeseat) -> None:
    office.do("policy", "set", "pin.expiry_days=30")

    def long_ago(tx: Transaction) -> None:
        user = tx.users.get(number="2019")
        assert user is not None
        assert user.pin_set_at is not None
        tx.users.update(replace(user, pin_set_at=user.pin_set_at - timedelta(days=31)))

    office.write(long_ago)


def _elsewhere(office: Freeseat) -> None:
    office.do("cos", "change", "standard", "--elsewhere", "deny")
    office.do("login", "--user", "2019", "--phone", "3002")


def _nothing(_office: Freeseat) -> None:
    return


def _do(*arguments: str) -> object:
    return lambda office: office.do(*arguments)


REASONS = {
    "wrong_credentials": ("2019", "3001", "0000", _nothing, "unknown extension or wrong PIN"),
    "locked": ("2019", "3001", "4711", _locked, "locked after too many wrong PINs"),
    "no_hot_desk_access": (
        "2019", "3001", "4711", _do("user", "change", "2019", "--no-hot-desk"), "has no hot desk access",
    ),
    "user_disabled": ("2019", "3001", "4711", _do("user", "change", "2019", "--disabled"), "the user is disabled"),
    "user_assigned": ("2001", "3001", "6933", _nothing, "has an assigned phone"),
    "pin_expired": ("2019", "3001", "4711", _pin_expired, "the PIN has expired"),
    "phone_unknown": ("2019", "3999", "4711", _nothing, "there is no such phone"),
    "phone_disabled": ("2019", "3001", "4711", _do("phone", "change", "3001", "--disabled"), "the phone is disabled"),
    "phone_assigned": ("2019", "4001", "4711", _nothing, "assigned to somebody and not shared"),
    "phone_refuses": (
        "2019", "3001", "4711", _do("cos", "change", "standard", "--no-accept-logins"),
        "does not accept hot desk logins",
    ),
    "elsewhere": ("2019", "3001", "4711", _elsewhere, "logged in elsewhere"),
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_every_refusal_says_why_on_the_command_line_and_in_the_log(office: Freeseat, reason: str) -> None:
    user, phone, pin, prepare, sentence = REASONS[reason]
    prepare(office)  # type: ignore[operator]
    arguments = ("login", "--user", user, "--phone", phone, "--pin", pin)
    told = office.fails(1, *arguments)
    assert told.startswith("refused: ")
    assert str(sentence) in told
    error = office.error(*arguments)
    assert (error["code"], error["message"]) == (reason, told)
    event = office.json("events", "list", "--kind", "login_refused")[-1]
    assert (event["data"]["reason"], event["user"], event["channel"]) == (reason, user, "cli")


def test_an_unknown_user_is_named_to_an_administrator_but_not_to_who_gives_a_pin(office: Freeseat) -> None:
    assert "there is no such user" in office.fails(1, "login", "--user", "2999", "--phone", "3001")
    told = office.fails(1, "login", "--user", "2999", "--phone", "3001", "--pin", "1111")
    assert told == "refused: unknown extension or wrong PIN"


# -- reading one's own writes


@contextmanager
def running_node(office: Freeseat, applied: Applied) -> Iterator[None]:
    """A node as far as a command sees it: this process as supervisor, and the socket that tells how far tables are."""
    runtime = office.directory / "run"
    runtime.mkdir(exist_ok=True)
    write_state(runtime, NodeState(identify(os.getpid()), time.time(), ()))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = asyncio.run_coroutine_threadsafe(applied.serve(runtime), loop)
    try:
        until((runtime / SOCKET_NAME).exists, "the socket", 5)
        yield
    finally:
        serving.cancel()
        asyncio.run_coroutine_threadsafe(_end_all_tasks(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end_all_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def test_a_write_says_whether_the_switch_has_followed(office: Freeseat, monkeypatch: pytest.MonkeyPatch) -> None:
    applied = Applied()
    monkeypatch.setattr(here, "SWITCH_SECONDS", 0.05)
    with running_node(office, applied):
        late = office.run("login", "--user", "2019", "--phone", "3001")
        assert late.code == 0
        assert "2019 (Bill) is logged in at 3001" in late.out
        assert "note: this holds, but the switch has not confirmed it yet" in late.err
        assert office.json("logout", "--phone", "3001")["applied"] is False
        applied.position = 10_000
        followed = office.run("login", "--user", "2019", "--phone", "3001")
        assert followed.err == ""
        assert office.json("logout", "--phone", "3001")["applied"] is True
