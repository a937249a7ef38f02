"""`freeseat phone` (R1.2, R1.3, R1.4, R1.5, R1.9)."""

from __future__ import annotations

import pytest

from tests.cli.commands import Freeseat

SHAPE = {
    "number", "shared", "class", "enabled", "registered", "occupant", "occupant_name", "owner", "default_owner", "mac",
    "instance", "vendor", "model", "template", "site", "location_id", "language", "idle_policy", "group",
    "primary_node", "secondary_node",
}  # fmt: skip


def test_every_field_of_a_phone_can_be_given(office: Freeseat) -> None:
    office.do("cos", "add", "shared phones")
    phone = office.json(
        "phone", "add", "--number", "3010", "--secret", "not a guess".replace(" ", "-"), "--class", "shared phones",
        "--mac", "00:15:65:AA:BB:CC", "--instance", "urn:uuid:1", "--vendor", "yealink", "--model", "T54W",
        "--template", "desk", "--site", "berlin", "--location-id", "Berlin, 2nd floor", "--language", "de",
        "--idle-policy", "internal", "--default-owner", "2019", "--group", "lobby", "--primary-node", "a",
        "--secondary-node", "b",
    )  # fmt: skip
    assert set(phone) == SHAPE | {"secret"}
    assert phone == {
        "number": "3010", "shared": True, "class": "shared phones", "enabled": True, "registered": False,
        "occupant": "", "occupant_name": "", "owner": "", "default_owner": "2019", "mac": "001565aabbcc",
        "instance": "urn:uuid:1", "vendor": "yealink", "model": "T54W", "template": "desk", "site": "berlin",
        "location_id": "Berlin, 2nd floor", "language": "de", "idle_policy": "internal", "group": "lobby",
        "primary_node": "a", "secondary_node": "b", "secret": "not-a-guess",
    }  # fmt: skip


def test_a_phone_without_number_takes_the_next_free_one_of_the_range(office: Freeseat) -> None:
    """R1.3: 3001 and 3002 are there; 3000 becomes an emergency number."""
    office.do("policy", "set", "emergency=112,3000")
    assert [office.json("phone", "add")["number"] for _ in range(2)] == ["3003", "3004"]
    office.do("phone", "delete", "3001")
    assert office.json("phone", "add")["number"] == "3001"


def test_a_full_range_is_told(office: Freeseat) -> None:
    office.do("policy", "set", "shared_phone_ranges=3001-3002")
    assert "every number in it is taken" in office.fails(2, "phone", "add")


def test_a_shared_phone_outside_the_range_is_refused_with_the_range_named(office: Freeseat) -> None:
    """R1.3"""
    assert "3000-3999" in office.fails(2, "phone", "add", "--number", "5001")
    assert "3000-3999" in office.fails(2, "phone", "add", "--number", "3003", "--owner", "2001")


def test_secrets_are_random_and_shown_on_demand(office: Freeseat) -> None:
    first, second = office.json("phone", "add"), office.json("phone", "add")
    assert first["secret"] != second["secret"]
    assert len(first["secret"]) == 24
    assert first["secret"].isalnum()
    number = first["number"]
    assert office.json("phone", "secret", number) == {"number": number, "secret": first["secret"]}
    assert office.do("phone", "secret", number) == first["secret"] + "\n"
    new = office.json("phone", "secret", number, "--new")["secret"]
    assert new != first["secret"]
    assert office.do("phone", "secret", number, "--set", "correct-horse").strip() == "correct-horse"
    assert "secret" not in office.json("phone", "show", number)
    assert new not in office.do("events", "list", "--json")


def test_a_poor_secret_is_refused_and_not_repeated(office: Freeseat) -> None:
    told = office.fails(2, "phone", "secret", "3001", "--set", "abc")
    assert "8 to 128 printable characters" in told
    assert "abc" not in told
    assert "either" in office.fails(2, "phone", "secret", "3001", "--new", "--set", "correct-horse")


def test_assigning_and_sharing(office: Freeseat) -> None:
    """R1.4: an owner makes a phone assigned, --shared makes it nobody's; each within its own range."""
    assert office.json("phone", "show", "4001")["owner"] == "2001"
    shared = office.json("phone", "change", "4001", "--shared", "--number", "3009")
    assert (shared["shared"], shared["owner"]) == (True, "")
    assigned = office.json("phone", "change", "3009", "--owner", "2001", "--number", "4001")
    assert (assigned["shared"], assigned["owner"]) == (False, "2001")
    assert "needs --number" in office.fails(2, "phone", "add", "--owner", "2001")
    assert "there is no user 2999" in office.fails(2, "phone", "add", "--number", "4002", "--owner", "2999")


def test_empty_values_clear_a_field(office: Freeseat) -> None:
    office.do("phone", "change", "3001", "--mac", "00-15-65-aa-bb-cc", "--instance", "x", "--default-owner", "2019")
    cleared = office.json("phone", "change", "3001", "--mac", "", "--instance", "", "--default-owner", "")
    assert (cleared["mac"], cleared["instance"], cleared["default_owner"]) == (None, None, "")


def test_devices_are_unique(office: Freeseat) -> None:
    office.do("phone", "change", "3001", "--mac", "001565aabbcc")
    assert office.error("phone", "change", "3002", "--mac", "001565AABBCC")["code"] == "clash"


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        ("--mac", "12:34", "12 hexadecimal digits"),
        ("--mac", "none", "12 hexadecimal digits"),
        ("--language", "x", "two-letter"),
        ("--class", "gold", "there is no class of service gold"),
        ("--default-owner", "2999", "there is no user 2999"),
    ],
)
def test_what_is_not_acceptable_is_named(office: Freeseat, option: str, value: str, right: str) -> None:
    assert right in office.fails(2, "phone", "change", "3001", option, value)


def test_lists_show_who_is_there(office: Freeseat) -> None:
    office.do("login", "--user", "2019", "--phone", "3001")
    listed = {phone["number"]: phone for phone in office.json("phone", "list")}
    assert all(set(phone) == SHAPE for phone in listed.values())
    assert (listed["3001"]["occupant"], listed["3001"]["occupant_name"]) == ("2019", "Bill")
    assert listed["3002"]["occupant"] == ""
    assert office.json("phone", "show", "3001") == listed["3001"]
    assert [phone["number"] for phone in office.json("phone", "list", "--assigned")] == ["4001"]
    assert [phone["number"] for phone in office.json("phone", "list", "--site", "berlin")] == ["3001", "3002"]
    assert "2019 Bill" in office.do("phone", "list", "--shared")


def test_a_phone_that_goes_logs_its_occupant_out_first(office: Freeseat) -> None:
    """R1.9"""
    for number, verb in (("3001", ["delete", "3001"]), ("3002", ["change", "3002", "--disabled"])):
        office.do("login", "--user", "2019", "--phone", number)
        office.do("phone", *verb)
        assert office.json("where") == []
    kinds = [event["kind"] for event in office.json("events", "list", "--phone", "3001")]
    assert kinds[-2:] == ["logged_out", "phone_deleted"]
    assert office.fails(2, "phone", "show", "3001") == "there is no phone 3001"
