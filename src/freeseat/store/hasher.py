"""Hashing passwords by argon2id (RFC 9106)."""

from __future__ import annotations

import os
from base64 import b64encode
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 2
_SALT_BYTES, _HASH_BYTES = 16, 32


class Argon2Hasher:
    """`application.accounts.ports.Hasher`. Defaults are OWASP's first recommendation (Password Storage Cheat Sheet).

    46 MiB and one pass take about 60 ms of one processor, and leave the others to calls.
    At most two hashes are made at once, so that a flood of attempts takes neither all memory nor all processors.
    """

    def __init__(self, *, passes: int = 1, memory_kib: int = 47_104, lanes: int = 1) -> None:
        self._argon = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=lanes, hash_len=_HASH_BYTES, salt_len=_SALT_BYTES
        )
        self._places = BoundedSemaphore(_AT_ONCE)
        salt, value = (b64encode(os.urandom(size)).rstrip(b"=").decode() for size in (_SALT_BYTES, _HASH_BYTES))
        self._nobodys = f"$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${value}"

    def hash(self, password: str) -> str:
        """The hash, with its own salt and parameters in it."""
        with self._places:
            return self._argon.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        """Whether it is this password's; '' takes just as long, and is never right. Nor is what is no hash at all."""
        with self._places:
            try:
                return self._argon.verify(hashed or self._nobodys, password) and hashed != ""
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than `hash` uses now."""
        return self._argon.check_needs_rehash(hashed)
