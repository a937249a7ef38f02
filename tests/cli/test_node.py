"""`freeseat init`, `settings`, `doctor`, `prompts`, `version`, `sample-office`; a command as a process of its own."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.cli.commands import Freeseat


def test_init_makes_directory_key_and_database_and_may_be_run_again(tmp_path: Path) -> None:
    office = Freeseat(tmp_path)
    made = office.json("init", "--no-prompts")
    assert made == {
        "data_dir": str(tmp_path / "data"),
        "runtime_dir": str(tmp_path / "run"),
        "key_file": str(tmp_path / "data" / "secrets.key"),
        "database": f"sqlite:///{tmp_path / 'data' / 'freeseat.sqlite'}",
        "prompts": str(tmp_path / "data" / "prompts"),
        "prompts_rendered": 0,
        "classes": ["standard"],
    }
    key = Path(made["key_file"])
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert "back it up" in office.do("init", "--no-prompts")
    assert key.read_bytes() == before


def test_the_first_command_makes_what_it_needs(tmp_path: Path) -> None:
    assert Freeseat(tmp_path).json("user", "list") == []


def test_settings_are_shown_with_their_origin_and_secrets_masked(tmp_path: Path) -> None:
    office = Freeseat(tmp_path, "postgresql://freeseat:hidden@db.example.org/freeseat")
    rows = {row["name"]: row for row in office.json("settings")}
    assert all(set(row) == {"name", "value", "origin", "meaning"} for row in rows.values())
    assert rows["data_dir"]["origin"] == str(office.config)
    assert rows["sip.port"]["origin"] == "default"
    for told in (json.dumps(rows), office.do("settings")):
        assert "hidden" not in told
        assert "db.example.org" in told


def test_the_doctor_says_what_to_do_and_ends_with_1_if_something_cannot_work(empty: Freeseat) -> None:
    """The prompts are missing in this office."""
    result = empty.run("doctor", "--json")
    assert result.code == 1
    checks = {check["name"]: check for check in json.loads(result.out)}
    assert set(checks["database"]) == {"name", "verdict", "finding", "advice"}
    assert checks["database"]["verdict"] == "ok"
    assert checks["prompts"]["verdict"] == "fail"
    table = empty.run("doctor")
    assert table.code == 1
    assert checks["prompts"]["advice"] in table.out


def test_rendering_prompts_of_an_unknown_language_is_refused(empty: Freeseat) -> None:
    assert "use one of en, de" in empty.fails(2, "prompts", "render", "--language", "tlh")


def test_prompts_cannot_be_rendered_without_a_synthesiser(empty: Freeseat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "install the package flite" in empty.fails(3, "prompts", "render")


def test_the_version(empty: Freeseat) -> None:
    assert set(empty.json("version")) == {"freeseat", "python"}
    assert empty.do("version").startswith("freeseat ")


# -- the sample office


def test_the_sample_office_is_whole_and_has_no_default_passwords(made: Freeseat, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = made.copy(tmp_path / "a").json("sample-office")
    assert set(first) == {"server", "port", "phones", "people", "trusted", "new", "applied"}
    assert [phone["number"] for phone in first["phones"]] == ["3001", "3002", "3003", "3004", "4001"]
    assert [(one["number"], one["name"]) for one in first["people"]] == [
        ("2019", "Bill"), ("2020", "Ann"), ("2021", "Carla"), ("2001", "Dora"),
    ]  # fmt: skip
    second = made.copy(tmp_path / "b").json("sample-office")
    assert not {phone["secret"] for phone in first["phones"]} & {phone["secret"] for phone in second["phones"]}
    assert [one["pin"] for one in first["people"]] != [one["pin"] for one in second["people"]]


def test_people_of_the_sample_office_can_log_in(empty: Freeseat) -> None:
    people = {one["number"]: one["pin"] for one in empty.json("sample-office")["people"]}
    empty.do("login", "--user", "2019", "--phone", "3001", "--pin", people["2019"])
    assert "assigned phone" in empty.fails(1, "login", "--user", "2001", "--phone", "3002", "--pin", people["2001"])
    assert empty.json("phone", "show", "4001")["owner"] == "2001"
    assert [each["cidr"] for each in empty.json("trusted", "list")] == ["127.0.0.0/8"]


def test_the_sample_office_may_be_entered_again_and_then_shows_no_pins(empty: Freeseat) -> None:
    first = empty.json("sample-office")
    empty.do("login", "--user", "2019", "--phone", "3001")
    again = empty.json("sample-office")
    assert again["new"] == []
    assert again["phones"] == first["phones"], "secrets of phones can be shown"
    assert [one["pin"] for one in again["people"]] == [None] * 4, "PINs cannot (R1.8)"
    assert empty.json("locate", "2019"), "nobody is logged out by it"
    told = empty.do("sample-office")
    assert "freeseat sample-office --reset-pins" in told
    assert not any(one["pin"] in told.split() for one in first["people"])
    reset = empty.json("sample-office", "--reset-pins")
    assert all(one["pin"] for one in reset["people"])
    empty.do("login", "--user", "2020", "--phone", "3002", "--pin", reset["people"][1]["pin"])


def test_the_sample_office_tells_how_to_register_two_softphones(empty: Freeseat) -> None:
    told = empty.do("sample-office")
    for number in ("3001", "3002"):
        secret = empty.do("phone", "secret", number).strip()
        assert f"auth_user={number};auth_pass={secret}" in told
    assert "dial *45" in told


def test_the_sample_office_does_not_push_others_aside(empty: Freeseat) -> None:
    empty.do("policy", "set", "shared_phone_ranges=5000-5999")
    assert "5000-5999" in empty.fails(2, "sample-office")
    assert empty.json("user", "list") == []


# -- as a process


def test_a_command_as_a_process_of_its_own(empty: Freeseat) -> None:
    added = empty.process("user", "add", "--number", "2019", "--name", "Bjørn", "--hot-desk", "--json")
    assert (added.returncode, added.stderr) == (0, "")
    assert json.loads(added.stdout)["name"] == "Bjørn"
    listed = empty.process("user", "list")
    assert "Bjørn" in listed.stdout
    assert "\x1b" not in listed.stdout, "no colours where nobody sees them"
    refused = empty.process("logout", "--user", "2019")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "error: refused: nobody is logged in there\n"


def test_the_settings_file_can_be_named_before_or_after_the_command(empty: Freeseat) -> None:
    nowhere = {name: value for name, value in empty.environment.items() if name != "FREESEAT_CONFIG"}
    for arguments in (
        ("--config", str(empty.config), "settings", "--json"),
        ("settings", "--config", str(empty.config), "--json"),
    ):
        done = empty.process(*arguments, env=nowhere)
        assert done.returncode == 0, done
        assert str(empty.directory / "data") in done.stdout


# -- errors


def test_settings_that_cannot_be_used_are_code_2(empty: Freeseat) -> None:
    empty.config.write_text("sip.port = 0\nnode = 'Main Office'\n")
    told = empty.fails(2, "user", "list")
    assert "sip.port" in told
    assert "node" in told


def test_a_database_that_cannot_be_reached_is_code_3(tmp_path: Path) -> None:
    office = Freeseat(tmp_path, "postgresql://freeseat@127.0.0.1:1/freeseat")
    assert "database" in office.fails(3, "user", "list")
    assert office.error("user", "list")["code"] == "unavailable"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    office = Freeseat(tmp_path)
    (tmp_path / "data").write_text("in the way")
    assert str(tmp_path / "data") in office.fails(2, "user", "list")
