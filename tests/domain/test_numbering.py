"""Dialable strings, the shared phones' ranges, clashes (R1.3, R1.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.errors import InvalidValue
from freeseat.domain.numbering import (
    Claim,
    NumberRange,
    check_dialable,
    check_not_shared_phone_number,
    check_number,
    check_shared_phone_number,
)

numbers = st.text("0123456789", min_size=1, max_size=15)
dialables = st.text("0123456789*#", min_size=1, max_size=6)
claims = st.builds(Claim, dialables, st.sampled_from(["user 2019", "phone 3001"]), st.booleans())


@st.composite
def ranges(draw: st.DrawFn) -> NumberRange:
    length = draw(st.integers(1, 6))
    either = st.integers(0, 10**length - 1)
    first, last = sorted((draw(either), draw(either)))
    return NumberRange(f"{first:0{length}}", f"{last:0{length}}")


@given(numbers)
def test_a_number_is_1_to_15_digits(number: str) -> None:
    assert check_number("number", number) == number


@pytest.mark.parametrize("wrong", ["", "1" * 16, "20 19", "20a9", "+2019", "*45", "٢٠١٩", "2019\n", "2|19"])
def test_anything_else_is_no_number(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="1 to 15 digits"):
        check_number("number", wrong)


@given(st.text(max_size=40))
def test_only_what_a_keypad_has_can_be_dialled(text: str) -> None:
    right = 1 <= len(text) <= 32 and all(c in "0123456789*#" for c in text.removeprefix("+")) and text != ""
    if right:
        assert check_dialable("code", text) == text
    else:
        with pytest.raises(InvalidValue):
            check_dialable("code", text)


@given(ranges(), st.integers(0, 10**7))
def test_a_range_holds_the_numbers_of_its_length_between_its_ends(within: NumberRange, number: int) -> None:
    length = len(within.first)
    padded = f"{number % 10**length:0{length}}"
    assert (padded in within) is (int(within.first) <= int(padded) <= int(within.last))
    assert padded + "0" not in within
    assert "" not in within


@given(ranges())
def test_a_range_reads_what_it_writes(within: NumberRange) -> None:
    assert NumberRange.parse(str(within)) == within
    assert within.first in within
    assert within.last in within


@pytest.mark.parametrize(
    "wrong", ["", "-", "3000-", "-3999", "3999-3000", "300-3999", "3000-3999-4000", "a-b", "3000 - 3999"]
)
def test_a_wrong_range_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="3000-3999"):
        NumberRange.parse(wrong)


def test_one_number_is_a_range() -> None:
    assert NumberRange.parse("3000") == NumberRange("3000", "3000")


@given(st.lists(ranges(), max_size=3), numbers)
def test_shared_phones_are_in_a_range_and_nobody_else_is(within: list[NumberRange], number: str) -> None:
    inside = any(number in each for each in within)
    for check, refused in ((check_shared_phone_number, not inside), (check_not_shared_phone_number, inside)):
        if not refused:
            check(number, within)
            continue
        with pytest.raises(InvalidValue) as error:
            check(number, within)
        assert any(str(each) in str(error.value) for each in within) or not within, "the range is named"


def test_without_a_range_the_refusal_says_what_to_set() -> None:
    with pytest.raises(InvalidValue, match="shared_phone_ranges"):
        check_shared_phone_number("3001", [])


@given(claims, claims)
def test_a_clash_is_mutual(one: Claim, other: Claim) -> None:
    assert one.clashes_with(other) is other.clashes_with(one)


@given(claims, claims)
def test_two_claims_clash_exactly_if_some_dialled_string_means_both(one: Claim, other: Claim) -> None:
    def means(claim: Claim, dialled: str) -> bool:
        return dialled.startswith(claim.string) if claim.is_prefix else dialled == claim.string

    candidates = (one.string, other.string)
    assert one.clashes_with(other) is any(means(one, d) and means(other, d) for d in candidates)
