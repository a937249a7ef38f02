"""PIN policy (R1.8) and the counting of wrong attempts (R2.15)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.errors import InvalidValue
from freeseat.domain.pin import LONGEST_PIN, LockoutPolicy, PinPolicy, is_weak, matches
from tests.domain.entities import NOW

digits = st.text("0123456789", max_size=12)


@st.composite
def policies(draw: st.DrawFn) -> PinPolicy:
    shortest = draw(st.integers(0, LONGEST_PIN))
    longest = draw(st.integers(shortest, LONGEST_PIN))
    return PinPolicy(shortest, longest, allow_blank=draw(st.booleans()), refuse_weak=draw(st.booleans()))


def refusal(policy: PinPolicy, pin: str, extension: str = "2019") -> str:
    """Why a PIN is refused; '' if it is not."""
    try:
        policy.check(pin, extension)
    except InvalidValue as error:
        return str(error)
    return ""


def accepted(policy: PinPolicy, pin: str, extension: str = "2019") -> bool:
    return refusal(policy, pin, extension) == ""


@given(st.text("0123456789#", min_size=2, max_size=9))
def test_a_refusal_never_carries_the_pin(pin: str) -> None:
    assert pin not in refusal(PinPolicy(refuse_weak=True), pin)


def test_exactly_four_digits_by_default() -> None:
    assert accepted(PinPolicy(), "8305")
    assert not accepted(PinPolicy(), "830")
    assert not accepted(PinPolicy(), "83051")
    assert not accepted(PinPolicy(), "")


@given(policies(), digits)
def test_length_bounds_hold(policy: PinPolicy, pin: str) -> None:
    if pin == "":
        assert accepted(policy, pin) is policy.allow_blank
    elif not policy.min_length <= len(pin) <= policy.max_length:
        assert not accepted(policy, pin)
    else:
        assert accepted(policy, pin) is not (policy.refuse_weak and is_weak(pin, "2019"))


@given(st.integers(-3, 12), st.integers(-3, 12))
def test_bounds_lie_within_0_and_8_in_order(shortest: int, longest: int) -> None:
    if 0 <= shortest <= longest <= 8:
        PinPolicy(shortest, longest)
    else:
        with pytest.raises(InvalidValue, match="pin length"):
            PinPolicy(shortest, longest)


@given(st.text(min_size=4, max_size=4))
def test_digits_only_and_only_those_a_telephone_has(pin: str) -> None:
    assert accepted(PinPolicy(), pin) is all(c in "0123456789" for c in pin)


@pytest.mark.parametrize("pin", ["١٢٣٤", "²³¹²", "１２３４", "12 4", "12#4", "-123", "1e10"])
def test_other_alphabets_digits_are_refused(pin: str) -> None:
    assert not accepted(PinPolicy(), pin)


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("2019", "the extension"),
        ("9102", "the extension backwards"),
        ("019", "the extension's end"),
        ("7777", "one digit repeated"),
        ("4", "one digit"),
        ("1212", "a block repeated"),
        ("123123", "a block repeated"),
        ("3456", "a run"),
        ("6543", "a run down"),
        ("7890", "a run over zero"),
        ("2109", "a run down over zero"),
    ],
)
def test_weak(pin: str, why: str) -> None:
    assert is_weak(pin, "2019"), why


@pytest.mark.parametrize("pin", ["8305", "2091", "1357", "11", "1221", "90817263"])
def test_not_weak(pin: str) -> None:
    assert is_weak(pin, "2019") is (pin == "11")


@given(st.text("0123456789", min_size=1, max_size=8), st.text("0123456789", min_size=1, max_size=15))
def test_what_is_weak_backwards_is_weak_unless_it_is_an_extensions_end(pin: str, extension: str) -> None:
    if is_weak(pin, extension) and not extension.endswith(pin):
        assert is_weak(pin[::-1], extension)


@given(st.integers(0, 9), st.integers(2, 8), st.sampled_from([0, 1, -1]))
def test_every_repetition_and_run_is_weak(first: int, length: int, step: int) -> None:
    assert is_weak("".join(str((first + step * i) % 10) for i in range(length)), "4711")


@given(st.text(max_size=9), st.text(max_size=9))
def test_matches_is_equality(given_pin: str, right: str) -> None:
    assert matches(given_pin, right) is (given_pin == right)
    assert matches(right, right)


@pytest.mark.parametrize("garbage", ["\ud800", "\x00", "é" * 1000])
def test_garbage_never_matches_and_never_fails(garbage: str) -> None:
    assert not matches(garbage, "8305")


def test_expiry_is_optional() -> None:
    assert not PinPolicy().expired(None, NOW)
    policy = PinPolicy(expiry_days=90)
    assert policy.expired(None, NOW)
    assert not policy.expired(NOW - timedelta(days=90) + timedelta(microseconds=1), NOW)
    assert policy.expired(NOW - timedelta(days=90), NOW)


failures = st.lists(st.integers(0, 2000), max_size=12)


@given(failures, st.integers(1, 6), st.integers(1, 900))
def test_a_pair_locks_when_enough_failures_lie_in_the_window(ages: list[int], limit: int, window: int) -> None:
    policy = LockoutPolicy(limit, window, 900)
    at = [NOW - timedelta(seconds=age) for age in ages]
    assert policy.locks(at, NOW) is (sum(age < window for age in ages) >= limit)


@given(failures, st.integers(0, 2000))
def test_one_more_failure_never_unlocks(ages: list[int], more: int) -> None:
    policy = LockoutPolicy()
    at = [NOW - timedelta(seconds=age) for age in ages]
    assert policy.locks([*at, NOW - timedelta(seconds=more)], NOW) >= policy.locks(at, NOW)


def test_three_in_five_minutes_lock_for_fifteen_by_default() -> None:
    policy = LockoutPolicy()
    third = [NOW - timedelta(seconds=s) for s in (299, 100, 0)]
    assert policy.locks(third, NOW)
    assert not policy.locks(third, NOW + timedelta(seconds=1))
    assert policy.until(NOW) == NOW + timedelta(minutes=15)


@pytest.mark.parametrize("field", ["failures", "window_seconds", "lock_seconds"])
def test_a_lockout_that_could_not_work_is_refused(field: str) -> None:
    with pytest.raises(InvalidValue, match=field.split("_")[0]):
        LockoutPolicy(**{field: 0})
