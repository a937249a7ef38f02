"""The bindings Kamailio loads at its start (docs/switch-contract.md, "Bindings across a kill")."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from freeseat.edge.switch.bindings_file import BindingsFile, create
from freeseat.edge.switch.journal import Bound, CallRang, Unbound

LINE = Bound(
    at=1000.5, aor="3001", contact="sip:3001@10.0.0.1",
    received="sip:1.2.3.4:5060", path="", socket="udp:10.0.0.9:5060",
    expires=1500, granted=500, call_id="a", cseq=7, instance="urn:uuid:1", user_agent="Phone", source="1.2.3.4",
)  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bindings.sqlite"


@pytest.fixture
def bindings(path: Path) -> Iterator[BindingsFile]:
    file = BindingsFile(path)
    yield file
    file.close()


def _rows(path: Path, columns: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(path)
    rows = database.execute(f"SELECT {columns} FROM location ORDER BY contact").fetchall()
    database.close()
    return rows


def test_binding_is_kept_and_changed_in_place(path: Path, bindings: BindingsFile) -> None:
    bindings.apply([LINE, CallRang(1, "x", "3001"), replace(LINE, call_id="b", cseq=1)])
    columns = "username, contact, received, path, socket, expires, callid, cseq, instance, user_agent"
    assert _rows(path, columns) == [
        ("3001", LINE.contact, LINE.received, None, LINE.socket, 1500, "b", 1, "<urn:uuid:1>", "Phone")
    ]


def test_device_that_moves_leaves_no_second_row(path: Path, bindings: BindingsFile) -> None:
    bindings.apply([LINE, replace(LINE, contact="sip:3001@10.0.0.2"), replace(LINE, instance="", contact="sip:other")])
    assert _rows(path, "contact") == [("sip:3001@10.0.0.2",), ("sip:other",)]


def test_binding_that_ends_is_gone(path: Path, bindings: BindingsFile) -> None:
    bindings.apply([LINE, Unbound(1001, "3001", LINE.contact, "expired"), Unbound(1001, "9", "x", "expired")])
    assert _rows(path, "contact") == []


def test_renew_moves_every_end_to_now_plus_granted(path: Path, bindings: BindingsFile) -> None:
    bindings.apply([LINE, replace(LINE, aor="3002", contact="sip:z", granted=60)])
    assert bindings.renew(5000.9) == 2
    assert _rows(path, "expires") == [(5500,), (5060,)]


def test_only_phones_behind_nat_on_udp_are_kept_awake(path: Path, bindings: BindingsFile) -> None:
    bindings.apply(
        [
            replace(LINE, contact="a", instance="", received=""),
            replace(LINE, contact="b", instance=""),
            replace(LINE, contact="c", instance="", received="sip:1.2.3.4:5060;transport=tcp"),
        ]
    )
    assert _rows(path, "cflags > 0") == [(0,), (1,), (0,)]


def test_create_leaves_what_is_there(path: Path, bindings: BindingsFile) -> None:
    bindings.apply([LINE])
    create(path)
    assert len(_rows(path, "contact")) == 1
