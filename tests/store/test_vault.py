"""The vault: PINs and secrets come back, only with the key they were sealed with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.domain.errors import Unavailable
from freeseat.store.vault import KEY_OCTETS, AesVault

VAULT = AesVault(bytes(range(KEY_OCTETS)))
secrets = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(secrets)
def test_what_was_sealed_opens(secret: str) -> None:
    sealed = VAULT.seal(secret)
    assert VAULT.open(sealed) == secret
    assert (sealed == b"") is (secret == "")


@given(secrets.filter(bool))
def test_the_same_secret_looks_different_each_time(secret: str) -> None:
    one, other = VAULT.seal(secret), VAULT.seal(secret)
    assert one != other
    assert secret.encode() not in one or len(secret) < 4


@given(secrets.filter(bool), st.data())
def test_a_changed_or_cut_one_does_not_open(secret: str, data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(secret))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unavailable, match="key"):
        VAULT.open(bytes(sealed))
    with pytest.raises(Unavailable, match="key"):
        VAULT.open(bytes(sealed[: max(place, 1)]))


def test_another_key_does_not_open() -> None:
    with pytest.raises(Unavailable, match="key file"):
        AesVault(bytes(KEY_OCTETS)).open(VAULT.seal("8305"))


@pytest.mark.parametrize("octets", [0, 5, 31, 33])
def test_a_key_of_the_wrong_length_is_no_key(octets: int) -> None:
    with pytest.raises(ValueError):
        AesVault(bytes(octets))
