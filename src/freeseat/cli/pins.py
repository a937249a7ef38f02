"""PINs as the command line takes them: an argument, from standard input or typed twice (R1.8)."""

from __future__ import annotations

import getpass
import sys

from freeseat.domain.errors import InvalidValue

STDIN = "-"


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


def is_terminal() -> bool:
    """Whether a person sits at standard input."""
    return sys.stdin.isatty()
