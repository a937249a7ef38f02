"""The baseline: plain Kamailio with the minimal configuration `kamailio/native.cfg`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.generator import Account, Target, write_accounts
from bench.processes import pinned

CONFIGURATION = Path(__file__).parent / "kamailio" / "native.cfg"
DOMAIN = "bench.local"


@dataclass(frozen=True)
class Native:
    """A running Kamailio with the baseline configuration."""

    name: str
    process: subprocess.Popen[bytes]
    target: Target

    @property
    def pid(self) -> int:
        """Process id at the root of its tree."""
        return self.process.pid


def start(
    directory: Path, port: int, accounts: Sequence[Account], *, workers: int, core: int | None, invite_auth: bool
) -> Native:
    """Start it in `directory` (its own, absolute) with `workers` UDP processes.

    It knows `accounts`, which register, call and are called. `invite_auth`: callers are challenged as well.
    """
    directory.mkdir()
    shutil.copy(CONFIGURATION, directory)
    (directory / "credentials.cfg").write_text(_credentials(accounts))
    phones = write_accounts(directory / "accounts", accounts)
    command = ["kamailio", "-f", str(directory / CONFIGURATION.name), "-DD", "-E", "-x", "fm", "-X", "fm"]
    command += ["-m", "512", "-M", "16", "-Y", str(directory), "-P", str(directory / "kamailio.pid")]
    settings = {"PORT": port, "CHILDREN": workers, "DOMAIN": f'"{DOMAIN}"', "CONTROL": f'"unix:{directory}/control"'}
    for name, value in settings.items():
        command += ["-A", f"{name}={value}"]
    if invite_auth:
        command += ["-A", "WITH_INVITE_AUTH"]
    with (directory / "log").open("wb") as log, pinned(core):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    return Native("kamailio", process, Target(port, DOMAIN, phones, phones))


def _credentials(accounts: Sequence[Account]) -> str:
    lines = ["event_route[htable:mod-init] {"]
    for account in accounts:
        secret = f"{account.number}:{DOMAIN}:{account.password}".encode()
        lines.append(f'    $sht(ha1=>{account.number}) = "{hashlib.md5(secret, usedforsecurity=False).hexdigest()}";')
    return "\n".join([*lines, "}", ""])
