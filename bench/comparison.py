"""Freeseat beside plain Kamailio under the same load: refreshes and calls, in interleaved rounds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.generator import Generator, Load, Plan, Target
from bench.processes import cpu_seconds, settle


class Server(Protocol):
    """A running server: the process at the root of its tree, and how to reach it."""

    @property
    def name(self) -> str:
        """Name in tables."""

    @property
    def pid(self) -> int:
        """Process id at the root of its tree."""

    @property
    def target(self) -> Target:
        """Where and as whom the generator talks to it."""


@dataclass(frozen=True)
class Round:
    """One run against one server: the generator's figures and the server's CPU seconds."""

    load: Load
    server_cpu_s: float

    @property
    def cpu_per_10k(self) -> float:
        """CPU seconds of all the server's processes per 10,000 successes."""
        return self.server_cpu_s / self.load.ok * 10_000 if self.load.ok else float("inf")


@dataclass(frozen=True)
class Result:
    """All rounds of one server under one load."""

    rounds: tuple[Round, ...]

    @property
    def cpu_per_10k(self) -> float:
        """Median over the rounds."""
        return statistics.median(one.cpu_per_10k for one in self.rounds)

    @property
    def failed(self) -> int:
        """Operations that failed, over all rounds."""
        return sum(one.load.failed for one in self.rounds)

    def details(self) -> dict[str, object]:
        """Give the second figures: medians of the latencies (microseconds) and rates, and every round's CPU."""

        def middle(values: Sequence[float]) -> float:
            return round(statistics.median(values), 1)

        loads = [one.load for one in self.rounds]
        return {
            "p50_us": middle([load.whole.p50 for load in loads]),
            "p99_us": middle([load.whole.p99 for load in loads]),
            "first_p50_us": middle([load.first.p50 for load in loads]),
            "first_p99_us": middle([load.first.p99 for load in loads]),
            "per_second": middle([load.rate for load in loads]),
            "failed": self.failed,
            "codes": _sum_codes(loads),
            "server_share_of_core": middle([one.server_cpu_s / one.load.elapsed_s for one in self.rounds]),
            "generator_share_of_core": middle([one.load.cpu_s / one.load.elapsed_s for one in self.rounds]),
            "cpu_s_per_10k": [round(one.cpu_per_10k, 4) for one in self.rounds],
        }


def wait_for_answer(generator: Generator, server: Server, *, patience: float = 10.0) -> None:
    """Wait until a registration succeeds; raises TimeoutError after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not generator.run(server.target, Plan("register", 1, window=1, deadline_ms=200)).ok:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{server.name} does not answer")


def measure(generator: Generator, server: Server, plan: Plan) -> Round:
    """Run `plan` once and count what it cost the server, its work after the last answer included."""
    before = cpu_seconds(server.pid)
    load = generator.run(server.target, plan)
    time.sleep(0.1)
    return Round(load, cpu_seconds(server.pid) - before)


def side_by_side(
    generator: Generator, servers: Sequence[Server], plan: Plan, rounds: int, *, quiet: bool = False
) -> Mapping[str, Result]:
    """Run `plan` against each server in turn, `rounds` times; results by server name.

    Interleaving lets a change of the machine's speed fall on all of them. Each server begins idle unless `quiet`
    says it is known to be.
    """
    results: dict[str, list[Round]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            if not quiet:
                settle(server.pid)
            results[server.name].append(measure(generator, server, plan))
    return {name: Result(tuple(found)) for name, found in results.items()}


def _sum_codes(loads: Sequence[Load]) -> dict[str, int]:
    total: dict[str, int] = {}
    for load in loads:
        for code, count in load.codes.items():
            total[str(code)] = total.get(str(code), 0) + count
    return total
