"""What must not be noticed: a rebuild of all tables, a killed control plane; and the memory it all takes."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bench.desks import open_database
from bench.generator import Generator, Load, Plan
from bench.node import Node
from bench.processes import memory
from freeseat.application.directory.rules import set_policy
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.edge.switch.applied import wait_applied

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Rebuild:
    """Seconds from the commit that made all tables stale until Kamailio carries them anew; calls made meanwhile."""

    seconds: float
    calls: Load


@dataclass(frozen=True)
class Outage:
    """The control plane killed and restarted: what phones saw, and the seconds until it was ready again."""

    refreshes: Load
    calls: Load
    seconds_down: float


def rebuild(generator: Generator, node: Node, *, accounts: int, call_rate: float, most_seconds: int) -> Rebuild:
    """Change the policy, which concerns every entry, and wait until all are renewed, while calls go on.

    `accounts`: so many phones are registered and have occupants. Raises TimeoutError after `most_seconds`.
    """
    count = int(call_rate * most_seconds)
    plan = Plan("call", count, rate=call_rate, accounts=accounts, stop_s=most_seconds + 5, deadline_ms=2000)
    with generator.start(node.target, plan) as calls, closing(open_database(node)) as database:
        time.sleep(0.5)
        position = database.write(_new_main_number)
        started = time.monotonic()
        if not asyncio.run(wait_applied(node.prepared.runtime, position, most_seconds)):
            raise TimeoutError(f"tables were not rebuilt within {most_seconds} s")
        seconds = time.monotonic() - started
        return Rebuild(seconds, calls.finish())


def kill_control(
    refreshing: Generator, calling: Generator, node: Node, *, accounts: int, refresh_rate: float, call_rate: float
) -> Outage:
    """Kill the control plane with SIGKILL under load; the load goes on until a second after it is back."""
    refresh = Plan("register", 10**6, rate=refresh_rate, accounts=accounts, identity="phone", stop_s=60)
    call = Plan("call", 10**6, rate=call_rate, accounts=accounts, stop_s=60)
    with refreshing.start(node.target, refresh) as refreshes, calling.start(node.target, call) as calls:
        time.sleep(1.0)
        victim = node.pid_of("control")
        os.kill(victim, signal.SIGKILL)
        started = time.monotonic()
        while not _is_back(node, victim) and time.monotonic() - started < 30:
            time.sleep(0.05)
        seconds = time.monotonic() - started
        time.sleep(1.0)
        return Outage(refreshes.finish(), calls.finish(), seconds)


def megabytes(node: Node) -> Mapping[str, float]:
    """Memory of each process tree of the node, in megabytes (10^6 octets) of PSS."""
    return {name: memory(node.pid_of(name)).total / MEGABYTE for name in ("kamailio", "control", "voice")}


def _is_back(node: Node, victim: int) -> bool:
    try:
        return node.is_ready() and node.pid_of("control") != victim
    except RuntimeError:
        return False


def _new_main_number(tx: Transaction) -> int:
    policy = tx.policy()
    number = "1000" if policy.main_number != "1000" else "1001"
    set_policy(tx, replace(policy, main_number=number), Actor.system(), datetime.now(UTC))
    return tx.events.last_position()
