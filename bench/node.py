"""Freeseat itself, as its users run it: `freeseat serve` with an office of our making in a directory of its own."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.generator import Target, write_accounts
from bench.office import Office, fill
from bench.processes import pinned, stop
from freeseat.bootstrap.running import status
from freeseat.bootstrap.state import NodeState

REALM = "bench.local"
KEY_OCTETS = 32


@dataclass(frozen=True)
class Ports:
    """The ports a node needs; `rtp` is the first of a hundred."""

    sip: int
    voice: int
    asks: int
    rtp: int = 28_000


@dataclass(frozen=True)
class Prepared:
    """A node that can be started: its directory, environment, office and ports. `database_url` is SQLAlchemy's."""

    directory: Path
    environment: Mapping[str, str]
    office: Office
    ports: Ports
    database_url: str
    key: bytes

    @property
    def runtime(self) -> Path:
        """Runtime directory of the node."""
        return self.directory / "run"

    def start(self, core: int | None, *, patience: float = 60.0) -> Node:
        """Start `freeseat serve` and wait until everything is ready; raises `RuntimeError` with the log's end."""
        log = (self.directory / "serve.log").open("ab")
        with log, pinned(core):
            command = [sys.executable, "-m", "freeseat", "serve"]
            process = subprocess.Popen(
                command, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        node = Node("freeseat", process, self)
        deadline = time.monotonic() + patience
        while not node.is_ready():
            if time.monotonic() > deadline or process.poll() is not None:
                node.stop()
                tail = (self.directory / "serve.log").read_text()[-3000:]
                raise RuntimeError(f"freeseat serve did not become ready:\n{tail}")
            time.sleep(0.05)
        return node


@dataclass(frozen=True)
class Node:
    """A running node."""

    name: str
    process: subprocess.Popen[bytes]
    prepared: Prepared

    @property
    def pid(self) -> int:
        """Process id at the root of its tree: the supervisor, whose children are all the others."""
        return self.process.pid

    @property
    def target(self) -> Target:
        """Where the generator finds it: phones call the users that sit at phones."""
        directory = self.prepared.directory
        return Target(self.prepared.ports.sip, REALM, directory / "phones", directory / "users")

    @property
    def people(self) -> Target:
        """The same, with people registering as themselves instead of phones."""
        directory = self.prepared.directory
        return Target(self.prepared.ports.sip, REALM, directory / "users", directory / "users")

    def state(self) -> NodeState | None:
        """What `freeseat status` says."""
        return status(self.prepared.runtime)

    def is_ready(self) -> bool:
        """Whether all its processes are ready."""
        state = self.state()
        return state is not None and state.is_ready

    def pid_of(self, child: str) -> int:
        """Process id of `control`, `kamailio` or `voice`; raises `RuntimeError` while it is not running."""
        state = self.state()
        pids = [each.pid for each in state.children if each.name == child] if state else []
        if not pids or pids[0] is None:
            raise RuntimeError(f"{child} is not running")
        return pids[0]

    def stop(self) -> None:
        """End it and all it started."""
        stop(self.process, patience=30.0)


def prepare(
    directory: Path, office: Office, ports: Ports, *, workers: int, environment: Mapping[str, str] | None = None
) -> Prepared:
    """Fill a fresh database with the office and write the accounts; nothing runs yet.

    `workers` is the number of UDP processes, the same as the baseline's. `environment` adds settings (FREESEAT_...).
    """
    directory.mkdir(mode=0o700)
    data = directory / "data"
    data.mkdir(mode=0o700)
    key = secrets.token_bytes(KEY_OCTETS)
    key_file = data / "secrets.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(base64.b64encode(key) + b"\n")
    url = f"sqlite:///{data / 'freeseat.sqlite'}"
    fill(url, key, office, datetime.now(UTC))
    write_accounts(directory / "phones", office.phone_accounts())
    write_accounts(directory / "users", office.user_accounts())
    own = {
        "FREESEAT_DATA_DIR": str(data),
        "FREESEAT_RUNTIME_DIR": str(directory / "run"),
        "FREESEAT_SIP__REALM": REALM,
        "FREESEAT_SIP__LISTEN": "127.0.0.1",
        "FREESEAT_SIP__PORT": str(ports.sip),
        "FREESEAT_SIP__TLS_PORT": "0",
        "FREESEAT_SIP__ASKS_PORT": str(ports.asks),
        "FREESEAT_SIP__CHILDREN": str(workers),
        # the generator's phones are on loopback, which has no flood limit unless told: everything is on here
        "FREESEAT_SIP__FLOOD_EXEMPT": "127.0.0.1/32",
        "FREESEAT_VOICE__PORT": str(ports.voice),
        "FREESEAT_VOICE__RTP_FIRST": str(ports.rtp),
        "FREESEAT_VOICE__RTP_LAST": str(ports.rtp + 99),
        "FREESEAT_WEB__PORT": "0",
        "FREESEAT_LOG__DIR": str(directory / "log"),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FREESEAT_")}
    return Prepared(directory, {**inherited, **own, **(environment or {})}, office, ports, url, key)
