"""The doctor (issue 2, what 1): every fault is found, named, and comes with what to do."""

import shutil
import socket
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.clients.ports import free_port

from freeseat.application.directory.rules import found
from freeseat.bootstrap.doctor import Check, Verdict, examine, worst
from freeseat.bootstrap.doctor.data import check_data
from freeseat.bootstrap.doctor.machine import check_machine
from freeseat.bootstrap.doctor.switch import PACKAGE_OF, check_switch, modules_needed
from freeseat.bootstrap.key import load_or_create_key
from freeseat.domain.actors import Actor
from freeseat.domain.directory import DEFAULT_CODES, TrustedNetwork
from freeseat.settings import Settings, SipSettings, VoiceSettings
from freeseat.store.database import Database
from freeseat.store.hints import NoHint
from freeseat.store.migrate import migrate
from freeseat.store.vault import AesVault

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    first, asks, voice = free_port("127.0.0.1", 2), free_port(), free_port()
    sip = SipSettings.model_validate({"listen": ["127.0.0.1"], "port": first, "tls_port": first + 1, "asks_port": asks})
    return Settings(
        data_dir=tmp_path / "data",
        runtime_dir=tmp_path / "run",
        sip=sip,
        voice=VoiceSettings(port=voice, rtp_first=1024, rtp_last=1025),
    )


@pytest.fixture
def founded(settings: Settings) -> Settings:
    settings.data_dir.mkdir()
    with database_of(settings) as database:
        migrate(database.engine)
        database.write(lambda tx: found(tx, Actor.system(), datetime.now(UTC), DEFAULT_CODES))
    return settings


def database_of(settings: Settings) -> closing[Database]:
    key = load_or_create_key(settings.secrets_key_file)
    return closing(Database(settings.database_url, AesVault(key), NoHint()))


def of(checks: list[Check], name: str) -> Check:
    (found,) = [check for check in checks if check.name == name]
    return found


def test_every_fault_comes_with_what_to_do(settings: Settings) -> None:
    checks = examine(settings)
    assert [check for check in checks if (check.verdict == Verdict.OK) != (check.advice == "")] == []
    assert [check for check in checks if not check.finding] == []
    assert not settings.data_dir.exists(), "the doctor changes nothing"


def test_kamailio_of_this_machine_fits(settings: Settings) -> None:
    checks = check_switch(settings)
    assert [check.name for check in checks] == ["Kamailio", "Kamailio's modules", "Kamailio's configuration"]
    assert worst(checks) == Verdict.OK, checks


def _kamailio(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder.mkdir()
    (folder / "kamailio").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "kamailio").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_an_old_kamailio_is_refused(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _kamailio(tmp_path / "bin", monkeypatch, 'echo "  Version: kamailio 5.5.4 (x86_64/linux)"')
    (check,) = check_switch(settings)
    assert check.verdict == Verdict.FAIL
    assert "5.5.4 is too old" in check.finding


def test_missing_modules_are_named_with_their_package(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    for module in modules_needed(tls=True):
        if module not in ("evapi", "app_python3"):
            (modules / f"{module}.so").touch()
    told = f'echo "kamailio 5.6.3"; echo "  Default paths to modules: {modules}"'
    _kamailio(tmp_path / "bin", monkeypatch, told)
    check = of(check_switch(settings), "Kamailio's modules")
    assert check.verdict == Verdict.FAIL
    assert "evapi, app_python3" in check.finding
    assert "kamailio-extra-modules kamailio-python3-modules" in check.advice


def test_a_configuration_that_kamailio_refuses_is_quoted(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.which("kamailio")
    script = f'[ "$1" = -I ] && exec {real} -I\necho " 0(1) CRITICAL: parse error, line 7" >&2; exit 255'
    _kamailio(tmp_path / "bin", monkeypatch, script)
    check = of(check_switch(settings), "Kamailio's configuration")
    assert check.verdict == Verdict.FAIL
    assert "parse error, line 7" in check.finding


def test_tls_needs_its_module_only_if_it_is_on() -> None:
    assert set(modules_needed(tls=True)) - set(modules_needed(tls=False)) == {"tls"}


def test_the_packages_that_are_installed_carry_every_module() -> None:
    packages = (ROOT / "packaging/apt/run.txt").read_text().split()
    assert set(PACKAGE_OF.values()) <= set(packages)
    assert set(PACKAGE_OF) <= set(modules_needed(tls=True))


def test_free_ports_are_ok(settings: Settings) -> None:
    assert of(check_machine(settings), "ports").verdict == Verdict.OK


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_taken_port_is_named_with_who_holds_it(settings: Settings, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", settings.sip.port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        check = of(check_machine(settings), "port of SIP")
    assert check.verdict == Verdict.FAIL
    assert f"127.0.0.1 port {settings.sip.port}: address already in use by python" in check.finding


def test_before_the_first_start_database_and_key_are_only_not_there_yet(settings: Settings) -> None:
    checks = check_data(settings)
    assert of(checks, "key").verdict == Verdict.WARN
    assert of(checks, "database").verdict == Verdict.WARN
    assert "freeseat init" in of(checks, "database").advice


def test_a_founded_database_is_ok(founded: Settings) -> None:
    checks = check_data(founded)
    assert of(checks, "key").verdict == Verdict.OK
    assert of(checks, "database").verdict == Verdict.OK
    assert of(checks, "sealed secrets").verdict == Verdict.OK


def test_no_trusted_network_is_a_warning_for_it_admits_nobody(founded: Settings) -> None:
    """R2.2: an empty list admits nobody."""
    check = of(check_data(founded), "trusted networks")
    assert check.verdict == Verdict.WARN
    assert "nobody can register as himself" in check.finding


def test_trusted_networks_are_told(founded: Settings) -> None:
    with database_of(founded) as database:
        database.write(lambda tx: tx.trusted.add(TrustedNetwork(0, "10.1.0.0/16", "office")))
    assert "10.1.0.0/16" in of(check_data(founded), "trusted networks").finding


def test_emergency_numbers_that_lead_nowhere_are_told(founded: Settings) -> None:
    """R4.7: emergency numbers always work; until somebody says where to, they are answered by an announcement."""
    check = of(check_data(founded), "emergency numbers")
    assert check.verdict == Verdict.WARN
    assert "112" in check.finding


def test_a_key_open_to_others_is_a_fault(founded: Settings) -> None:
    founded.secrets_key_file.chmod(0o644)
    check = of(check_data(founded), "key")
    assert check.verdict == Verdict.FAIL
    assert "0600" in check.advice


def test_a_lost_key_is_a_fault(founded: Settings) -> None:
    founded.secrets_key_file.unlink()
    check = of(check_data(founded), "key")
    assert check.verdict == Verdict.FAIL
    assert "restore it from backup" in check.advice


def test_an_unreachable_database_is_a_fault(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.model_validate(
        settings.model_dump() | {"database": {"url": f"postgresql://fs:hunter2@127.0.0.1:{free_port()}/fs"}}
    )
    check = of(check_data(settings), "database")
    assert check.verdict == Verdict.FAIL
    assert "hunter2" not in check.finding
    assert "start the database server" in check.advice


def test_missing_prompts_are_counted_and_named(settings: Settings) -> None:
    check = of(check_data(settings), "prompts")
    assert check.verdict == Verdict.FAIL
    assert "en/digit_0" in check.finding
    assert check.advice == "run: freeseat prompts render"


def test_a_directory_that_cannot_be_written_is_a_fault(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    unwritable = Settings.model_validate(settings.model_dump() | {"data_dir": tmp_path / "file" / "data"})
    assert of(check_machine(unwritable), "data directory").verdict == Verdict.FAIL


def test_worst_of_nothing_is_ok() -> None:
    assert worst([]) == Verdict.OK
    assert worst([Check("a", Verdict.WARN, "b", "c"), Check("a", Verdict.FAIL, "b", "c")]) == Verdict.FAIL
