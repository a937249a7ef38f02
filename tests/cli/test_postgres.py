"""The command line over PostgreSQL: what it reads and writes is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from freeseat.application.ports import Binding, CallRecord
from tests.cli.commands import Freeseat


@pytest.mark.postgres
def test_an_office_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    office = Freeseat(tmp_path, postgres_url)
    pins = {one["number"]: one["pin"] for one in office.json("sample-office")["people"]}
    assert office.json("sample-office")["new"] == []
    office.do("login", "--user", "2019", "--phone", "3001", "--pin", pins["2019"])
    done = office.json("login", "--user", "2020", "--phone", "3001", "--pin", pins["2020"])
    assert [each["user"] for each in done["ended"]] == ["2019"]
    office.write(lambda tx: tx.bindings.add(Binding(0, "3001", "sip:3001@10.0.0.7", "main", 1.0, 501, 500)))
    (place,) = office.json("where")
    assert (place["user"], place["phone"], place["registered"]) == ("2020", "3001", True)
    assert [user["places"] for user in office.json("user", "list")] == [[], ["3001"], [], []]
    assert office.json("user", "list")[3]["phones"] == ["4001"]
    phones = {phone["number"]: phone for phone in office.json("phone", "list")}
    assert (phones["3001"]["occupant"], phones["4001"]["owner"]) == ("2020", "2001")
    assert office.json("phone", "add")["number"] == "3000"
    for _ in range(3):
        office.fails(1, "login", "--user", "2019", "--phone", "3002", "--pin", "-", stdin="x\n")
    assert len(office.json("user", "show", "2019")["locks"]) == 1
    office.write(lambda tx: tx.calls.record([CallRecord(0, "main", "a", 1.0, "2020", "3001", "2019", "2019")], [], []))
    assert [call["call_id"] for call in office.json("calls", "list", "--user", "2019", "--phone", "3001")] == ["a"]
    assert office.json("events", "list", "--kind", "pin_locked")[0]["user"] == "2019"
    assert "taken by phone 3000" in office.fails(1, "phone", "add", "--number", "3000")
