"""Offices for the tests of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import Freeseat


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Freeseat:
    """An office with nothing in it, made once; take a copy."""
    office = Freeseat(tmp_path_factory.mktemp("empty"))
    office.do("init", "--no-prompts")
    return office


@pytest.fixture
def empty(made: Freeseat, tmp_path: Path) -> Freeseat:
    """An office with nothing in it."""
    return made.copy(tmp_path)


@pytest.fixture(scope="session")
def furnished(made: Freeseat, tmp_path_factory: pytest.TempPathFactory) -> Freeseat:
    """The office below, made once."""
    office = made.copy(tmp_path_factory.mktemp("furnished"))
    for number, name, pin in (("2019", "Bill", "4711"), ("2020", "Ann", "5822")):
        office.do("user", "add", "--number", number, "--name", name, "--pin", pin, "--hot-desk")
    office.do("user", "add", "--number", "2001", "--name", "Dora", "--pin", "6933")
    for number in ("3001", "3002"):
        office.do("phone", "add", "--number", number, "--site", "berlin", "--location-id", f"desk {number}")
    office.do("phone", "add", "--number", "4001", "--owner", "2001")
    return office


@pytest.fixture
def office(furnished: Freeseat, tmp_path: Path) -> Freeseat:
    """Bill 2019 (PIN 4711) and Ann 2020 (5822), hot desk users; Dora 2001 with phone 4001; shared phones 3001, 3002."""
    return furnished.copy(tmp_path)
