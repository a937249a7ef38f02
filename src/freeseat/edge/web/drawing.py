"""Values made at random for pages and API: given out once, in the answer to the request that made them."""

from __future__ import annotations

from random import Random
from secrets import SystemRandom

from freeseat.domain.drawing import draw_api_token, draw_pin, draw_secret, draw_token
from freeseat.domain.policy import Policy

_RANDOMNESS: Random = SystemRandom()


def new_secret() -> str:
    """A SIP password."""
    return draw_secret(_RANDOMNESS)


def new_link() -> str:
    """The token of a link or a cookie: 256 bits."""
    return draw_token(_RANDOMNESS)


def new_api_token() -> str:
    """A program's token."""
    return draw_api_token(_RANDOMNESS)


def new_pin(policy: Policy, extension: str) -> str:
    """A PIN that the policy allows. Raises InvalidValue where it allows none."""
    return draw_pin(policy, extension, _RANDOMNESS)
