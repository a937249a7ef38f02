"""Writers at one SQLite file stand in line: a busy process keeps nobody waiting for long."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from freeseat.domain.errors import Unavailable
from freeseat.store.turns import Turns
from tests.clients.waiting import until


def is_held(file: Path) -> bool:
    if not file.exists():
        return False
    probe = os.open(file, os.O_RDONLY)
    try:
        fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(probe)
    return False


def test_who_just_wrote_does_not_overtake_who_waits(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    busy, patient = Turns(str(path), 10), Turns(str(path), 10)
    order = []

    def wait() -> None:
        with patient.taken():
            order.append("patient")

    waiting = threading.Thread(target=wait)
    with busy.taken():
        waiting.start()
        until(lambda: is_held(tmp_path / "x.sqlite-next"), "he stands in line")
    with busy.taken():
        order.append("busy")
    waiting.join(10)
    assert order == ["patient", "busy"]
    for each in (busy, patient):
        each.close()


def test_a_turn_that_does_not_come_is_unavailable_and_comes_later(tmp_path: Path) -> None:
    one, other = Turns(str(tmp_path / "x"), 10), Turns(str(tmp_path / "x"), 0.02)
    with one.taken(), pytest.raises(Unavailable), other.taken():
        raise AssertionError("it had the turn")
    with other.taken():
        pass
    with one.taken():
        pass
    for each in (one, other):
        each.close()


def test_an_error_gives_the_turn_back(tmp_path: Path) -> None:
    turns, other = Turns(str(tmp_path / "x"), 10), Turns(str(tmp_path / "x"), 0)
    with pytest.raises(ZeroDivisionError), turns.taken():
        raise ZeroDivisionError
    with other.taken():
        pass
    for each in (turns, other):
        each.close()


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    turns = Turns(str(tmp_path / "missing" / "x"), 1)
    with pytest.raises(Unavailable), turns.taken():
        raise AssertionError("it had the turn")
    turns.close()


def test_files_of_another_owner_can_be_locked(tmp_path: Path) -> None:
    """A command that root gave must not shut out the service, which may only read them."""
    for name in ("next", "turn"):
        (tmp_path / f"x-{name}").touch(mode=0o444)
    turns = Turns(str(tmp_path / "x"), 1)
    with turns.taken():
        pass
    turns.close()
