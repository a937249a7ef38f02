"""sipp with the scenarios of ``scenarios/``: many registrations or calls at once, bounded in number and time."""

from __future__ import annotations

import csv
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.clients.ports import free_port, program, tail
from tests.clients.waiting import until

SCENARIOS = Path(__file__).with_name("scenarios")


@dataclass(frozen=True)
class Outcome:
    """What sipp counted. ``problems`` are its messages about what went wrong, with the unexpected SIP messages."""

    succeeded: int
    failed: int
    exit_code: int
    problems: str

    @property
    def ok(self) -> bool:
        """Whether every call of the scenario went as written."""
        return self.exit_code == 0 and self.failed == 0


@dataclass(frozen=True)
class Credentials:
    """One line of the injection file: whom a scenario acts for. ``password`` is the secret of a phone or a PIN."""

    user: str
    password: str


class Sipp:
    """One running sipp. ``finish`` waits for its end; leaving the context kills it.

    ``people`` are used in turn, one for each call; ``values`` are the scenario's keywords (``[name]``), such as
    ``target`` and ``expires``. At most ``rate`` calls a second are begun, ``limit`` are under way at once (0: any); it
    all ends after ``seconds``. ``pause`` in milliseconds is how long a ``<pause/>`` lasts.
    """

    def __init__(
        self, scenario: str, server: tuple[str, int], *, calls: int = 1, rate: int = 10, seconds: int = 20,
        people: Sequence[Credentials] = (), values: Mapping[str, str] | None = None, ip: str = "127.0.0.1",
        transport: str = "u1", limit: int = 0, pause: int = 50,
    ) -> None:  # fmt: skip
        self.ip = ip
        self.port = free_port(ip)
        self._seconds = seconds
        self._directory = tempfile.TemporaryDirectory(prefix="sipp-")
        self._place = Path(self._directory.name)
        media = free_port(ip, 4)
        self._command = [
            program("sipp", "sip-tester"), f"{server[0]}:{server[1]}", "-sf", str(SCENARIOS / f"{scenario}.xml"),
            "-i", ip, "-p", str(self.port), "-mi", ip, "-mp", str(media), "-t", transport,
            "-m", str(calls), "-r", str(rate), "-timeout", f"{seconds}s", "-timeout_error", "-nostdin",
            "-trace_stat", "-stf", str(self._place / "stat.csv"), "-fd", "1",
            "-trace_err", "-error_file", str(self._place / "errors"), "-cp", str(free_port()),
            "-trace_logs", "-log_file", str(self._place / "told"), "-d", str(pause),
        ]  # fmt: skip
        if limit:
            self._command += ["-l", str(limit)]
        for name, value in {"server": f"{server[0]}:{server[1]}", **(values or {})}.items():
            self._command += ["-key", name, value]
        if people:
            rows = (
                f"{one.user};{one.password};[authentication username={one.user} password={one.password}]"
                for one in people
            )
            (self._place / "people.csv").write_text("\n".join(["SEQUENTIAL", *rows]) + "\n")
            self._command += ["-inf", str(self._place / "people.csv")]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._place / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self._place
            )
        # The statistics file appears when sipp is set up; a server's socket is open by then.
        until(lambda: (self._place / "stat.csv").exists() or self.has_ended(), "sipp runs", 5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._directory.cleanup()

    def has_ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def finish(self) -> Outcome:
        """Wait for the end, which comes after all calls or the time given, and read the counts."""
        assert self._process is not None
        code = self._process.wait(self._seconds + 10)
        stat = self._place / "stat.csv"
        if not stat.exists():
            raise AssertionError(f"sipp did not run:\n{tail(self._place / 'log')}\n{self._problems()}")
        with stat.open(newline="") as file:
            last = list(csv.DictReader(file, delimiter=";"))[-1]
        return Outcome(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), code, self._problems())

    def told(self) -> list[str]:
        """What the scenario has logged so far, line by line."""
        log = self._place / "told"
        return log.read_text("utf-8", errors="replace").splitlines() if log.exists() else []

    def _problems(self) -> str:
        errors = self._place / "errors"
        return errors.read_text("utf-8", errors="replace") if errors.exists() else ""


def run(
    scenario: str, server: tuple[str, int], *, calls: int = 1, rate: int = 10, seconds: int = 20,
    people: Sequence[Credentials] = (), values: Mapping[str, str] | None = None, ip: str = "127.0.0.1",
    transport: str = "u1",
) -> Outcome:  # fmt: skip
    """Run a scenario to its end. See Sipp for what it takes."""
    one = Sipp(
        scenario,
        server,
        calls=calls,
        rate=rate,
        seconds=seconds,
        people=people,
        values=values,
        ip=ip,
        transport=transport,
    )
    with one as running:
        return running.finish()
