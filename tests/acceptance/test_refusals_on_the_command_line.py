"""Every refusal names its reason on the command line: its own refusals, and those that people met at phones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from freeseat.domain.directory import Elsewhere
from freeseat.domain.pin import LockoutPolicy
from freeseat.domain.policy import Policy
from tests.acceptance.office import PIN, Office

pytestmark = pytest.mark.sip


def assert_refused(office: Office, reason: str, words: str, *command: str) -> None:
    """The command fails with exit code 1, the reason's word in its JSON, and a sentence on standard error."""
    result = office.node.cli(*command, "--json")
    assert result.code == 1, result
    assert json.loads(result.out)["error"]["code"] == reason
    assert words in result.err


def prepare(office: Office, **fields: Any) -> tuple[str, ...]:
    """2019 and the phone 3001; gives the command that logs him in there."""
    office.user("2019", **fields)
    office.phone("3001")
    return ("login", "--user", "2019", "--phone", "3001")


def test_an_administrator_is_told_everything(office: Office) -> None:
    login = prepare(office)
    office.phone("3002")
    office.user("2001", hot_desk_access=False)
    office.phone("4001", owner="2001")
    assert_refused(office, "wrong_credentials", "there is no such user", "login", "--user", "2999", "--phone", "3001")
    assert_refused(office, "phone_unknown", "there is no such phone", "login", "--user", "2019", "--phone", "3999")
    assert_refused(office, "phone_assigned", "not shared", "login", "--user", "2019", "--phone", "4001")
    assert_refused(office, "user_assigned", "has an assigned phone", "login", "--user", "2001", "--phone", "3001")
    assert_refused(office, "not_logged_in", "nobody is logged in", "logout", "--phone", "3001")
    office.cos(elsewhere=Elsewhere.DENY)
    office.seat("2019", "3002")
    assert_refused(office, "elsewhere", "at 3002 since", *login)
    office.change_user("2019", hot_desk_access=False)
    assert_refused(office, "no_hot_desk_access", "no hot desk access", *login)
    office.change_user("2019", enabled=False)
    assert_refused(office, "user_disabled", "the user is disabled", *login)
    office.change_user("2019", enabled=True, hot_desk_access=True)
    office.cos(hot_desk_login_accept=False)
    assert_refused(office, "phone_refuses", "does not accept hot desk logins", *login)
    office.change_phone("3001", enabled=False)
    assert_refused(office, "phone_disabled", "the phone is disabled", *login)


def test_a_wrong_pin_counts_here_as_well(office: Office) -> None:
    """R2.15: one count for all channels."""
    office.policy(replace(Policy(), lockout=LockoutPolicy(failures=1)))
    login = prepare(office)
    assert_refused(office, "wrong_credentials", "wrong PIN", *login, "--pin", "0000")
    assert_refused(office, "locked", "locked after too many wrong PINs", *login, "--pin", PIN)
    office.node.do("user", "unlock", "2019")
    office.node.do(*login, "--pin", PIN)
    assert office.where() == {"3001": "2019"}


def test_what_phones_were_refused_is_in_the_audit_log(office: Office) -> None:
    """R10.2: who, when, from where, by which channel, and why."""
    prepare(office)
    office.raw("2019", PIN, ip="127.1.0.5").register()
    office.menu(office.raw_desk("3001"), "*332019", "", "refused_remote_logout_not_enabled")
    told = office.node.json("events", "list", "--user", "2019", "--kind", "login_refused", "--since", "1m")
    seen = [(each["data"]["reason"], each["channel"], each["source"]) for each in told]
    assert seen[-2:] == [
        ("untrusted_network", "register", "127.1.0.5"),
        ("remote_logout_not_enabled", "voice", "127.0.0.1"),
    ]
    assert "untrusted_network" in office.node.do("events", "list", "--user", "2019", "--since", "1m")
