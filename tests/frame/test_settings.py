"""Settings: one file plus environment, read once, secrets masked, faults named (issue 2, what 1)."""

import os
from ipaddress import ip_address
from pathlib import Path

import pytest
from pydantic import ValidationError

from freeseat.settings import Settings, SettingsError, describe, read_settings


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FREESEAT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "freeseat.toml"
    path.write_text(
        f'node = "north"\ndata_dir = "{tmp_path}/data"\n'
        '[database]\nurl = "postgresql://fs:hunter2@db/freeseat"\n'
        '[sip]\nport = 5070\nlisten = ["127.0.0.1", "::1"]\n'
    )
    return path


def faults(path: Path | None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    return str(caught.value).splitlines()


def test_file_then_defaults(file: Path, tmp_path: Path) -> None:
    settings = read_settings(file)
    assert settings.node == "north"
    assert settings.sip.listen == (ip_address("127.0.0.1"), ip_address("::1"))
    assert settings.sip.tls_port == 5061
    assert settings.secrets_key_file == tmp_path / "data/secrets.key"


def test_without_a_file_the_database_is_sqlite_in_the_data_directory(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database_url == f"sqlite:///{tmp_path}/freeseat.sqlite"


def test_a_variable_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESEAT_SIP__PORT", "5090")
    monkeypatch.setenv("FREESEAT_SIP__ALGORITHMS", "MD5, SHA-256")
    monkeypatch.setenv("FREESEAT_CONFIG", str(file))
    settings = read_settings()
    assert settings.sip.port == 5090
    assert settings.sip.algorithms == ("MD5", "SHA-256")
    assert settings.sip.listen, "the file's other values of the same section stay"


def test_settings_are_frozen(file: Path) -> None:
    with pytest.raises(ValidationError):
        read_settings(file).node = "other"


def test_secrets_are_masked_in_text_and_in_the_description(file: Path) -> None:
    settings = read_settings(file)
    rows = {row.name: row for row in describe(settings)}
    assert "hunter2" not in repr(settings) + str(settings) + str(rows)
    assert rows["database.url"].value == "postgresql://fs:********@db/freeseat"
    assert settings.database_url == "postgresql://fs:hunter2@db/freeseat"


def test_the_description_tells_where_each_value_comes_from(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESEAT_NODE", "south")
    origins = {row.name: row.origin for row in describe(read_settings(file))}
    assert origins["node"] == "FREESEAT_NODE"
    assert origins["sip.port"] == str(file)
    assert origins["voice.port"] == "default"


def test_every_setting_has_a_meaning() -> None:
    assert [row.name for row in describe(Settings()) if not row.meaning] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bogus = 1", "bogus: there is no such setting"),
        ("[sip]\nprt = 5060", "sip.prt: there is no such setting"),
        ("[sip]\nport = 70000", "sip.port = 70000: should be less than or equal to 65535"),
        ('node = "Big One"', "node = 'Big One': must be 1 to 31 small letters, digits and hyphens"),
        ('data_dir = "data"', "data_dir = 'data': must be an absolute path"),
        ('[sip]\nlisten = ["::1", "here"]', "sip.listen = 'here': must be an IPv4 or IPv6 address"),
        ("[sip]\nmax_expires_user = 601", "sip.max_expires_user = 601: should be less than or equal to 600"),
        ("[sip]\ndefault_expires = 30", "sip: min_expires, default_expires and max_expires must not decrease"),
        ("[voice]\nrtp_first = 16385", "voice: rtp_first must be even"),
        ("[voice]\nport = 17000", "voice.port 17000 lies in the RTP range"),
        ("[voice]\nport = 5060", "voice.port must differ from sip.port and sip.tls_port"),
        ('[sip]\nflood_exempt = ["10.1.2.3/8"]', "sip.flood_exempt = '10.1.2.3/8': must be a network such as"),
        ("[sip]\nblocked_agents = ['a\"b']", "sip.blocked_agents = 'a\"b': must be letters, digits"),
        ("node = ", "this is not TOML"),
    ],
)
def test_a_fault_names_file_field_value_and_what_is_right(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    (fault,) = faults(path)
    assert fault.startswith(f"{path}: ")
    assert expected in fault


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('node = "X"\n[sip]\nport = 0\n')
    assert len(faults(path)) == 2


def test_a_faulty_variable_is_named_instead_of_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESEAT_SIP__PORT", "x")
    (fault,) = faults(file)
    assert fault.startswith("FREESEAT_SIP__PORT: sip.port = 'x': ")


def test_an_unknown_variable_is_a_fault(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREESEAT_SIP__PROT", "5060")
    assert faults(file) == ["FREESEAT_SIP__PROT: there is no such setting"]


@pytest.mark.parametrize(
    "url", ["mysql://root:hunter2@db/x", "postgresql://fs:hunter2@db", "sqlite:///hunter2.sqlite", "hunter2"]
)
def test_a_faulty_database_address_is_not_repeated(tmp_path: Path, url: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f'[database]\nurl = "{url}"\n')
    (fault,) = faults(path)
    assert "hunter2" not in fault
    assert "postgresql://" in fault


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path / "absent.toml")
    assert "absent.toml: cannot be read" in fault
