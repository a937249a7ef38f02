"""The load generator: `src/*.c` compiled at run time, driven from here, its figures as data."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from bench.processes import pinned

SOURCES = Path(__file__).parent / "src"
FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Wconversion", "-Werror")


@dataclass(frozen=True)
class Account:
    """One line of an accounts file: who registers, calls or is called."""

    number: str
    password: str
    contact_params: str = ""


@dataclass(frozen=True)
class Percentiles:
    """Latencies in microseconds."""

    p50: int
    p90: int
    p99: int
    max: int


@dataclass(frozen=True)
class Load:
    """What one run of the generator gave.

    `whole`: first request to last 200, without the hold time of a call. `first`: to the 401 of a registration, or to
    the 200 of an INVITE. `codes`: operations by their last answer; 0 = none in time. `late_us`: worst delay of a start
    behind its time. `cpu_s`: the generator's own CPU seconds.
    """

    offered: int
    ok: int
    failed: int
    elapsed_s: float
    late_us: int
    cpu_s: float
    whole: Percentiles
    first: Percentiles
    codes: Mapping[int, int]

    @property
    def rate(self) -> float:
        """Successes per second."""
        return self.ok / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @classmethod
    def parse(cls, text: str) -> Load:
        """Read the JSON object that sipload prints."""
        data: dict[str, Any] = json.loads(text)

        def percentiles(name: str) -> Percentiles:
            return Percentiles(**{point: data[f"{name}_{point}_us"] for point in ("p50", "p90", "p99", "max")})

        return cls(
            **{name: data[name] for name in ("offered", "ok", "failed", "elapsed_s", "late_us", "cpu_s")},
            whole=percentiles("whole"),
            first=percentiles("first"),
            codes={int(code): count for code, count in data["codes"].items()},
        )


@dataclass(frozen=True)
class Target:
    """The server under load: its UDP port on 127.0.0.1, the domain in the URIs, and the files of its accounts.

    `phones` register and call; `callees` are the numbers that are called.
    """

    port: int
    domain: str
    phones: Path
    callees: Path


@dataclass(frozen=True)
class Plan:
    """One run: `count` operations, at `rate` per second (open loop) or with `window` under way (closed loop).

    `keep_nonce` answers the last challenge again; `identity` is part of the Call-IDs, the same one refreshes the same
    bindings. Times in seconds, hold and deadline in milliseconds.
    """

    mode: Literal["register", "call"]
    count: int
    rate: float = 0.0
    window: int = 0
    first: int = 0
    accounts: int = 0
    expires: int = 3600
    keep_nonce: bool = False
    identity: str = ""
    deadline_ms: int = 1000
    stop_s: int = 60
    hold_ms: int = 50
    sources: int = 1000
    log: Path | None = None


class RunningLoad:
    """A run of the generator in the background."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def result(self) -> Load:
        """Wait for the end and give the figures; raises `RuntimeError` where the generator itself failed."""
        out, err = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError(f"load generator: {err.strip()}")
        return Load.parse(out)

    def finish(self) -> Load:
        """Stop starting operations, let those under way end, and give the figures."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        return self.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True)
class Generator:
    """The compiled generator, its own ports (caller's and callee's) and its core."""

    binary: Path
    port: int
    callee_port: int
    core: int | None

    @classmethod
    def compile(cls, directory: Path, port: int, callee_port: int, core: int | None) -> Generator:
        """Compile into `directory`; raises `subprocess.CalledProcessError` if gcc refuses."""
        binary = directory / "sipload"
        sources = sorted(str(path) for path in SOURCES.glob("*.c"))
        subprocess.run(["gcc", *FLAGS, "-o", str(binary), *sources, "-lm"], check=True)
        return cls(binary, port, callee_port, core)

    def start(self, target: Target, plan: Plan) -> RunningLoad:
        """Start a run in the background."""
        with pinned(self.core):
            process = subprocess.Popen(
                self._command(target, plan), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        return RunningLoad(process)

    def run(self, target: Target, plan: Plan) -> Load:
        """Run to the end."""
        with self.start(target, plan) as running:
            return running.result()

    def _command(self, target: Target, plan: Plan) -> list[str]:
        calling = plan.mode == "call"
        options: dict[str, object] = {
            "-f": target.callees if calling else target.phones,
            "-c": target.phones if calling else None,
            "-n": plan.count,
            "-r": plan.rate or None,
            "-w": plan.window or None,
            "-P": target.port,
            "-p": self.port,
            "-U": self.callee_port,
            "-d": target.domain,
            "-s": plan.sources,
            "-o": plan.first or None,
            "-u": plan.accounts or None,
            "-e": plan.expires,
            "-i": plan.identity or None,
            "-t": plan.deadline_ms,
            "-T": plan.stop_s,
            "-H": plan.hold_ms,
            "-l": plan.log,
        }
        command = [str(self.binary), plan.mode, *(["-k"] if plan.keep_nonce else [])]
        for option, value in options.items():
            if value is not None:
                command += [option, str(value)]
        return command


def write_accounts(path: Path, accounts: Iterable[Account]) -> Path:
    """Write an accounts file (readable by the owner only: it holds passwords) and give its path."""
    path.touch(mode=0o600)
    lines = (f"{account.number} {account.password} {account.contact_params}".rstrip() for account in accounts)
    path.write_text("\n".join(lines) + "\n")
    return path
