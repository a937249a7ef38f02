"""`freeseat user` (R1.1, R1.4, R1.5, R1.8, R1.9)."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.cli.commands import Freeseat
from tests.clients.waiting import until

SHAPE = {
    "number", "name", "class", "enabled", "hot_desk_access", "permanent_login", "has_pin", "pin_set_at", "places",
    "phones", "email", "department", "location", "language", "caller_number", "caller_name", "external_numbers",
    "logged_out_to", "busy_to", "no_answer_to", "ring_seconds", "group", "key_profile", "primary_node",
    "secondary_node",
}  # fmt: skip


def test_every_field_of_a_user_can_be_given(empty: Freeseat) -> None:
    empty.do("cos", "add", "staff")
    user = empty.json(
        "user", "add", "--number", "2019", "--name", "Bill", "--pin", "4711", "--hot-desk", "--class", "staff",
        "--email", "bill@example.org", "--department", "sales", "--location", "Berlin", "--language", "de",
        "--caller-number", "+49301234", "--caller-name", "Bill (sales)", "--external-numbers", "0170123, 0171456",
        "--logged-out-to", "number:2020", "--busy-to", "reject", "--no-answer-to", "announce:user_logged_out",
        "--ring-seconds", "45", "--permanent-login", "--group", "sales", "--key-profile", "agents",
        "--primary-node", "a", "--secondary-node", "b",
    )  # fmt: skip
    assert set(user) == SHAPE
    assert user.pop("pin_set_at").endswith("Z")
    assert user == {
        "number": "2019", "name": "Bill", "class": "staff", "enabled": True, "hot_desk_access": True,
        "permanent_login": True, "has_pin": True, "places": [], "phones": [], "email": "bill@example.org",
        "department": "sales", "location": "Berlin", "language": "de", "caller_number": "+49301234",
        "caller_name": "Bill (sales)", "external_numbers": ["0170123", "0171456"], "logged_out_to": "number:2020",
        "busy_to": "reject", "no_answer_to": "announce:user_logged_out", "ring_seconds": 45, "group": "sales",
        "key_profile": "agents", "primary_node": "a", "secondary_node": "b",
    }  # fmt: skip


def test_hot_desk_access_is_off_unless_given(empty: Freeseat) -> None:
    """R1.1"""
    assert not empty.json("user", "add", "--number", "2001", "--name", "Dora")["hot_desk_access"]


def test_what_is_shown_is_what_is_listed(office: Freeseat) -> None:
    listed = office.json("user", "list")
    assert [user["number"] for user in listed] == ["2019", "2020", "2001"]
    shown = office.json("user", "show", "2001")
    assert shown.pop("locks") == []
    assert shown == listed[2]
    assert listed[2]["phones"] == ["4001"]


def test_the_list_can_be_narrowed(office: Freeseat) -> None:
    office.do("user", "change", "2019", "--department", "sales")
    assert [user["number"] for user in office.json("user", "list", "--department", "sales")] == ["2019"]
    assert len(office.json("user", "list", "--class", "standard")) == 3
    assert "No such users" in office.do("user", "list", "--department", "nowhere")
    assert "there is no class of service gold" in office.fails(2, "user", "list", "--class", "gold")


def test_tables_are_for_people(office: Freeseat) -> None:
    office.do("login", "--user", "2019", "--phone", "3001")
    (line,) = [line.split() for line in office.do("user", "list").splitlines() if " 2019 " in line]
    assert line == ["2019", "Bill", "standard", "yes", "yes", "yes", "3001"]


def test_only_given_fields_change(office: Freeseat) -> None:
    before = office.json("user", "show", "2019")
    after = office.json("user", "change", "2019", "--caller-name", "Bill (sales)", "--number", "2119")
    assert after == {k: v for k, v in before.items() if k != "locks"} | {
        "caller_name": "Bill (sales)", "number": "2119",
    }  # fmt: skip
    assert office.json("user", "change", "2119", "--caller-name", "")["caller_name"] == ""


def test_a_number_is_unique_and_both_owners_are_named(office: Freeseat) -> None:
    """R1.5"""
    told = office.fails(1, "user", "add", "--number", "4001", "--name", "Eve")
    assert told == "number: '4001' is wanted by user 4001 but taken by phone 4001"
    assert office.error("user", "add", "--number", "112", "--name", "Eve") == {
        "code": "clash",
        "message": "number: '112' is wanted by user 112 but taken by emergency numbers",
        "field": "number",
        "value": "112",
        "wanted_by": "user 112",
        "taken_by": "emergency numbers",
    }


def test_roles_do_not_mix(office: Freeseat) -> None:
    """R1.4"""
    assert "assigned phone" in office.fails(2, "user", "change", "2001", "--hot-desk")
    assert "hot desk user" in office.fails(2, "phone", "add", "--number", "4002", "--owner", "2019")


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        ("--number", "20a9", "use 1 to 15 digits"),
        ("--number", "3005", "use a number outside 3000-3999"),
        ("--name", " ", "must not be empty"),
        ("--language", "english", "two-letter language code"),
        ("--caller-number", "sip:x", "use digits, * and #"),
        ("--external-numbers", "0170123,x", "use digits, * and #"),
        ("--logged-out-to", "moon", "announce:<prompt>, number:<number> or reject"),
        ("--ring-seconds", "1", "use 5 to 180 seconds"),
        ("--group", "a b", "use letters, digits"),
        ("--class", "gold", "there is no class of service gold"),
    ],
)
def test_what_is_not_acceptable_is_named_with_what_would_be_right(
    office: Freeseat, option: str, value: str, right: str
) -> None:
    assert right in office.fails(2, "user", "change", "2019", option, value)


def test_a_user_who_is_deleted_or_disabled_is_logged_out_first(office: Freeseat) -> None:
    """R1.9"""
    for user, verb in (("2019", ["delete", "2019"]), ("2020", ["change", "2020", "--disabled"])):
        office.do("login", "--user", user, "--phone", "3001")
        office.do("user", *verb)
        assert office.json("where") == []
    assert office.json("user", "delete", "2020") == {"deleted": {"user": "2020"}}
    assert office.fails(2, "user", "show", "2019") == "there is no user 2019"
    assert office.fails(2, "user", "delete", "2019") == "there is no user 2019"


def test_a_user_with_an_assigned_phone_is_not_deleted(office: Freeseat) -> None:
    assert "phone 4001" in office.fails(1, "user", "delete", "2001")


# -- PINs (R1.8)


def test_a_pin_comes_as_an_option_from_standard_input_or_at_random(office: Freeseat) -> None:
    office.do("user", "pin", "2019", "--pin", "1357")
    office.do("login", "--user", "2019", "--phone", "3001", "--pin", "1357")
    office.do("user", "pin", "2019", "--pin", "-", stdin="2468\n")
    office.do("login", "--user", "2019", "--phone", "3001", "--pin", "-", stdin="2468\n")
    made = office.json("user", "pin", "2019", "--random-pin")["pin"]
    assert len(made) == 4
    assert made.isdigit()
    office.do("login", "--user", "2019", "--phone", "3001", "--pin", made)


def test_a_pin_can_be_set_but_never_read(office: Freeseat) -> None:
    outputs = [
        office.do("user", "pin", "2019", "--pin", "1357"),
        office.do("user", "show", "2019"),
        office.do("user", "show", "2019", "--json"),
        office.do("user", "list", "--json"),
        office.do("events", "list", "--json"),
    ]
    assert not any("1357" in out for out in outputs)


def test_without_a_pin_nobody_logs_in(office: Freeseat) -> None:
    user = office.json("user", "add", "--number", "2022", "--name", "Eve", "--hot-desk")
    assert (user["has_pin"], user["pin_set_at"]) == (False, None)
    assert "wrong PIN" in office.fails(1, "login", "--user", "2022", "--phone", "3001", "--pin", "")


@pytest.mark.parametrize(
    ("pin", "right"), [("12345", "use 4 digits"), ("12a4", "use digits only"), ("", "a blank PIN is not allowed")]
)
def test_the_pin_policy_is_told_and_the_pin_is_not(office: Freeseat, pin: str, right: str) -> None:
    told = office.fails(2, "user", "pin", "2019", "--pin", pin)
    assert right in told
    assert not pin or pin not in told


def test_a_pin_has_to_come_from_somewhere(office: Freeseat) -> None:
    assert "--pin -" in office.fails(2, "user", "pin", "2019")
    assert "either" in office.fails(2, "user", "pin", "2019", "--pin", "1357", "--random-pin")


def test_a_lock_is_shown_and_lifted(office: Freeseat) -> None:
    """R2.15"""
    for _ in range(3):
        office.fails(1, "login", "--user", "2019", "--phone", "3001", "--pin", "0000")
    assert "locked" in office.fails(1, "login", "--user", "2019", "--phone", "3001", "--pin", "4711")
    (lock,) = office.json("user", "show", "2019")["locks"]
    assert set(lock) == {"source", "until"}
    assert office.json("user", "unlock", "2019") == {"user": "2019", "lifted": 1}
    assert office.json("user", "show", "2019")["locks"] == []
    office.do("login", "--user", "2019", "--phone", "3001", "--pin", "4711")


@pytest.mark.parametrize(("again", "code"), [("1357", 0), ("1358", 2)])
def test_at_a_terminal_a_pin_is_typed_twice_unseen(office: Freeseat, again: str, code: int) -> None:
    """R1.8"""
    ours, theirs = os.openpty()
    command = ["setsid", "--ctty", "--wait", *office.argv("user", "pin", "2019")]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=office.environment)
    os.close(theirs)
    seen = b""

    def prompted(text: bytes) -> bool:
        nonlocal seen
        seen += os.read(ours, 4096)
        return text in seen

    until(lambda: prompted(b"New PIN for user 2019: "), "the first prompt", 20)
    os.write(ours, b"1357\n")
    until(lambda: prompted(b"Once more: "), "the second prompt", 20)
    os.write(ours, again.encode() + b"\n")
    assert process.wait(20) == code
    seen += os.read(ours, 4096)
    os.close(ours)
    assert (b"type the same PIN twice" in seen) == (code != 0)
    assert b"1357" not in seen
