"""Signing in and out, and who a request is from (R10.1, R10.2, R2.15)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from freeseat.application.accounts import signing_in
from freeseat.application.accounts.directory import unlock_account
from freeseat.application.accounts.refusal import SignInRefused
from freeseat.application.accounts.signing_in import OidcRules, SignedIn
from freeseat.domain.accounts import SignInReason
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Kind
from freeseat.domain.permissions import EVERYTHING, Role
from freeseat.domain.signing_in import SignInRules
from freeseat.store.hasher import Argon2Hasher
from tests.application.accounts import ALMIGHTY, HASHER, HERE, PASSWORD, THERE, Reception
from tests.application.office import Office

WRONG, LOCKED = SignInReason.WRONG, SignInReason.LOCKED


@pytest.fixture
def reception(office: Office) -> Reception:
    return Reception(office)


def test_who_signs_in_is_known_by_his_token(reception: Reception) -> None:
    token = reception.sign_in("root")
    root = reception.here(token)
    assert (root.who, root.role, root.permissions) == ("root", Role.ADMINISTRATOR, EVERYTHING)
    assert root.actor == Actor("root", HERE, Channel.WEB)
    assert len(root.csrf) == 64
    assert reception.who("x" * 43) is None
    assert reception.who("") is None


def test_names_are_the_same_in_capitals(reception: Reception) -> None:
    reception.sign_in(" Root ")


def test_signing_out_ends_it(reception: Reception) -> None:
    token, other = reception.sign_in("root"), reception.sign_in("root")
    root = reception.here(token)
    reception.sign_out(root)
    reception.sign_out(root)
    assert reception.who(token) is None
    assert reception.who(other) is not None
    assert len(reception.office.events(Kind.SIGNED_OUT)) == 1


def test_it_ends_when_idle(reception: Reception) -> None:
    token = reception.sign_in("root")
    for _ in range(3):
        reception.office.later(SignInRules().idle_seconds - 1)
        if reception.office.now >= reception.here(token).sign_in.expires_at:  # type: ignore[union-attr]
            break
        reception.settled()
    reception.office.later(SignInRules().idle_seconds)
    assert reception.who(token) is None


def test_it_ends_at_last_however_busy_and_is_swept(reception: Reception) -> None:
    token = reception.sign_in("root")
    for _ in range(24):
        assert reception.who(token) is not None
        reception.settled()
        reception.office.later(3600)
    assert reception.who(token) is None
    reception.sign_in("root")
    assert len(reception.office.read(lambda tx: tx.sign_ins.list())) == 1


def test_its_times_are_policy(reception: Reception) -> None:
    token = reception.sign_in("root")
    reception.office.policy(sign_in=SignInRules(idle_seconds=60))
    reception.office.later(60)
    assert reception.who(token) is None


def test_being_seen_is_written_down_once_a_minute_at_most(reception: Reception) -> None:
    token = reception.sign_in("root")
    began = reception.office.now
    seen = []
    for _ in range(4):
        reception.office.later(30)
        reception.here(token)
        reception.settled()
        seen.append((reception.office.read(lambda tx: tx.sign_ins.list())[0].last_seen_at - began).total_seconds())
    assert seen == [0, 60, 60, 120]


def test_three_failures_lock_the_pair_of_name_and_source(reception: Reception) -> None:
    assert [reception.refused("root", "wrong") for _ in range(3)] == [WRONG] * 3
    assert reception.refused("root") is LOCKED, "the right password too"
    assert reception.refused("ROOT ") is LOCKED
    reception.sign_in("root", source=THERE)
    assert len(reception.office.events(Kind.SIGN_IN_LOCKED)) == 1
    reception.office.later(900)
    reception.sign_in("root")


def test_success_forgets_the_failures_before(reception: Reception) -> None:
    for _ in range(3):
        reception.refused("root", "wrong")
        reception.refused("root", "wrong")
        reception.sign_in("root")


def test_an_administrator_lifts_locks(reception: Reception) -> None:
    for _ in range(3):
        reception.refused("root", "wrong")
    lifted = reception.office.write(lambda tx: unlock_account(tx, "root", ALMIGHTY, reception.office.now))
    assert lifted == 1
    reception.sign_in("root")


def test_locks_of_accounts_and_of_users_are_apart(reception: Reception) -> None:
    """An account may have the name of an extension."""
    reception.add("2019", Role.AGENT)
    for _ in range(3):
        reception.refused("2019", "wrong")
    reception.office.login("2019", "3001", source=HERE)


class Watched(Argon2Hasher):
    """Tells how often it hashed, and whether nobody's hash was asked for."""

    def __init__(self) -> None:
        super().__init__(passes=1, memory_kib=8, lanes=1)
        self.verified: list[bool] = []

    def verify(self, hashed: str, password: str) -> bool:
        self.verified.append(hashed != "")
        return super().verify(hashed, password)


def test_unknown_passwordless_disabled_and_known_look_and_cost_the_same(reception: Reception) -> None:
    reception.add("known", Role.AGENT)
    reception.add("oidc", Role.AGENT, None)
    reception.add("gone", Role.AGENT)
    reception.change("gone", enabled=False)
    hasher, traces = Watched(), []
    for name in ("known", "unknown", "oidc", "gone"):
        before = reception.office.position()
        answers = [
            signing_in.sign_in(reception.office.database, hasher, name, "wrong", "t" * 43, HERE, reception.office.now)
            for _ in range(5)
        ]
        reasons = [each.reason for each in answers if isinstance(each, SignInRefused)]
        assert reasons == [WRONG, WRONG, WRONG, LOCKED, LOCKED]
        events = reception.office.events(since=before)
        traces.append(json.dumps([(e.kind, dict(e.data)) for e in events]).replace(name, "NAME"))
    assert len(set(traces)) == 1
    assert hasher.verified == [True] * 3 + [False] * 2 + [False] * 10 + [True] * 3 + [False] * 2, "once each time"


def test_nobodys_password_is_never_right() -> None:
    assert not HASHER.verify("", "")
    assert not HASHER.verify("", "nobody")
    assert not HASHER.verify("no hash", "nobody")
    assert HASHER.verify(HASHER.hash(PASSWORD), PASSWORD)


def test_a_disabled_account_is_told_nothing_else(reception: Reception) -> None:
    reception.add("gone", Role.AGENT)
    token = reception.sign_in("gone")
    reception.change("gone", enabled=False)
    assert reception.who(token) is None
    assert reception.refused("gone") is SignInReason.DISABLED
    reception.change("gone", enabled=True)
    assert reception.who(token) is None, "it was ended for good"


def test_guessing_many_at_once_gains_nothing(reception: Reception) -> None:
    """The commit decides: of many guesses under way at once, those behind the lock count for nothing."""
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: reception.try_sign_in("root", "wrong", token="t" * 43), range(12)))
    assert sum(isinstance(each, SignInRefused) and each.reason is WRONG for each in done) == 3
    assert reception.refused("root") is LOCKED


@pytest.mark.parametrize("name", ["", "x" * 300, "a\x00b", "\ud800", "my secret password!"])
def test_whatever_arrives_as_a_name_is_refused(reception: Reception, name: str) -> None:
    assert reception.refused(name, "\ud800\x00") is WRONG
    (event,) = reception.office.events(Kind.SIGN_IN_REFUSED)
    assert event.data["account"] in ("", "(no name)"), "it may be a password in the wrong field"
    assert event.actor.channel is Channel.WEB


def test_a_hash_of_old_parameters_is_replaced(reception: Reception) -> None:
    old = reception.account("root").password
    newer = Argon2Hasher(passes=2, memory_kib=16, lanes=1)
    done = signing_in.sign_in(
        reception.office.database, newer, "root", PASSWORD, "t" * 43, HERE, reception.office.now
    )  # fmt: skip
    assert isinstance(done, SignedIn)
    assert "m=16,t=2" in reception.account("root").password != old
    reception.sign_in("root")


def test_a_token_that_could_be_guessed_is_refused(reception: Reception) -> None:
    with pytest.raises(InvalidValue):
        reception.try_sign_in("root", token="short")


def test_every_sign_in_and_refusal_is_an_event_without_secrets(reception: Reception) -> None:
    token = reception.sign_in("root")
    reception.refused("root", "a wrong password")
    reception.sign_out(reception.here(token))
    kinds = [e.kind for e in reception.office.events()][-3:]
    assert kinds == [Kind.SIGNED_IN, Kind.SIGN_IN_REFUSED, Kind.SIGNED_OUT]
    everything = repr(reception.office.events())
    assert not [secret for secret in (PASSWORD, "a wrong", token, "argon2") if secret in everything]
    kept = repr(reception.office.read(lambda tx: [each.digest for each in tx.sign_ins.list()]))
    assert token not in kept


# -- OpenID


VERIFIED: dict[str, Any] = {"email": "Sue@Office.example", "email_verified": True}


def test_only_who_has_an_account_signs_in_by_openid(reception: Reception) -> None:
    done = reception.oidc(**VERIFIED)
    assert isinstance(done, SignInRefused)
    assert done.reason is SignInReason.NO_ACCOUNT


def test_a_verified_address_links_once_then_the_identity_counts(reception: Reception) -> None:
    reception.add("sue", Role.AGENT, None, email="sue@OFFICE.example")
    unverified = reception.oidc(email="sue@office.example")
    assert isinstance(unverified, SignInRefused)
    assert isinstance(reception.oidc(**VERIFIED), SignedIn)
    assert reception.account("sue").oidc_subject == "https://id.example#4711"
    assert isinstance(reception.oidc(email="new@office.example"), SignedIn), "by issuer and subject"
    other = reception.oidc(subject="4712", **VERIFIED)
    assert isinstance(other, SignInRefused)
    assert other.reason is SignInReason.OTHER_IDENTITY


def test_linking_by_address_can_be_forbidden(reception: Reception) -> None:
    reception.add("sue", Role.AGENT, None, email="sue@office.example")
    assert isinstance(reception.oidc(OidcRules(link_by_email=False), **VERIFIED), SignInRefused)


def test_an_address_of_two_accounts_links_neither(reception: Reception) -> None:
    for name in ("sue", "sue2"):
        reception.add(name, Role.AGENT, None, email="sue@office.example")
    assert isinstance(reception.oidc(**VERIFIED), SignInRefused)


def test_accounts_are_added_only_where_the_rules_say_so(reception: Reception) -> None:
    rules = OidcRules(add_as=Role.AGENT)
    done = reception.oidc(rules, username="Sue", name="Sue Ellen\x00", **VERIFIED)
    assert isinstance(done, SignedIn)
    assert (done.account.name, done.account.role, done.account.full_name) == ("sue", Role.AGENT, "Sue Ellen")
    taken = reception.oidc(rules, subject="4712", username="root")
    assert isinstance(taken, SignInRefused), "nobody becomes somebody by choosing his name"
    assert isinstance(reception.oidc(rules, subject="4713"), SignInRefused), "nor without a name"


def test_a_disabled_account_does_not_sign_in_by_openid(reception: Reception) -> None:
    reception.add("sue", Role.AGENT, None, email="sue@office.example", enabled=False)
    done = reception.oidc(**VERIFIED)
    assert isinstance(done, SignInRefused)
    assert done.reason is SignInReason.DISABLED
