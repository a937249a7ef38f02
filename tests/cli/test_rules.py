"""`freeseat cos`, `trusted`, `code`, `schedule`, `policy`."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.cli.commands import Freeseat

# -- classes of service


def test_every_field_of_a_class_of_service_can_be_given(empty: Freeseat) -> None:
    cos = empty.json(
        "cos", "add", "staff", "--rights", "national, features,internal", "--no-accept-logins",
        "--no-accept-remote-logout", "--remote-logout", "--no-locate", "--elsewhere", "deny", "--max-login", "168h",
        "--idle-logout", "1h30m", "--unregistered-logout", "--high-security", "--queue-login",
    )  # fmt: skip
    assert cos == {
        "name": "staff", "rights": ["features", "internal", "national"], "hot_desk_login_accept": False,
        "remote_logout_accept": False, "remote_logout_enabled": True, "locate_enabled": False, "elsewhere": "deny",
        "max_login_seconds": 604800, "idle_logout_seconds": 5400, "unregistered_logout": True, "high_security": True,
        "queue_login_at_desk_login": True,
    }  # fmt: skip
    assert empty.json("cos", "show", "staff") == cos
    assert empty.json("cos", "list")[1] == cos
    assert "1h30m" in empty.do("cos", "show", "staff")
    changed = empty.json("cos", "change", "staff", "--rights", "none", "--max-login", "never", "--name", "guests")
    assert changed == cos | {"rights": [], "max_login_seconds": None, "name": "guests"}


@pytest.mark.parametrize(
    ("option", "value", "right"),
    [
        ("--rights", "internal,moon", "features, internal, national, international"),
        ("--max-login", "169h", "604800 seconds (168 hours)"),
        ("--max-login", "soon", "a duration like 8h"),
        ("--idle-logout", "0", "use 1 to"),
        ("--name", "", "must not be empty"),
    ],
)
def test_a_class_of_service_is_checked(empty: Freeseat, option: str, value: str, right: str) -> None:
    assert right in empty.fails(2, "cos", "change", "standard", option, value)


def test_a_class_in_use_is_not_deleted(office: Freeseat) -> None:
    assert "3 users and 3 phones" in office.fails(1, "cos", "delete", "standard")
    office.do("cos", "add", "staff")
    assert office.json("cos", "delete", "staff") == {"deleted": {"class": "staff"}}
    assert office.fails(2, "cos", "show", "staff") == "there is no class of service staff"
    assert "another one" in office.fails(1, "cos", "add", "standard")


# -- trusted networks (R2.2)


def test_trusted_networks(empty: Freeseat) -> None:
    assert empty.json("trusted", "list") == []
    assert "nobody can register as himself" in empty.do("trusted", "list")
    added = empty.json("trusted", "add", "10.1.0.0/16", "head office", "--location-id", "hq")
    assert added == {"cidr": "10.1.0.0/16", "description": "head office", "location_id": "hq"}
    empty.do("trusted", "add", "2001:db8::/32", "--description", "branch")
    assert [each["cidr"] for each in empty.json("trusted", "list")] == ["10.1.0.0/16", "2001:db8::/32"]
    assert empty.json("trusted", "delete", "10.1.0.0/16") == {"deleted": {"trusted": "10.1.0.0/16"}}
    assert empty.fails(2, "trusted", "delete", "10.1.0.0/16") == "there is no trusted network 10.1.0.0/16"
    assert "write a network like" in empty.fails(2, "trusted", "add", "10.1.2.3/16")
    assert empty.error("trusted", "add", "2001:db8::/32")["code"] == "clash"


# -- feature codes


def test_feature_codes(empty: Freeseat) -> None:
    codes = {each["function"]: each["code"] for each in empty.json("code", "list")}
    assert (codes["login"], codes["logout"], codes["remote_logout"], codes["locate"]) == ("*45", "*46", "*33", "*34")
    assert empty.json("code", "set", "login", "*55") == {"function": "login", "code": "*55"}
    assert empty.json("code", "delete", "locate") == {"deleted": {"code": "locate"}}
    codes = {each["function"]: each["code"] for each in empty.json("code", "list")}
    assert (codes["login"], codes["locate"]) == ("*55", "")
    assert "feature code logout" in empty.fails(1, "code", "set", "login", "*46")
    assert "use digits, * and #" in empty.fails(2, "code", "set", "login", "abc")
    assert "there is no feature code locate" in empty.fails(2, "code", "delete", "locate")


def test_a_code_clashes_with_numbers_that_begin_with_it(office: Freeseat) -> None:
    """R1.5: codes may be followed by more digits."""
    assert "user 2001" in office.fails(1, "code", "set", "login", "20")


# -- scheduled logouts (R2.12)


def test_schedules(empty: Freeseat) -> None:
    added = empty.json("schedule", "add", "0 20 * * 1-5", "--timezone", "Europe/Berlin", "--description", "closing")
    assert added["last_run"] is not None
    next_run = datetime.fromisoformat(added["next_run"])
    assert (next_run.hour, next_run.minute) in ((18, 0), (19, 0))
    empty.do("schedule", "add", "0 6 * * *", "--scope", "site", "--scope-value", "berlin")
    (first, second) = empty.json("schedule", "list")
    assert (first["cron"], first["timezone"], first["scope"]) == ("0 20 * * 1-5", "Europe/Berlin", "all")
    assert (second["scope"], second["scope_value"]) == ("site", "berlin")
    assert "site berlin" in empty.do("schedule", "list")
    assert empty.json("schedule", "delete", str(first["id"])) == {"deleted": {"schedule": first["id"]}}
    assert len(empty.json("schedule", "list")) == 1
    assert "there is no schedule" in empty.fails(2, "schedule", "delete", str(first["id"]))


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (("0 25 * * *",), "five fields"),
        (("0 20 * * *", "--timezone", "Mars/Olympus"), "a zone's name"),
        (("0 20 * * *", "--scope", "site"), "name the site"),
    ],
)
def test_a_schedule_is_checked(empty: Freeseat, arguments: tuple[str, ...], right: str) -> None:
    assert right in empty.fails(2, "schedule", "add", *arguments)


# -- policy


def test_every_value_of_the_policy_can_be_set_and_read_back(empty: Freeseat) -> None:
    values = {
        "pin.min_length": ("5", 5),
        "pin.max_length": ("6", 6),
        "pin.allow_blank": ("yes", True),
        "pin.refuse_weak": ("yes", True),
        "pin.expiry_days": ("90", 90),
        "lockout.failures": ("5", 5),
        "lockout.window_seconds": ("60", 60),
        "lockout.lock_seconds": ("120", 120),
        "sign_in.idle_seconds": ("600", 600),
        "sign_in.longest_seconds": ("6000", 6000),
        "sign_in.invitation_seconds": ("3600", 3600),
        "sign_in.password_length": ("15", 15),
        "shared_phone_ranges": ("3000-3999,8000-8099", ["3000-3999", "8000-8099"]),
        "emergency": (
            "112>sip:192.0.2.1,110",
            [{"number": "112", "uri": "sip:192.0.2.1"}, {"number": "110", "uri": ""}],
        ),
        "apart": ("sales:traders,guests:guests", [["sales", "traders"], ["guests", "guests"]]),
        "national_prefixes": ("0", ["0"]),
        "international_prefixes": ("00,+", ["00", "+"]),
        "queues_reversed_digits": ("yes", True),
        "logged_out_lamp": ("busy", "busy"),
        "longest_call_hours": ("3", 3),
        "main_number": ("+493012340", "+493012340"),
        "webhook_networks": ("10.0.0.0/8", ["10.0.0.0/8"]),
    }
    assert set(values) == set(empty.json("policy", "show"))
    given = [f"{name}={text}" for name, (text, _) in values.items()]
    data = empty.json("policy", "set", *given)
    assert data == {name: value for name, (_, value) in values.items()}
    assert empty.json("policy", "show") == data
    shown = empty.do("policy", "show")
    assert all(text in shown for text, _ in values.values())
    assert empty.json("policy", "set", "pin.expiry_days=never")["pin.expiry_days"] is None


@pytest.mark.parametrize(
    ("code", "value", "right"),
    [
        (2, "pin.length=4", "use one of pin.min_length"),
        (2, "pin.min_length", "write name=value"),
        (2, "pin.min_length=four", "use a whole number"),
        (2, "pin.min_length=9", "within 0 and 8"),
        (2, "pin.allow_blank=perhaps", "use yes or no"),
        (2, "pin.expiry_days=0", "at least 1, or never"),
        (2, "lockout.failures=0", "at least 1"),
        (2, "shared_phone_ranges=30-3999", "two numbers of equal length"),
        (2, "shared_phone_ranges=5000-5999", "use a number in the shared phones' range 5000-5999"),
        (2, "emergency=", "at least one emergency number"),
        (2, "emergency=112>gateway", "use a SIP URI"),
        (2, "emergency=abc", "use digits"),
        (1, "emergency=2019", "taken by user 2019"),
        (2, "apart=sales", "like sales:traders"),
        (2, "apart=sales:", "like sales:traders"),
        (2, "apart=a b:c", "use letters, digits"),
        (2, "national_prefixes=x", "use digits, perhaps after a +"),
        (2, "main_number=none", "use digits"),
        (2, "longest_call_hours=0", "1 to 168"),
    ],
)
def test_the_policy_is_checked(office: Freeseat, code: int, value: str, right: str) -> None:
    before = office.json("policy", "show")
    assert right in office.fails(code, "policy", "set", "pin.refuse_weak=yes", value)
    assert office.json("policy", "show") == before, "all or nothing"
