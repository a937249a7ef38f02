"""Accounts, tokens, and which passwords are good enough (R10.1)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.accounts import (
    Account,
    ApiToken,
    Invitation,
    SignIn,
    check_account,
    check_token,
    csrf_of,
    is_name,
    normal_name,
    prefix_of,
)
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Permission, Role
from freeseat.domain.signing_in import SignInRules, is_weak_password, normal_password
from freeseat.domain.tokens import digest_of
from tests.domain.entities import NOW

RULES = SignInRules()
BILL = Account(1, "bill", Role.SUPERVISOR)
TOKEN = ApiToken(1, "dashboard", digest_of("x"), "fst_abc", frozenset({Permission.CALLS_READ}))


@pytest.mark.parametrize(
    "good", ["correct horse battery", "Ölwechsel-alle-2-Jahre", "83749204718263", "x9$Lm2#pQ7!vRt"]
)
def test_good_passwords(good: str) -> None:
    RULES.check_password(good, "bill")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", "blank"),
        (" " * 20, "blank"),
        ("short phras", "at least 12"),
        ("x1" * 129, "at most 256"),
        ("bill.bill.bill", "no name"),
        ("Password12345", "no usual word"),
        ("passwordpassword", "no usual word"),
        ("administrator1", "no usual word"),
        ("freeseat-freeseat", "no usual word"),
        ("aaaaaaaaaaaaaaaa", "no repetition"),
        ("abcdefghijklmnop", "no repetition"),
        ("abababababababab", "no repetition"),
    ],
)
def test_bad_passwords(bad: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why) as refused:
        RULES.check_password(bad, "bill")
    assert not bad.strip() or bad not in str(refused.value), "it is never told"


def test_an_address_as_a_name_is_no_password_either() -> None:
    with pytest.raises(InvalidValue):
        RULES.check_password("winifred12345", "winifred@office.example")


@given(st.text(max_size=300), st.text(max_size=20))
def test_any_text_is_judged(password: str, name: str) -> None:
    with suppress(InvalidValue):
        RULES.check_password(password, name)
        kept = normal_password(password)
        assert 12 <= len(kept) <= 256
        assert kept.casefold() != name.casefold()
        assert len(set(kept)) >= 5


@given(st.text(min_size=1, max_size=40))
def test_however_a_keyboard_composes_it(password: str) -> None:
    assert normal_password(normal_password(password)) == normal_password(password)
    assert normal_password("Å") == normal_password("A\u030a")
    normal_password(password).encode()


@given(st.integers(min_value=5, max_value=26), st.sampled_from([1, -1]), st.integers(min_value=0, max_value=9))
def test_runs_are_weak(length: int, step: int, start: int) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"[::step]
    digits = "".join(str((start + step * each) % 10) for each in range(length))
    assert is_weak_password(letters[:length], "")
    assert is_weak_password(digits, "")


@pytest.mark.parametrize(
    "bad", [{"idle_seconds": 59}, {"longest_seconds": 0}, {"password_length": 7}, {"invitation_seconds": 31 * 86_400}]
)
def test_the_rules_have_bounds(bad: dict[str, int]) -> None:
    with pytest.raises(InvalidValue):
        SignInRules(**bad)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Bill"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "-bill"}, "name"),
        ({"name": "b" * 65}, "name"),
        ({"name": "bill\n"}, "name"),
        ({"role": Role.API_CLIENT}, "role"),
        ({"role": Role.AGENT, "queues": ("811",)}, "queues"),
        ({"role": Role.ADMINISTRATOR, "sites": ("berlin",)}, "sites"),
        ({"queues": ("",)}, "queues"),
        ({"full_name": "x" * 81}, "full_name"),
        ({"language": "eng"}, "language"),
        ({"email": "x" * 255}, "email"),
    ],
)
def test_an_account_is_checked(changes: dict[str, object], field: str) -> None:
    check_account(BILL)
    with pytest.raises(InvalidValue) as refused:
        check_account(replace(BILL, **changes))  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"scopes": frozenset()}, "scopes"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW + timedelta(days=3661)}, "expires_at"),
        ({"sites": ("",)}, "sites"),
    ],
)
def test_a_token_is_checked(changes: dict[str, object], field: str) -> None:
    check_token(TOKEN, NOW)
    with pytest.raises(InvalidValue) as refused:
        check_token(replace(TOKEN, **changes), NOW)  # type: ignore[arg-type]
    assert refused.value.field == field


@given(st.text(max_size=80))
def test_names_are_looked_up_as_they_are_kept(name: str) -> None:
    assert normal_name(normal_name(name)) == normal_name(name)
    assert not is_name(name) or normal_name(name) == name


@given(st.integers(min_value=0, max_value=200_000), st.integers(min_value=0, max_value=200_000))
def test_a_sign_in_ends_when_idle_and_when_old(seen_after: int, asked_after: int) -> None:
    seen = NOW + timedelta(seconds=seen_after)
    at = seen + timedelta(seconds=asked_after)
    sign_in = SignIn(1, "d", 1, NOW, NOW + timedelta(seconds=RULES.longest_seconds), seen)
    assert sign_in.holds(RULES, at) == (
        asked_after < RULES.idle_seconds and seen_after + asked_after < RULES.longest_seconds
    )


def test_tokens_and_invitations_hold_until_their_end() -> None:
    token = replace(TOKEN, expires_at=NOW)
    assert token.holds(NOW - timedelta(seconds=1))
    assert not token.holds(NOW)
    assert TOKEN.holds(NOW)
    assert not replace(TOKEN, revoked_at=NOW).holds(NOW)
    invitation = Invitation(1, "d", Role.AGENT, NOW)
    assert invitation.holds(NOW - timedelta(seconds=1))
    assert not invitation.holds(NOW)
    assert not replace(invitation, used_at=NOW).holds(NOW - timedelta(seconds=1))


@given(st.text(), st.text())
def test_what_forms_carry_tells_nothing_of_the_cookie(one: str, other: str) -> None:
    assert csrf_of(one) == csrf_of(one)
    assert csrf_of(one) != digest_of(one), "else who reads the database could forge forms"
    assert (csrf_of(one) == csrf_of(other)) == (one.encode("utf-8", "replace") == other.encode("utf-8", "replace"))


def test_secrets_are_not_shown() -> None:
    shown = repr((replace(BILL, password="argon"), TOKEN, SignIn(1, "digest", 1, NOW, NOW, NOW)))
    assert "argon" not in shown
    assert "digest" not in shown
    assert prefix_of("fst_abcdefghijkl") == "fst_abcdef"
