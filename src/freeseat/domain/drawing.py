"""Values made at random: SIP secrets, PINs, tokens. Randomness is given; in earnest it is `secrets.SystemRandom()`."""

from __future__ import annotations

import string
from base64 import urlsafe_b64encode
from random import Random

from freeseat.domain.accounts import API_TOKEN_MARK
from freeseat.domain.pin import is_weak
from freeseat.domain.policy import Policy

_LETTERS = string.ascii_letters + string.digits
"""Nothing that a phone's settings file, a shell or an address could mistake."""
_SECRET_LENGTH, _TOKEN_OCTETS, _USUAL_DIGITS = 24, 32, 4


def draw_secret(randomness: Random) -> str:
    """A SIP password: 24 letters and digits (142 bits)."""
    return "".join(randomness.choice(_LETTERS) for _ in range(_SECRET_LENGTH))


def draw_token(randomness: Random) -> str:
    """A token for a link or a cookie: 256 bits in base64url without padding (RFC 4648 section 5)."""
    return urlsafe_b64encode(randomness.randbytes(_TOKEN_OCTETS)).rstrip(b"=").decode()


def draw_api_token(randomness: Random) -> str:
    """A program's token, known by its mark."""
    return API_TOKEN_MARK + draw_token(randomness)


def draw_pin(policy: Policy, extension: str, randomness: Random) -> str:
    """A PIN for that extension which the policy allows and which is not weak; '' if only the blank one is (R1.8).

    Raises InvalidValue where the policy allows none at all.
    """
    length = max(policy.pin.min_length, min(_USUAL_DIGITS, policy.pin.max_length))
    while True:
        pin = "".join(randomness.choice(string.digits) for _ in range(length))
        if length <= 1 or not is_weak(pin, extension):
            policy.pin.check(pin, extension)
            return pin
