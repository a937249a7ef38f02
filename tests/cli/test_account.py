"""`freeseat account` and `freeseat token` (R10.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from freeseat.application.accounts.identity import token_of
from freeseat.application.accounts.invitations import invitation_of
from freeseat.application.accounts.signing_in import SignedIn, sign_in
from freeseat.bootstrap.database import opened_database
from freeseat.cli import account
from freeseat.domain.permissions import Permission
from freeseat.store.hasher import Argon2Hasher
from tests.cli.commands import Freeseat

GOOD, OTHER = "correct horse battery", "another good phrase"
ROOT = ("account", "add", "root", "--role", "administrator", "--password", "-")


def signs_in(office: Freeseat, name: str, password: str) -> bool:
    with opened_database(office.settings) as database:
        now = datetime.now(UTC)
        done = sign_in(database, Argon2Hasher(), name, password, "t" * 43, "192.0.2.1", now)
    return isinstance(done, SignedIn)


def test_every_field_of_an_account_can_be_given(office: Freeseat) -> None:
    office.do("queue", "add", "--number", "800", "--code", "811", "--name", "Sales")
    added = office.json(
        "account", "add", "Sue", "--role", "supervisor", "--full-name", "Sue Ellen", "--email", "Sue@office.example",
        "--oidc", "https://id.example#1", "--user", "2019", "--queues", "800", "--sites", "berlin, paris",
        "--language", "de", "--theme", "dark", "--disabled",
    )  # fmt: skip
    assert added.pop("added_at").endswith("Z")
    assert added == {
        "name": "sue", "role": "supervisor", "full_name": "Sue Ellen", "email": "sue@office.example", "user": "2019",
        "queues": ["800"], "sites": ["berlin", "paris"], "has_password": False, "oidc_subject": "https://id.example#1",
        "language": "de", "theme": "dark", "enabled": False, "signed_in_at": None,
    }  # fmt: skip
    changed = office.json("account", "change", "sue", "--enabled", "--user", "", "--oidc", "", "--name", "susan")
    assert (changed["enabled"], changed["user"], changed["oidc_subject"]) == (True, "", None)
    assert office.json("account", "show", "susan") == changed
    assert office.json("account", "list") == [changed]
    assert "susan" in office.do("account", "list")
    assert "Sue Ellen" in office.do("account", "show", "susan")
    assert office.json("account", "delete", "susan") == {"deleted": {"account": "susan"}}
    assert office.fails(2, "account", "show", "susan") == "there is no account susan"
    assert "No accounts" in office.do("account", "list")


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (("--role", "api_client"), "programs have tokens"),
        (("--queues", "899"), "name queues that exist"),
        (("--language", "english"), "two-letter"),
        (("--name", "Sue Ellen"), "use 1 to 64 letters"),
        (("--user", "4711"), "there is no user 4711"),
        (("--role", "agent", "--sites", "berlin"), "has none"),
    ],
)
def test_an_account_is_checked(office: Freeseat, arguments: tuple[str, ...], right: str) -> None:
    office.do("account", "add", "sue", "--role", "supervisor")
    assert right in office.fails(2, "account", "change", "sue", *arguments)
    assert office.error("account", "add", "sue", "--role", "agent")["code"] == "clash"


def test_passwords_can_be_set_but_never_read(empty: Freeseat, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "use at least 12" in empty.fails(2, *ROOT, stdin="short\n")
    assert empty.json(*ROOT, stdin=f"{GOOD}\n")["has_password"]
    assert signs_in(empty, "root", GOOD)
    assert "give --password -" in empty.fails(2, "account", "password", "root")
    assert "there is no account" in empty.fails(2, "account", "password", "nobody", "--password", "-", stdin="x\n")
    typed = iter([OTHER, OTHER, "one", "two", "", ""])
    monkeypatch.setattr(account, "is_terminal", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert empty.json("account", "password", "root") == {"account": "root", "password_set": True}
    assert signs_in(empty, "root", OTHER)
    assert "twice" in empty.fails(2, "account", "password", "root")
    assert not empty.json("account", "add", "joe", "--role", "agent")["has_password"]
    for shown in (empty.do("account", "show", "root"), empty.do("account", "list"), empty.do("events", "list")):
        assert not [secret for secret in (GOOD, OTHER, "argon2") if secret in shown]


def test_the_last_administrator_stays(empty: Freeseat) -> None:
    empty.do(*ROOT, stdin=f"{GOOD}\n")
    assert "last administrator" in empty.fails(1, "account", "delete", "root")
    assert empty.error("account", "change", "root", "--disabled")["code"] == "last_administrator"


def test_locks_are_lifted(empty: Freeseat) -> None:
    empty.do(*ROOT, stdin=f"{GOOD}\n")
    for _ in range(3):
        assert not signs_in(empty, "root", "wrong")
    assert not signs_in(empty, "root", GOOD)
    assert empty.json("account", "unlock", "root") == {"account": "root", "lifted": 1}
    assert signs_in(empty, "root", GOOD)


def test_links_are_shown_once(office: Freeseat) -> None:
    told = office.do("account", "invite", "--role", "agent", "--user", "2019")
    match = re.search(r"^https://[^/]+:8443/welcome/([\w-]{43})$", told, re.MULTILINE)
    assert match is not None, told
    found = office.write(lambda tx: invitation_of(tx, match[1], datetime.now(UTC)))
    assert found is not None
    assert found.user_id is not None
    office.do(*ROOT, stdin=f"{GOOD}\n")
    made = office.json("account", "invite", "--for", "root")
    assert (made["role"], made["account"]) == ("administrator", "root")
    assert "either --role" in office.fails(2, "account", "invite")
    assert "either --role" in office.fails(2, "account", "invite", "--role", "agent", "--for", "root")
    assert match[1] not in office.do("events", "list")


def test_tokens_of_programs(office: Freeseat) -> None:
    assert "No tokens" in office.do("token", "list")
    given = ("--scopes", "queues:read, calls:read", "--sites", "berlin", "--expires", "90d")
    added = office.json("token", "add", "dashboard", *given)
    secret = added.pop("token")
    assert secret.startswith(added["prefix"])
    program = office.write(lambda tx: token_of(tx, secret, "192.0.2.1", datetime.now(UTC)))
    assert program is not None
    assert program.may(Permission.CALLS_READ, site="berlin")
    assert not program.may(Permission.CALLS_READ, site="paris")
    assert (added["scopes"], added["sites"]) == (["calls:read", "queues:read"], ["berlin"])
    assert office.json("token", "list") == [added]
    assert secret not in office.do("token", "list")
    assert office.error("token", "add", "dashboard", "--scopes", "all")["code"] == "clash"
    assert office.json("token", "revoke", "dashboard") == {"revoked": {"token": "dashboard"}}
    assert office.json("token", "list") == []
    assert office.json("token", "list", "--all")[0]["revoked_at"] is not None
    assert office.fails(2, "token", "revoke", "dashboard") == "there is no token dashboard"
    told = office.do("token", "add", "all", "--scopes", "all")
    assert re.match(r"fst_[\w-]{43}\n", told)
    assert "everything" in office.do("token", "list")


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        (("--scopes", "calls:eat"), "use all, or some of"),
        (("--scopes", ""), "name at least one"),
        (("--scopes", "all", "--expires", "11y"), "a duration"),
        (("--scopes", "all", "--expires", "4000d"), "within ten years"),
        (("--scopes", "all", "--queues", "899"), "name queues that exist"),
    ],
)
def test_a_token_is_checked(empty: Freeseat, arguments: tuple[str, ...], right: str) -> None:
    assert right in empty.fails(2, "token", "add", "dashboard", *arguments)
