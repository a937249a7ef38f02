"""A throwaway PostgreSQL server: its own cluster in a temporary directory, a free port, durable writes (fsync on)."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.clients.ports import free_port, program, tail
from tests.clients.waiting import until

_USER = "freeseat"
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "logging_collector": "off",
}


class Postgres:
    """One server, as a context manager. PostgreSQL refuses to run as root, so root starts it as another user."""

    def __init__(self) -> None:
        self.port = free_port()
        self._directory = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._data = self._directory / "data"
        self._log = self._directory / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    def __enter__(self) -> Self:
        try:
            self._initialise()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._remove()

    def _initialise(self) -> None:
        owner = _owner()
        if owner is not None:
            os.chown(self._directory, owner.pw_uid, owner.pw_gid)
        command = [_binary("initdb"), "-D", str(self._data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C"]
        # Nothing that initdb writes has to survive a power cut; everything written later does.
        done = subprocess.run(
            [*command, "--no-sync", "--no-instructions"], capture_output=True, text=True, **_as(owner)
        )
        assert done.returncode == 0, f"initdb failed:\n{done.stdout}{done.stderr}"

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = {**_OPTIONS, "port": str(self.port), "unix_socket_directories": str(self._directory)}
        command = [_binary("postgres"), "-D", str(self._data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **_as(_owner())
            )
        until(self._answers, f"PostgreSQL runs; its log is\n{tail(self._log)}", 20)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server, by default ending all connections; SIGQUIT is as good as a crash."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _remove(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"PostgreSQL ended:\n{tail(self._log)}"
        try:
            with self.connect():
                return True
        except psycopg.OperationalError:
            return False

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection that commits by itself."""
        return psycopg.connect(host="127.0.0.1", port=self.port, user=_USER, dbname=database, autocommit=True)

    def create(self, name: str = "") -> str:
        """Create an empty database and give its URL. Without a name, one that nobody used before."""
        self._count += 1
        database = name or f"freeseat_{self._count}"
        with self.connect() as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def drop(self, url: str) -> None:
        """Remove a database made by ``create``, ending its connections."""
        with self.connect() as connection:
            database = url.rpartition("/")[2]
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))


def _owner() -> pwd.struct_passwd | None:
    """Whom to run the server as: nobody else unless we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is neither a user postgres nor a user nobody to run PostgreSQL as")


def _as(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    if owner is None:
        return {"cwd": "/"}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": "/"}


def _binary(name: str) -> str:
    places = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(re.sub(r"\D", "", place.parent.name) or 0)
    )
    return program(name, "postgresql", *(str(place) for place in reversed(places)))
