"""Sealing PINs and SIP secrets: AES-256-GCM with a key that is kept outside the database."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from freeseat.domain.errors import Unavailable

_NONCE_OCTETS = 12
KEY_OCTETS = 32


class AesVault:
    """`application.ports.Vault` with a 32-octet key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: str) -> bytes:
        """Encrypt; a nonce of 12 octets stands before the ciphertext. The empty secret gives b''."""
        if not secret:
            return b""
        nonce = os.urandom(_NONCE_OCTETS)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), None)

    def open(self, sealed: bytes) -> str:
        """Decrypt; b'' gives ''. Raises Unavailable if it was sealed with another key."""
        if not sealed:
            return ""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_OCTETS], sealed[_NONCE_OCTETS:], None).decode()
        except (InvalidTag, ValueError):  # ValueError: too short to be anything sealed
            raise Unavailable("a secret cannot be opened: the key file is not the one it was sealed with") from None
