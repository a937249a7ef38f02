"""PIN policy (R1.8) and counting wrong attempts (R2.15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from itertools import pairwise

from freeseat.domain.errors import InvalidValue

LONGEST_PIN = 8


@dataclass(frozen=True, slots=True)
class PinPolicy:
    """Length bounds in digits, whether a blank or a weak PIN is allowed, and expiry in days (None = never)."""

    min_length: int = 4
    max_length: int = 4
    allow_blank: bool = False
    refuse_weak: bool = False
    expiry_days: int | None = None

    def __post_init__(self) -> None:
        """Check the bounds themselves; raises InvalidValue."""
        if not 0 <= self.min_length <= self.max_length <= LONGEST_PIN:
            raise InvalidValue(
                "pin length", f"{self.min_length} to {self.max_length}", f"use bounds within 0 and {LONGEST_PIN}"
            )

    def check(self, pin: str, extension: str) -> None:
        """Check a new PIN; raises InvalidValue, which never carries the PIN itself."""
        if pin == "":
            if self.allow_blank:
                return
            raise InvalidValue("pin", "", "a blank PIN is not allowed by the policy")
        if not (pin.isascii() and pin.isdigit()):
            raise InvalidValue("pin", "***", "use digits only")
        if not self.min_length <= len(pin) <= self.max_length:
            raise InvalidValue("pin", f"{len(pin)} digits", f"use {self._length_words()} digits")
        if self.refuse_weak and is_weak(pin, extension):
            raise InvalidValue("pin", "***", "use a PIN that is not the extension, a repetition or a run")

    def expired(self, set_at: datetime | None, now: datetime) -> bool:
        """Whether a PIN set at that time has to be changed now."""
        if self.expiry_days is None:
            return False
        return set_at is None or now - set_at >= timedelta(days=self.expiry_days)

    def _length_words(self) -> str:
        return f"{self.min_length}" if self.min_length == self.max_length else f"{self.min_length} to {self.max_length}"


def is_weak(pin: str, extension: str) -> bool:
    """Whether a PIN is the extension (or its end or reverse), one repeated digit, a repeated block, or a run."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half, odd = divmod(len(pin), 2)
    repeated_block = odd == 0 and half > 0 and pin[:half] == pin[half:]
    same_as_extension = pin in (extension, extension[::-1]) or (len(pin) >= 3 and extension.endswith(pin))
    return same_as_extension or repeated_block or steps in ({0}, {1}, {9}) or len(pin) == 1


def matches(given: str, right: str) -> bool:
    """Compare two PINs in constant time."""
    return compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())


@dataclass(frozen=True, slots=True)
class LockoutPolicy:
    """`failures` wrong attempts within `window_seconds` lock that pair of number and source for `lock_seconds`."""

    failures: int = 3
    window_seconds: int = 300
    lock_seconds: int = 900

    def __post_init__(self) -> None:
        """Check the bounds; raises InvalidValue."""
        for name in ("failures", "window_seconds", "lock_seconds"):
            if getattr(self, name) < 1:
                raise InvalidValue(f"lockout {name}", getattr(self, name), "use a whole number of at least 1")

    def locks(self, failed_at: Iterable[datetime], now: datetime) -> bool:
        """Whether the failures at those times, the newest included, lock the pair."""
        window = timedelta(seconds=self.window_seconds)
        return sum(1 for at in failed_at if now - at < window) >= self.failures

    def until(self, now: datetime) -> datetime:
        """When a lock that starts now ends."""
        return now + timedelta(seconds=self.lock_seconds)
