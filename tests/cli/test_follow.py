"""`freeseat follow` beside the real web process: commands follow who is at the desk (R6.5)."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from freeseat.edge.follow.occupant import Change, Occupant, change, filled
from tests.clients.waiting import until
from tests.web.conftest import certificate, served, sqlite_copies
from tests.web.desk.client import DeskCentre
from tests.web.serving import Certificate, Served

__all__ = ["certificate", "served", "sqlite_copies"]

BILL, ANN = Occupant("2019", "Bill", "3001"), Occupant("2020", "Ann {user}", "3001")
NOTE = 'echo "$@" "env=$FREESEAT_USER/$FREESEAT_PREVIOUS" >> "$NOTES"'
PHONE = 'echo "up $1" >> "$NOTES"; trap \'echo "down $1" >> "$NOTES"; exit 0\' TERM; while :; do sleep 0.05; done'
STUBBORN = 'trap "" TERM; echo "up $1" >> "$NOTES"; while :; do sleep 0.05; done'


# -- what follows from states


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        (None, None, None),
        (None, BILL, Change.LOGIN),
        (BILL, BILL, None),
        (BILL, Occupant("2019", "William", "3001"), None),
        (BILL, ANN, Change.SWITCH),
        (BILL, Occupant("2019", "Bill", "3002"), Change.SWITCH),
        (BILL, None, Change.LOGOUT),
    ],
)
def test_only_changes_are_followed(before: Occupant | None, now: Occupant | None, what: Change | None) -> None:
    assert change(before, now) is what


def test_what_is_put_in_is_never_a_placeholder_nor_another_argument() -> None:
    given = {"user": "2020", "name": "Ann {user}; rm -rf /"}
    assert filled(("run", "--name={name}", "{user}", "{other}", "{", "}{user}"), given) == [
        "run", "--name=Ann {user}; rm -rf /", "2020", "{other}", "{", "}2020",
    ]  # fmt: skip


# -- beside a real web process


class Companion:
    """`freeseat follow` as a process, and what its commands wrote down."""

    def __init__(self, directory: Path, centre: DeskCentre, certificate: Certificate) -> None:
        self._directory, self._centre, self._certificate = directory, centre, certificate
        self.token = directory / "token"
        self.token.write_text(f"https://freeseat.example/desk/link/{centre.tokens['desk 1']}\n")
        self._notes = directory / "notes"
        for name, text in (("note", NOTE), ("phone", PHONE), ("stubborn", STUBBORN)):
            (directory / name).write_text(text)

    def command(self, script: str, *arguments: str) -> str:
        return " ".join(("/bin/sh", str(self._directory / script), *arguments))

    @property
    def notes(self) -> list[str]:
        return self._notes.read_text().splitlines() if self._notes.exists() else []

    def wrote(self, *lines: str) -> None:
        """All that was written down by now, in this order."""
        until(lambda: len(self.notes) >= len(lines), "it became so", 15)
        assert self.notes == list(lines)

    @contextmanager
    def follows(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        argv = [str(Path(sys.executable).with_name("freeseat")), "follow", "--url", self._centre.served.url]
        argv += ["--workplace-token-file", str(self.token), "--ca", str(self._certificate.certificate), *options]
        environment = {"NOTES": str(self._notes), "PATH": "/usr/bin:/bin", "FREESEAT_CONFIG": "/nowhere/freeseat.toml"}
        process = subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            self.said = process.communicate(timeout=20)[1]
            self.code = process.returncode


@pytest.fixture
def centre(served: Served) -> DeskCentre:
    return DeskCentre(served)


@pytest.fixture
def companion(tmp_path: Path, centre: DeskCentre, certificate: Certificate) -> Companion:
    return Companion(tmp_path, centre, certificate)


def hooks(companion: Companion) -> tuple[str, ...]:
    note: Callable[..., str] = companion.command
    return (
        "--on-login", note("note", "login", "{user}", "'{name}'", "{phone}"),
        "--on-switch", note("note", "switch", "{previous}", "{user}"),
        "--on-logout", note("note", "logout", "{user}"),
    )  # fmt: skip


def test_login_switch_and_logout_run_their_commands(centre: DeskCentre, companion: Companion) -> None:
    with companion.follows(*hooks(companion)):
        centre.login("2019", "3001")
        first = "login 2019 User 2019 3001 env=2019/"
        companion.wrote(first)
        centre.login("2020", "3001")
        companion.wrote(first, "switch 2019 2020 env=2020/2019")
        centre.logout("3001")
        companion.wrote(first, "switch 2019 2020 env=2020/2019", "logout 2020 env=2020/2020")
    assert companion.code == 0
    assert "switch: 2020 User 2020 at phone 3001, instead of 2019" in companion.said


def test_what_runs_on_is_switched_and_ends_with_the_companion(centre: DeskCentre, companion: Companion) -> None:
    centre.login("2019", "3001")
    with companion.follows("--run", companion.command("phone", "{user}")):
        companion.wrote("up 2019")
        centre.login("2020", "3001")
        companion.wrote("up 2019", "down 2019", "up 2020")
    companion.wrote("up 2019", "down 2019", "up 2020", "down 2020")
    with companion.follows("--run", companion.command("phone", "{user}")):
        until(lambda: companion.notes[-1] == "up 2020", "it became so", 15)


def test_what_does_not_end_is_killed(centre: DeskCentre, companion: Companion) -> None:
    centre.login("2019", "3001")
    with companion.follows("--run", companion.command("stubborn", "{user}"), "--patience", "0.2"):
        companion.wrote("up 2019")
        centre.login("2020", "3001")
        companion.wrote("up 2019", "up 2020")
    assert companion.code == 0


def test_without_a_command_for_switches_the_others_run(centre: DeskCentre, companion: Companion) -> None:
    centre.login("2019", "3001")
    with companion.follows("--on-login", companion.command("note", "login", "{user}"),
                           "--on-logout", companion.command("note", "logout", "{user}")):  # fmt: skip
        companion.wrote("login 2019 env=2019/")
        centre.login("2020", "3001")
        first = ("login 2019 env=2019/", "logout 2019 env=2019/2019", "login 2020 env=2020/2019")
        companion.wrote(*first)
    companion.wrote(*first, "logout 2020 env=2020/2020")


def test_a_command_that_fails_hinders_nothing(centre: DeskCentre, companion: Companion) -> None:
    with companion.follows("--on-login", "/nowhere/at-all", "--run", companion.command("phone", "{user}")):
        centre.login("2019", "3001")
        companion.wrote("up 2019")
    assert "/nowhere/at-all: No such file" in companion.said


def test_a_link_that_is_taken_away_ends_what_was_started(centre: DeskCentre, companion: Companion) -> None:
    centre.login("2019", "3001")
    with companion.follows("--run", companion.command("phone", "{user}")) as process:
        companion.wrote("up 2019")
        centre.revoke("desk 1")
        assert process.wait(20) == 1
    companion.wrote("up 2019", "down 2019")
    assert "opens no workplace" in companion.said


def test_a_server_that_is_not_there_is_waited_for(centre: DeskCentre, companion: Companion) -> None:
    """Nothing is done that was done: the state is the same when the connection is back."""
    centre.login("2019", "3001")
    with companion.follows(*hooks(companion), "--url", "https://127.0.0.1:9") as process:
        assert process.stderr is not None
        assert "tried again" in process.stderr.readline()
    assert companion.code == 0
    assert companion.notes == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--url", "http://freeseat.example"), "https"),
        (("--workplace-token-file", "/nowhere"), "No such file"),
        (("--run", "'"), "quotes in pairs"),
        (("--ca", "/etc/hostname"), "PEM"),
    ],
)
def test_what_cannot_work_is_said(companion: Companion, options: tuple[str, ...], says: str) -> None:
    with companion.follows(*options) as process:
        assert process.wait(20) in (2, 3)
    assert says in companion.said
    assert "Traceback" not in companion.said


def test_it_runs_without_settings_and_database() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, freeseat.cli.follow; print(' '.join(sys.modules))"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert not {"freeseat.settings", "freeseat.store", "sqlalchemy", "fastapi", "sippy"} & set(found)
