"""What the frame learns from the machine: addresses, readiness, users, directories."""

import os
import socket
import threading
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import pytest

from freeseat.bootstrap.addresses import local_addresses
from freeseat.bootstrap.privileges import become_user, make_directories
from freeseat.bootstrap.ready import is_marked_ready, mark_ready, takes_calls, unmark_ready
from freeseat.settings import Settings, SettingsError

FIB = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 192.0.2.0
        /24 link UNICAST
Local:
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
     |-- 192.0.2.7
        /32 host LOCAL
     |-- 169.254.3.4
        /32 host LOCAL
"""
V6 = """00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000007 02 40 00 80     eth0
20010db8000000000000000000000008 02 40 00 01     eth0
20010db8000000000000000000000009 02 40 00 40     eth0
fe8000000000000000fc00fffe000001 02 40 20 80     eth0
"""


def test_addresses_are_those_that_phones_can_reach_for_long(tmp_path: Path) -> None:
    (tmp_path / "fib_trie").write_text(FIB)
    (tmp_path / "if_inet6").write_text(V6)
    found = [str(address) for address in local_addresses(tmp_path)]
    assert found == ["127.0.0.1", "192.0.2.7", "::1", "2001:db8::7"]


def test_addresses_where_ipv6_is_off(tmp_path: Path) -> None:
    (tmp_path / "fib_trie").write_text(FIB)
    assert not [address for address in local_addresses(tmp_path) if isinstance(address, IPv6Address)]


def test_addresses_of_this_very_machine() -> None:
    assert ip_address("127.0.0.1") in local_addresses()


def test_ready_is_said_by_the_process_and_forgotten_before_its_next_start(tmp_path: Path) -> None:
    assert not is_marked_ready(tmp_path, "control")
    mark_ready(tmp_path, "control")
    assert is_marked_ready(tmp_path, "control")
    assert not is_marked_ready(tmp_path, "voice")
    unmark_ready(tmp_path, "control")
    assert not is_marked_ready(tmp_path, "control")


def test_a_process_that_is_started_by_itself_finds_no_directory_of_a_node(tmp_path: Path) -> None:
    mark_ready(tmp_path / "run", "web")
    assert is_marked_ready(tmp_path / "run", "web")


@pytest.mark.parametrize(("answer", "serving"), [(b"SIP/2.0 200 OK\r\n\r\n", True), (b"SIP/2.0 503 Starting", False)])
def test_takes_calls_once_it_answers_otherwise_than_503(answer: bytes, serving: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def reply() -> None:
            request, client = server.recvfrom(2048)
            assert request.startswith(b"OPTIONS sip:127.0.0.1:")
            server.sendto(answer, client)

        thread = threading.Thread(target=reply)
        thread.start()
        assert takes_calls("127.0.0.1", server.getsockname()[1]) is serving
        thread.join()


def test_nobody_there_takes_no_calls() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        assert not takes_calls("127.0.0.1", port)
    assert not takes_calls("127.0.0.1", port)


def test_directories_are_closed_to_strangers(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", runtime_dir=tmp_path / "run")
    make_directories(settings)
    for directory in (settings.data_dir, settings.runtime_dir, settings.log_dir):
        assert directory.stat().st_mode & 0o777 == 0o750


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=f"{tmp_path}/file/data: cannot be made"):
        make_directories(Settings(data_dir=tmp_path / "file" / "data", runtime_dir=tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up root")
class TestAsRoot:
    def test_an_unknown_user_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="there is no such system user"):
            become_user(Settings(data_dir=tmp_path, user="no-such-user"))

    def test_root_is_given_up_for_good(self, tmp_path: Path) -> None:
        """In a child process, for there is no way back."""
        pid = os.fork()
        if pid == 0:
            try:
                become_user(Settings(data_dir=tmp_path, user="nobody"))
            except SettingsError as error:  # where strangers cannot read the checkout
                os._exit(0 if "cannot use" in str(error) and os.getuid() else 1)
            os._exit(0 if os.getuid() and os.getgid() and 0 not in os.getgroups() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    def test_directories_belong_to_the_user(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path / "data", runtime_dir=tmp_path / "run", user="nobody")
        make_directories(settings)
        assert settings.data_dir.owner() == "nobody"
        assert settings.runtime_dir.owner() == "nobody"
