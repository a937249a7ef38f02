"""The key file: 32 bytes, made once, readable by its owner only."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freeseat.bootstrap.key import load_key, load_or_create_key
from freeseat.settings import SettingsError


def test_is_made_once_with_mode_0600(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secrets.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create_key(path) == key == load_key(path)
    assert [entry.name for entry in path.parent.iterdir()] == ["secrets.key"]


def test_many_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(load_or_create_key, [tmp_path / "secrets.key"] * 32))
    assert len(keys) == 1


def test_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    load_or_create_key(path)
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_or_create_key(path)


@pytest.mark.parametrize("content", [b"", b"c2hvcnQ=", b"\xff\xfe", b"not base64!"])
def test_damaged_is_refused_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secrets.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="restore it from backup"):
        load_or_create_key(path)
    assert path.read_bytes() == content


def test_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_key(tmp_path / "secrets.key")
