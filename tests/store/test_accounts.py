"""The contract of `application.accounts.ports.AccountRows` on SQLite and PostgreSQL, and of its Hasher."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from freeseat.domain.accounts import Account, ApiToken, Invitation, SignIn
from freeseat.domain.directory import ClassOfService, User
from freeseat.domain.errors import Clash
from freeseat.domain.permissions import Permission, Role
from freeseat.domain.workplaces import Theme
from freeseat.store.database import Database
from freeseat.store.hasher import Argon2Hasher
from tests.domain.entities import NOW

BILL = Account(
    0,
    "bill@office.example",
    Role.SUPERVISOR,
    "$argon2id$...",
    "Bill Ölander 漢",
    "bill@office.example",
    "https://id.example#4711",
    None,
    ("811", "812"),
    ("berlin", "köln"),
    "de",
    Theme.DARK,
    False,
    NOW,
    NOW + timedelta(microseconds=1),
)
TOKEN = ApiToken(
    0, "wall", "d" * 64, "fst_abcdef", frozenset(Permission), ("811",), ("köln",), NOW, "bill", NOW, NOW, NOW
)


def test_every_field_comes_back_as_it_was(database: Database) -> None:
    bill = database.write(lambda tx: tx.accounts.add(BILL))
    assert database.read(lambda tx: tx.accounts.get(name="bill@office.example")) == replace(BILL, id=bill.id)
    sign_in = SignIn(0, "a" * 64, bill.id, NOW, NOW + timedelta(1), NOW, "2001:db8::1")
    invitation = Invitation(0, "b" * 64, Role.AGENT, NOW, bill.id, ("811",), ("köln",), None, NOW, True)
    for add in (
        lambda tx: tx.sign_ins.add(sign_in),
        lambda tx: tx.invitations.add(invitation),
        lambda tx: tx.tokens.add(TOKEN),
    ):
        added = database.write(add)
        assert added.id
    assert database.read(lambda tx: tx.sign_ins.get(digest="a" * 64)) == replace(sign_in, id=1)
    assert database.read(lambda tx: tx.invitations.get(digest="b" * 64)) == replace(invitation, id=1)
    assert database.read(lambda tx: tx.tokens.get(digest="d" * 64)) == replace(TOKEN, id=1)


def test_an_account_a_name_and_an_identity(database: Database) -> None:
    database.write(lambda tx: tx.accounts.add(BILL))
    with pytest.raises(Clash) as clash:
        database.write(lambda tx: tx.accounts.add(replace(BILL, oidc_subject=None)))
    assert clash.value.field == "name"
    with pytest.raises(Clash) as clash:
        database.write(lambda tx: tx.accounts.add(replace(BILL, name="ann")))
    assert clash.value.field == "oidc_subject"
    for name in ("joe", "sue"):
        database.write(lambda tx, name=name: tx.accounts.add(replace(BILL, name=name, oidc_subject=None)))  # type: ignore[misc]


def test_a_name_of_a_revoked_token_is_free_again(database: Database) -> None:
    open_one = replace(TOKEN, revoked_at=None)
    database.write(lambda tx: tx.tokens.add(replace(TOKEN, digest="1" * 64)))
    database.write(lambda tx: tx.tokens.add(replace(open_one, digest="2" * 64)))
    with pytest.raises(Clash) as clash:
        database.write(lambda tx: tx.tokens.add(replace(open_one, digest="3" * 64)))
    assert clash.value.field == "name"


def test_what_goes_with_an_account_and_with_a_person(database: Database) -> None:
    cos = database.write(lambda tx: tx.classes.add(ClassOfService(0, "standard")))
    person = database.write(lambda tx: tx.users.add(User(0, "2019", "Bill", cos.id)))
    bill = database.write(lambda tx: tx.accounts.add(replace(BILL, user_id=person.id)))
    database.write(lambda tx: tx.sign_ins.add(SignIn(0, "a" * 64, bill.id, NOW, NOW, NOW)))
    database.write(lambda tx: tx.invitations.add(Invitation(0, "b" * 64, Role.AGENT, NOW, bill.id, user_id=person.id)))
    database.write(lambda tx: tx.users.delete(person))
    kept = database.read(lambda tx: (tx.accounts.get(id=bill.id), tx.invitations.get(digest="b" * 64)))
    assert [each.user_id for each in kept if each is not None] == [None, None]
    database.write(lambda tx: tx.accounts.delete(bill))
    assert database.read(lambda tx: (tx.sign_ins.list(), tx.invitations.list())) == ([], [])


def test_sign_ins_whose_time_is_over_are_swept(database: Database) -> None:
    bill = database.write(lambda tx: tx.accounts.add(BILL))
    for seconds in (-1, 0, 1):
        end = NOW + timedelta(seconds=seconds)
        row = SignIn(0, f"{seconds:064}", bill.id, NOW, end, NOW)
        database.write(lambda tx, row=row: tx.sign_ins.add(row))  # type: ignore[misc]
    database.write(lambda tx: tx.old_sign_ins.forget(NOW))
    left = database.read(lambda tx: tx.sign_ins.list())
    assert [each.expires_at for each in left] == [NOW + timedelta(seconds=1)]


@pytest.mark.parametrize("name", ["", "a\x00b", "\ud800", "x" * 5000])
def test_any_text_can_be_looked_up(database: Database, name: str) -> None:
    assert database.read(lambda tx: (tx.accounts.get(name=name), tx.accounts.get(oidc_subject=name))) == (None, None)


def test_the_hasher() -> None:
    """RFC 9106: with the parameters that it is used with."""
    hasher = Argon2Hasher()
    hashed = hasher.hash("correct horse")
    assert hashed.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert hashed != hasher.hash("correct horse"), "a salt of its own"
    assert hasher.verify(hashed, "correct horse")
    assert not hasher.verify(hashed, "correct house")
    assert not hasher.verify("", "")
    assert not hasher.verify("$argon2id$broken", "")
    assert not hasher.is_outdated(hashed)
    assert Argon2Hasher(passes=2).is_outdated(hashed)
    assert len(hashed) < 255
