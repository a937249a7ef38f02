"""A whole Freeseat: ``freeseat serve`` with its Kamailio, control plane and voice, in a directory of its own.

Nothing here reaches into the product: settings are written as a file, everything else goes through the command line,
and processes are known by what the supervisor tells in its runtime directory.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from freeseat.bootstrap.running import status
from freeseat.bootstrap.state import ChildState
from tests.clients.account import Account, Transport
from tests.clients.ports import free_port, tail
from tests.clients.waiting import until

Process = Literal["kamailio", "control", "voice", "web"]

REALM = "office.test"


@dataclass(frozen=True)
class Result:
    """What one ``freeseat`` command gave: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    def __str__(self) -> str:
        return f"exit code {self.code}\n{self.out}{self.err}"


class Node:
    """A node, as a context manager: started and healthy within, stopped and removed after.

    ``database_url`` is a PostgreSQL URL; without it the node uses SQLite. ``settings`` are added to the settings file,
    by section (``{"sip": {"max_expires": 60}}``; the section "" is the top).
    ``prompts`` is a directory with rendered prompts to share, since rendering takes a while.
    """

    def __init__(
        self,
        database_url: str = "",
        settings: Mapping[str, Mapping[str, object]] | None = None,
        prompts: Path | None = None,
    ) -> None:
        self.ip = "127.0.0.1"
        self.port = free_port(self.ip, 2)
        self.tls_port = self.port + 1
        self.directory = Path(tempfile.mkdtemp(prefix="node-"))
        self.config = self.directory / "freeseat.toml"
        self.runtime = self.directory / "run"
        self.logs = self.directory / "log"
        self._settings = _merged(self._own_settings(database_url, prompts), settings or {})
        self._supervisor: subprocess.Popen[bytes] | None = None

    def _own_settings(self, database_url: str, prompts: Path | None) -> dict[str, dict[str, object]]:
        rtp = free_port(self.ip, 100)
        return {
            "": {"node": "test", "data_dir": str(self.directory / "data"), "runtime_dir": str(self.runtime)},
            "database": {"url": database_url} if database_url else {},
            "sip": {
                "realm": REALM,
                "listen": [self.ip],
                "port": self.port,
                "tls_port": self.tls_port,
                "asks_port": free_port(),
                "children": 2,
                "shared_memory": 32,
            },
            "voice": {"port": free_port(), "rtp_first": rtp, "rtp_last": rtp + 99}
            | ({"prompts": str(prompts)} if prompts else {}),
            "web": {"port": 0},
            "log": {"level": "debug", "dir": str(self.logs)},
        }

    # -- life

    def __enter__(self) -> Self:
        try:
            self.write_settings()
            return self.start()
        except BaseException:
            try:
                print(self.log_tails())
            finally:
                self.remove()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is not None:
                print(self.log_tails())
            self.stop()
        finally:
            self.remove()

    def start(self, seconds: float = 30.0) -> Self:
        """Start ``freeseat serve`` in the foreground of a child of ours, and wait until all its processes are ready."""
        self.logs.mkdir(exist_ok=True)
        with (self.logs / "serve.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                [*_freeseat(), "serve"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self.environment, cwd=self.directory,
            )  # fmt: skip
        self.await_ready(seconds)
        return self

    def stop(self, seconds: float = 20.0) -> None:
        """End it as an administrator would (SIGTERM), and check that all its processes are gone."""
        if self._supervisor is None:
            return
        self._supervisor.terminate()
        try:
            code = self._supervisor.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_all()
            raise AssertionError(f"freeseat serve does not end:\n{self.log_tails()}") from None
        self._supervisor = None
        assert code == 0, f"freeseat serve ended with {code}:\n{self.log_tails()}"
        assert status(self.runtime) is None, f"left running: {status(self.runtime)}"

    def remove(self) -> None:
        """Kill what still runs, and remove all files."""
        self.kill_all()
        shutil.rmtree(self.directory, ignore_errors=True)

    def write_settings(self) -> None:
        """Write the settings file and make the data directory."""
        (self.directory / "data").mkdir(exist_ok=True)
        lines: list[str] = []
        for section, values in sorted(self._settings.items()):
            lines += [f"[{section}]"] * bool(section)
            lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]  # JSON's values are TOML's
        self.config.write_text("\n".join(lines) + "\n")

    @property
    def environment(self) -> dict[str, str]:
        """Environment in which ``freeseat`` finds this node, and no settings from outside."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FREESEAT_")}
        return inherited | {"FREESEAT_CONFIG": str(self.config), "NO_COLOR": "1", "COLUMNS": "200"}

    # -- its processes

    def processes(self) -> dict[str, ChildState]:
        """Its processes by name as they are now; empty if nothing runs."""
        state = status(self.runtime)
        return {child.name: child for child in state.children} if state else {}

    def pid(self, process: Process) -> int:
        """Process id of one of its processes; fails if it does not run."""
        child = self._child(process)
        assert child is not None, f"{process} does not run: {self.processes()}"
        assert child.pid is not None
        return child.pid

    def _child(self, process: Process) -> ChildState | None:
        """Voice may be several: the first."""
        running = (child for name, child in sorted(self.processes().items()) if name.startswith(process))
        return next((child for child in running if child.pid is not None), None)

    def kill(self, process: Process) -> int:
        """SIGKILL to one of its processes; gives the process id that it had."""
        pid = self.pid(process)
        os.kill(pid, signal.SIGKILL)
        return pid

    def await_restart(self, process: Process, old_pid: int, seconds: float = 20.0) -> None:
        """Wait until the supervisor has put another process in place of the killed one, and all is ready."""

        def replaced() -> bool:
            child = self._child(process)
            return child is not None and child.pid != old_pid

        until(replaced, f"{process} runs again", seconds, interval=0.05)
        self.await_ready(seconds)

    def await_ready(self, seconds: float = 20.0) -> None:
        """Wait until all its processes say that they are ready."""
        until(self._is_ready, f"the node is ready; {self.processes()}", seconds, interval=0.05)

    def _is_ready(self) -> bool:
        if self._supervisor is not None and self._supervisor.poll() is not None:
            raise AssertionError(f"freeseat serve ended with {self._supervisor.returncode}:\n{self.log_tails()}")
        state = status(self.runtime)
        if state is None or state.supervisor is None or state.supervisor.pid != self.supervisor_pid:
            return False  # what a killed supervisor has written, whose processes live on
        return bool(state.children) and state.is_ready

    @property
    def supervisor_pid(self) -> int:
        """Process id of ``freeseat serve``."""
        assert self._supervisor is not None, "the node is not started"
        return self._supervisor.pid

    def kill_supervisor(self) -> None:
        """SIGKILL to the supervisor alone; what it ran goes on. ``start`` puts another in its place."""
        assert self._supervisor is not None, "the node is not started"
        self._supervisor.kill()
        self._supervisor.wait()
        self._supervisor = None

    def kill_all(self) -> None:
        """SIGKILL to the supervisor and everything it runs, as by a power cut; ``start`` begins anew."""
        children = [child.pid for child in self.processes().values() if child.pid is not None]
        if self._supervisor is not None:
            self._supervisor.kill()
            self._supervisor.wait()
            self._supervisor = None
        for pid in children:
            _kill_group(pid)

    def log_tails(self, lines: int = 40) -> str:
        """The last lines of each of its logs, for failure messages."""
        return "\n".join(f"--- {log.name}\n{tail(log, lines)}" for log in sorted(self.logs.glob("*.log")))

    def log_text(self) -> str:
        """All its logs so far."""
        return "".join(log.read_text("utf-8", "replace") for log in sorted(self.logs.glob("*.log")))

    # -- its command line

    def cli(self, *args: str, stdin: str = "") -> Result:
        """Run ``freeseat`` with these arguments."""
        done = subprocess.run(
            [*_freeseat(), *args], input=stdin, capture_output=True, text=True, timeout=60, env=self.environment,
            cwd=self.directory, check=False,
        )  # fmt: skip
        return Result(done.returncode, done.stdout, done.stderr)

    def do(self, *args: str, stdin: str = "") -> str:
        """Run a command that must succeed; its standard output."""
        result = self.cli(*args, stdin=stdin)
        assert result.code == 0, f"freeseat {' '.join(args)}: {result}"
        return result.out

    def json(self, *args: str) -> Any:
        """Run a command that must succeed with ``--json`` and give what it printed."""
        return json.loads(self.do(*args, "--json"))

    def refused(self, *args: str, stdin: str = "") -> str:
        """Run a command that must fail; what it said on standard error."""
        result = self.cli(*args, stdin=stdin)
        assert result.code != 0, f"freeseat {' '.join(args)} was not refused: {result}"
        assert "Traceback" not in result.err, str(result)
        return result.err

    # -- for its phones

    @property
    def server(self) -> tuple[str, int]:
        """Address and port for UDP and TCP."""
        return self.ip, self.port

    def account(self, user: str, password: str, transport: Transport = "udp", expires: int = 500) -> Account:
        """An account of a phone (its secret) or a person (PIN) at this node."""
        return Account(
            user, password, (self.ip, self.tls_port if transport == "tls" else self.port), transport, expires
        )


def _freeseat() -> list[str]:
    """The installed command, beside the Python that runs the tests."""
    script = Path(sys.executable).with_name("freeseat")
    assert script.exists(), f"{script} is missing: pip install -e ."
    return [str(script)]


def _merged(
    own: Mapping[str, Mapping[str, object]], more: Mapping[str, Mapping[str, object]]
) -> dict[str, dict[str, object]]:
    return {section: {**own.get(section, {}), **more.get(section, {})} for section in {*own, *more}}


def _kill_group(pid: int) -> None:
    """Kill a process that leads a group, and its workers. It may be gone already."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
