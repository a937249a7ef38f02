"""Values made at random."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.checks import check_secret
from freeseat.domain.drawing import draw_pin, draw_secret, draw_token
from freeseat.domain.pin import PinPolicy, is_weak
from freeseat.domain.policy import Policy
from freeseat.domain.tokens import digest_of_new


@given(
    st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted),
    st.booleans(),
    st.integers(1, 10**9).map(str),
    st.randoms(use_true_random=False),
)
def test_pins_at_random_satisfy_every_policy_that_allows_any(
    bounds: list[int], refuse_weak: bool, extension: str, randomness: Random
) -> None:
    """R1.8"""
    policy = Policy(pin=PinPolicy(bounds[0], bounds[1], allow_blank=bounds[1] == 0, refuse_weak=refuse_weak))
    if refuse_weak and bounds[1] == 1:
        return  # every PIN of one digit is weak
    pin = draw_pin(policy, extension, randomness)
    policy.pin.check(pin, extension)
    assert len(pin) < 2 or not is_weak(pin, extension)


def test_secrets_and_tokens_are_such_as_are_taken() -> None:
    """R1.2, R10.1"""
    randomness = Random(1)
    assert check_secret(draw_secret(randomness)) != draw_secret(randomness)
    assert digest_of_new(draw_token(randomness)) != digest_of_new(draw_token(randomness))
