"""From settings to processes: what Kamailio, voice and the supervisor are told."""

import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

import pytest

from freeseat.bootstrap.node import address_for_phones, addresses, kamailio_settings, node_processes
from freeseat.bootstrap.voice import voice_settings
from freeseat.edge.switch.bindings_file import create
from freeseat.settings import LogSettings, Settings, SipSettings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    sip = SipSettings.model_validate({"listen": ["192.0.2.7", "2001:db8::7"], "port": 5070, "tls_port": 5071})
    return Settings(data_dir=tmp_path / "data", runtime_dir=tmp_path / "run", sip=sip)


def test_kamailio_listens_at_every_address_with_every_transport(settings: Settings) -> None:
    told = kamailio_settings(settings)
    assert told.udp == told.tcp == ("192.0.2.7:5070", "[2001:db8::7]:5070")
    assert told.tls == ("192.0.2.7:5071", "[2001:db8::7]:5071")


def test_without_a_tls_port_there_is_no_tls(settings: Settings) -> None:
    sip = settings.sip.model_copy(update={"tls_port": 0})
    assert kamailio_settings(settings.model_copy(update={"sip": sip})).tls == ()


def test_a_certificate_of_its_own_is_made_once_and_outlives_a_reboot(settings: Settings) -> None:
    node_processes(settings)
    made = kamailio_settings(settings).tls_certificate
    assert made == settings.data_dir / "tls.crt"
    before = made.read_bytes()
    shutil.rmtree(settings.runtime_dir)  # as a reboot does to /run
    node_processes(settings)
    assert made.read_bytes() == before


def test_without_addresses_all_of_the_machine_are_used() -> None:
    assert "127.0.0.1" in [str(address) for address in addresses(Settings())]


def test_voice_takes_calls_from_every_address_that_kamailio_may_send_from(settings: Settings) -> None:
    """Kamailio sends on from the address at which it got the call, not from loopback."""
    sources = voice_settings(settings).sources
    assert {ip_network("127.0.0.1"), ip_network("192.0.2.7"), ip_network("2001:db8::7")} == set(sources)


def test_kamailio_never_logs_whole_messages(settings: Settings) -> None:
    assert kamailio_settings(settings.model_copy(update={"log": LogSettings(level="debug")})).log_level < 3


def test_phones_are_told_the_advertised_address_first(settings: Settings) -> None:
    assert str(address_for_phones(settings)) == "192.0.2.7"
    sip = SipSettings.model_validate({"listen": ["127.0.0.1", "192.0.2.7"], "advertise": "203.0.113.5"})
    assert str(address_for_phones(settings.model_copy(update={"sip": sip}))) == "203.0.113.5"
    sip = SipSettings.model_validate({"listen": ["127.0.0.1"]})
    assert str(address_for_phones(settings.model_copy(update={"sip": sip}))) == "127.0.0.1"


def test_only_kamailio_outlives_the_supervisor(settings: Settings) -> None:
    specs = node_processes(settings)
    assert [spec.name for spec in specs] == ["control", "kamailio", "voice", "web"]
    assert [spec.name for spec in specs if spec.adopt] == ["kamailio"]


def test_kamailio_is_started_with_the_fast_memory_manager_and_takes_its_configuration(settings: Settings) -> None:
    kamailio = node_processes(settings)[1]
    assert " -x fm -X fm " in f" {' '.join(kamailio.argv)} "
    assert "-DD" in kamailio.argv
    configuration = kamailio.argv[kamailio.argv.index("-f") + 1]
    done = subprocess.run(("kamailio", "-c", "-f", configuration), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_kamailio_left_over_counts_as_another_one_after_a_change_of_settings(settings: Settings) -> None:
    same, again = node_processes(settings)[1], node_processes(settings)[1]
    sip = settings.sip.model_copy(update={"port": 5080})
    other = node_processes(settings.model_copy(update={"sip": sip}))[1]
    assert (same.argv, same.stamp) == (again.argv, again.stamp)
    assert same.stamp != other.stamp


def test_bindings_are_renewed_before_each_start_of_kamailio(settings: Settings) -> None:
    """docs/switch-contract.md, "Bindings across a kill"."""
    kamailio = node_processes(settings)[1]
    path = settings.runtime_dir / "bindings.sqlite"
    create(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "INSERT INTO location (ruid, username, contact, expires, callid, cseq, last_modified, granted) "
            "VALUES ('r', '3001', 'sip:3001@192.0.2.9', 1, 'c', 1, 1, 500)"
        )
    assert kamailio.prepare is not None
    kamailio.prepare()
    with closing(sqlite3.connect(path)) as database:
        (expires,) = database.execute("SELECT expires FROM location").fetchone()
    assert abs(int(expires) - time.time() - 500) < 10
