"""What the policy says about signing in, and which passwords are good enough (R10.1)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

from freeseat.domain.errors import InvalidValue

_LONGEST_PASSWORD = 256
_FEWEST_DISTINCT = 5
_KNOWN_WORDS = (
    "administrator", "qwertyuiop", "qwertzuiop", "password", "passwort", "iloveyou", "changeme", "freeseat",
    "letmein", "welcome", "secret", "qwerty", "qwertz", "admin",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What the policy says about signing in.

    `idle_seconds` without a request, or `longest_seconds` after it, a sign-in ends; an invitation holds for
    `invitation_seconds`. A password has at least `password_length` characters (NIST SP 800-63B section 3.1.1: length
    and no well-known word count, not kinds of characters, and nobody is made to change it for its age).
    """

    idle_seconds: int = 8 * 3600
    longest_seconds: int = 24 * 3600
    invitation_seconds: int = 3 * 86_400
    password_length: int = 12

    def __post_init__(self) -> None:
        """Check the bounds; raises InvalidValue."""
        bounds = (("idle_seconds", 60, 30 * 86_400), ("longest_seconds", 60, 90 * 86_400))
        for name, least, most in (*bounds, ("invitation_seconds", 60, 30 * 86_400), ("password_length", 8, 64)):
            if not least <= getattr(self, name) <= most:
                raise InvalidValue(f"sign_in {name}", getattr(self, name), f"use {least} to {most}")

    def check_password(self, password: str, name: str) -> None:
        """Check a new password of the account of that name; raises InvalidValue, which never carries it."""
        given = normal_password(password)
        if not given.strip():
            raise InvalidValue("password", "", "it must not be blank")
        if len(given) < self.password_length:
            raise InvalidValue("password", f"{len(given)} characters", f"use at least {self.password_length}")
        if len(given) > _LONGEST_PASSWORD:
            raise InvalidValue("password", f"{len(given)} characters", f"use at most {_LONGEST_PASSWORD}")
        if is_weak_password(given, name):
            raise InvalidValue("password", "***", "use one that is no name, no usual word and no repetition")


def normal_password(password: str) -> str:
    """A password as it is hashed: the same however a keyboard composed it (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode())


def is_weak_password(password: str, name: str) -> bool:
    """Whether hardly anything is left of it without the account's name and usual words, or only a run."""
    left = password.casefold()
    words = {name.casefold(), name.casefold().partition("@")[0]} - {""}
    for word in sorted(words, key=len, reverse=True) + list(_KNOWN_WORDS):
        left = left.replace(word, "")
    steps = {_step(a, b) for a, b in pairwise(left)}
    return len(set(left)) < _FEWEST_DISTINCT or steps in ({1}, {-1}, {9})


def _step(a: str, b: str) -> int:
    """How far one character is from the next; digits go round, as on a telephone."""
    step = ord(b) - ord(a)
    return step % 10 if a.isdecimal() and b.isdecimal() else step
