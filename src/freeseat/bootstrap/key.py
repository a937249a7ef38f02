"""The key that seals PINs and SIP secrets: 32 random bytes in a file of their own, outside the database."""

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from freeseat.settings import SettingsError

KEY_BYTES = 32


def load_or_create_key(path: Path) -> bytes:
    """Give the 32-byte key in `path`; make the file (mode 0600, one line of base64) if there is none.

    Safe when several processes start at once. Raises `SettingsError` as `load_key` does, or if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        _create(path)
    except OSError as error:
        raise SettingsError(f"{path}: the key cannot be written: {error.strerror}") from error
    return load_key(path)


def load_key(path: Path) -> bytes:
    """Give the 32-byte key in `path`; raise `SettingsError` if it is missing, damaged or open to other users."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: the key cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise SettingsError(f"{path}: other users may read the key (mode {mode:04o}); run: chmod 600 {path}")
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path}: this is not a key: expected {KEY_BYTES} bytes in base64; restore it from backup")
    return key


def _create(path: Path) -> None:
    """Put a complete new key in place, or leave the one that is there: link() never replaces."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
