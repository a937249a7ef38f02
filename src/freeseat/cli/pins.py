"""PINs as the command line takes them: an argument, standard input, typed twice (R1.8), or made at random."""

from __future__ import annotations

import getpass
import secrets
import sys

from freeseat.domain.errors import InvalidValue
from freeseat.domain.pin import is_weak
from freeseat.domain.policy import Policy

STDIN = "-"
_USUAL_DIGITS = 4


def pin_given(text: str) -> str:
    """The PIN of an option: as it stands, or the first line of standard input for `-`."""
    return sys.stdin.readline().rstrip("\r\n") if text == STDIN else text


def pin_typed(whose: str) -> str:
    """A new PIN typed twice at the terminal, unseen. Raises InvalidValue if both differ."""
    first = getpass.getpass(f"New PIN for {whose}: ")
    if first != getpass.getpass("Once more: "):
        raise InvalidValue("pin", "***", "type the same PIN twice")
    return first


def secret_typed(whose: str) -> str:
    """A new password typed twice at the terminal, unseen. Raises InvalidValue if both differ."""
    first = getpass.getpass(f"New password for {whose}: ")
    if first != getpass.getpass("Once more: "):
        raise InvalidValue("secret", "***", "type the same password twice")
    return first


def pin_at_random(policy: Policy, extension: str) -> str:
    """A PIN that the policy allows and that is not weak; '' where the policy allows none but the blank one."""
    length = max(policy.pin.min_length, min(_USUAL_DIGITS, policy.pin.max_length))
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(length))
        if length <= 1 or not is_weak(pin, extension):
            policy.pin.check(pin, extension)
            return pin


def is_terminal() -> bool:
    """Whether a person sits at standard input."""
    return sys.stdin.isatty()
