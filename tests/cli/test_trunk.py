"""`freeseat trunk` and `freeseat inbound` (R4.3)."""

from __future__ import annotations

import pytest

from freeseat.application.directory.trunks import trunk_of
from freeseat.cli import trunk
from tests.cli.commands import Freeseat

CARRIER = ("trunk", "add", "carrier", "--uri", "sip:carrier.example:5060")


def test_every_field_of_a_trunk_can_be_given(empty: Freeseat) -> None:
    added = empty.json(
        *CARRIER, "--username", "4930555", "--register", "--register-every", "10m", "--sources",
        "192.0.2.7, 2001:db8::/64", "--prefixes", "0,+", "--strip", "1", "--prepend", "+49", "--priority", "2",
        "--disabled", "--secret", "-", stdin="s3cret\n",
    )  # fmt: skip
    assert added == {
        "name": "carrier", "uri": "sip:carrier.example:5060", "username": "4930555", "has_secret": True,
        "registers": True, "register_seconds": 600, "sources": ["192.0.2.7", "2001:db8::/64"],
        "prefixes": ["0", "+"], "strip": 1, "prepend": "+49", "priority": 2, "enabled": False,
    }  # fmt: skip
    assert empty.json("trunk", "show", "carrier") == added
    assert empty.json("trunk", "list") == [added]
    changed = empty.json("trunk", "change", "carrier", "--by-address", "--enabled", "--prefixes", "", "--name", "pbx")
    assert changed == added | {"registers": False, "enabled": True, "prefixes": [], "name": "pbx"}
    assert empty.json("trunk", "delete", "pbx") == {"deleted": {"trunk": "pbx"}}
    assert empty.fails(2, "trunk", "show", "pbx") == "there is no trunk pbx"
    assert "No trunks" in empty.do("trunk", "list")


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        ("--uri", "carrier.example", "write it like sip:"),
        ("--uri", "sip:user@carrier.example", "write it like sip:"),
        ("--sources", "192.0.2.7/8", "addresses or networks"),
        ("--prefixes", "abc", "use digits"),
        ("--prepend", "++49", "use at most 15 digits"),
        ("--strip", "16", "use 0 to 15"),
        ("--priority", "0", "use 1"),
        ("--register-every", "1s", "use 30 to 86400"),
        ("--register-every", "never", "a duration like 5m"),
        ("--name", "", "must not be empty"),
        ("--username", "x" * 81, "at most 80"),
        ("--username", "me@carrier", "use letters"),
        ("--sources", "0.0.0.0/0", "not everybody's"),
    ],
)
def test_a_trunk_is_checked(empty: Freeseat, option: str, value: str, right: str) -> None:
    empty.do(*CARRIER)
    assert right in empty.fails(2, "trunk", "change", "carrier", option, value)
    assert "needs a username" in empty.fails(2, "trunk", "change", "carrier", "--register")
    assert empty.error(*CARRIER)["code"] == "clash"


def test_a_password_can_be_set_but_never_read(empty: Freeseat, monkeypatch: pytest.MonkeyPatch) -> None:
    empty.do(*CARRIER)
    assert "--secret -" in empty.fails(2, "trunk", "secret", "carrier")
    assert empty.json("trunk", "secret", "carrier", "--secret", "-", stdin="pass word\n") == {
        "trunk": "carrier", "has_secret": True,
    }  # fmt: skip
    assert empty.write(lambda tx: tx.vault.open(trunk_of(tx, "carrier").secret)) == "pass word"
    typed = iter(["typed", "typed", "one", "other"])
    monkeypatch.setattr(trunk, "is_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    empty.do("trunk", "secret", "carrier")
    assert empty.write(lambda tx: tx.vault.open(trunk_of(tx, "carrier").secret)) == "typed"
    assert "twice" in empty.fails(2, "trunk", "secret", "carrier")
    for shown in (empty.do("trunk", "show", "carrier"), empty.do("events", "list")):
        assert "typed" not in shown
        assert "pass word" not in shown


def test_inbound_numbers(office: Freeseat) -> None:
    """R3.1: DIDs point at people and queues, never at shared phones."""
    assert "reach nobody" in office.do("inbound", "list")
    office.do("queue", "add", "--number", "800", "--code", "811", "--name", "Sales")
    for number, destination in (("+4930555800", "800"), ("4930555019", "2019"), ("+4930555999", "external_login")):
        data = office.json("inbound", "set", number, destination, "--description", "x")
        assert data == {"number": number, "destination": destination, "description": "x"}
    assert [each["number"] for each in office.json("inbound", "list")] == ["+4930555800", "+4930555999", "4930555019"]
    for destination in ("3001", "2999", "811"):
        assert "name a user, a queue or external_login" in office.fails(2, "inbound", "set", "+49301", destination)
    assert "use digits" in office.fails(2, "inbound", "set", "sales", "2019")
    office.do("inbound", "set", "+4930555800", "2020")
    assert office.json("inbound", "delete", "+4930555800") == {"deleted": {"inbound": "+4930555800"}}
    assert office.fails(2, "inbound", "delete", "+4930555800") == "there is no inbound number +4930555800"


def test_inbound_numbers_follow_whom_they_mean(office: Freeseat) -> None:
    office.do("inbound", "set", "+4930555019", "2019")
    office.do("user", "change", "2019", "--number", "2119")
    assert office.json("inbound", "list")[0]["destination"] == "2119"
    assert "inbound number +4930555019" in office.fails(1, "user", "delete", "2119")
