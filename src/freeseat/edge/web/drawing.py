"""Secrets made at random: given out once, in the answer to the request that made them."""

from __future__ import annotations

import secrets
import string

from freeseat.domain.accounts import API_TOKEN_MARK
from freeseat.domain.errors import InvalidValue
from freeseat.domain.pin import is_weak
from freeseat.domain.policy import Policy

_LETTERS = string.ascii_letters + string.digits
_SECRET_LENGTH, _TOKEN_BYTES, _USUAL_DIGITS = 24, 32, 4


def new_secret() -> str:
    """A SIP password of letters and digits, which nothing could mistake."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LENGTH))


def new_link() -> str:
    """The token of a link: 256 bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def new_api_token() -> str:
    """A program's token."""
    return API_TOKEN_MARK + new_link()


def new_pin(policy: Policy, extension: str) -> str:
    """A PIN that the policy allows and that is not weak. Raises InvalidValue where the policy allows no digits."""
    length = max(policy.pin.min_length, min(_USUAL_DIGITS, policy.pin.max_length))
    if not length:
        raise InvalidValue("pin", "", "the policy allows only the blank PIN")
    while True:
        pin = "".join(secrets.choice(string.digits) for _ in range(length))
        if length == 1 or not is_weak(pin, extension):
            return pin


def checked_secret(text: str) -> str:
    """A SIP password that people chose; raises InvalidValue, which never carries it."""
    if not 8 <= len(text) <= 128 or not text.isprintable() or " " in text:
        raise InvalidValue("secret", "***", "use 8 to 128 printable characters without blanks")
    return text


def checked_password(text: str) -> str:
    """A digest password that somebody else has given out, or none; raises InvalidValue, which never carries it."""
    if len(text) > 128 or not text.isprintable():
        raise InvalidValue("secret", "***", "use at most 128 printable characters")
    return text
