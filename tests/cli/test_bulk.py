"""`freeseat import`, `freeseat export` and `freeseat report` (R1.7, R10.3)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.commands import Freeseat


def test_three_bad_lines_and_nothing_is_done_then_a_good_file(office: Freeseat, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("number,name,pin\n2101,Carla,4711\n2019,Bill,\nx,Eve,\n2102,Fay,12\n")
    result = office.run("import", "users", str(file))
    assert result.code == 2
    assert [line in result.out for line in ("it exists already", "use 1 to 15 digits", "use 4 digits")] == [True] * 3
    assert "3 bad lines: nothing is done" in result.out
    assert len(office.json("user", "list")) == 3
    file.write_text("number,name,pin\n2101,Carla,4711\n2102,Fay,5822\n")
    assert "dry run" in office.do("import", "users", str(file), "--dry-run")
    assert office.json("import", "users", str(file)) == {
        "kind": "users", "applied": True, "added": 2, "changed": 0, "unchanged": 0, "faults": []
    }  # fmt: skip
    assert office.json("user", "show", "2102")["name"] == "Fay"


def test_an_export_imports_again_unchanged(office: Freeseat, tmp_path: Path) -> None:
    office.do("queue", "add", "--number", "800", "--code", "811", "--name", "=Sales")
    for kind, count in (("users", 3), ("phones", 3), ("queues", 1)):
        file = tmp_path / f"{kind}.csv"
        file.write_text(office.do("export", kind))
        found = office.json("import", kind, str(file), "--change")
        assert (found["applied"], found["unchanged"]) == (True, count)


def test_faults_for_programs(office: Freeseat) -> None:
    result = office.run("import", "phones", "-", "--json", stdin="number\n9999\n")
    assert result.code == 2
    (fault,) = json.loads(result.out)["faults"]
    assert (fault["line"], fault["field"], fault["value"]) == (2, "number", "9999")


def test_a_file_that_is_not_there(office: Freeseat) -> None:
    assert "/none.csv" in office.fails(3, "import", "users", "/none.csv")


def test_reports(office: Freeseat) -> None:
    office.do("login", "--user", "2019", "--phone", "3001")
    assert office.json("report", "where")[0]["user"] == "2019"
    assert office.do("report", "where", "--csv").startswith("id,user,name,place")
    rows = office.json("report", "occupancy", "--from", "1h", "--by", "hour", "--timezone", "Europe/Berlin")
    assert {row["site"] for row in rows} == {"berlin"}
    assert office.json("report", "seats")[-1]["used"] == 1
    assert "enabled" in office.do("report", "seats")
    assert office.do("report", "queues") == office.do("report", "queues", "--members")
    assert office.json("report", "failures") == []
    assert "use a time after --from" in office.fails(2, "report", "where", "--from", "1h", "--to", "2h")
    assert "Europe/Berlin" in office.fails(2, "report", "seats", "--timezone", "Mars")
