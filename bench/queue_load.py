"""A call centre under load, by sipp: `bench/queues [--minutes N] [--quick] [--json FILE]`.

200 callers wait all the time, 50 agents serve them. Nobody may be lost or given twice, in the database and at the
clients; each offer must follow the strategy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.clients.raw import RawPhone
from tests.clients.sipp import Credentials, Outcome, Sipp

from bench.node import Node, Ports, Prepared, prepare
from bench.office import FIRST_USER, Office
from bench.processes import cpu_seconds
from bench.queue_checks import Replay, Told, delays, lost_or_twice, seen_by_clients
from bench.surroundings import enter_namespace, free_ports
from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of, take_part
from freeseat.application.queues.directory import add_member, add_queue
from freeseat.domain.actors import Actor
from freeseat.domain.events import Event
from freeseat.domain.queues import Queue, Strategy
from freeseat.store.database import Database
from freeseat.store.hints import NoHint
from freeseat.store.vault import AesVault

QUEUE = "801"
AGENTS, WAITING = 50, 200
_PHONES = AGENTS + WAITING + AGENTS  # those who talk to the agents count as callers as well
_STREAMS = 2 * 2 * (AGENTS + WAITING)
_REFRESH_SECONDS = 200.0
_PAGE = 5_000
_WRONG_SHOWN = 20


@dataclass(frozen=True)
class Size:
    """How long, in seconds: callers are put in so that the agents are busy for `seconds`, `talk` each."""

    seconds: float
    talk: float

    @property
    def callers(self) -> int:
        """How many call in all."""
        return round(AGENTS * self.seconds / self.talk)


@dataclass(frozen=True)
class Found:
    """What a load came to: CPU seconds by process, and milliseconds of delays."""

    outcome: Outcome
    seconds: float
    cpu: dict[str, float]
    callers: list[Told]
    agents: list[Told]


def main() -> int:
    """Load, check and print; gives the exit code: 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(prog="bench/queues", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the agents are kept busy")
    parser.add_argument("--talk", type=float, default=10.0, metavar="SECONDS", help="how long each call lasts")
    parser.add_argument("--quick", action="store_true", help="half a minute, with calls of 3 seconds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--keep", action="store_true", help="keep the scratch directory with the node's logs")
    options = parser.parse_args()
    size = Size(30.0, 3.0) if options.quick else Size(60 * options.minutes, options.talk)
    enter_namespace("bench.queue_load", sys.argv[1:])
    directory = Path(tempfile.mkdtemp(prefix="freeseat-queues-"))
    print(f"load average {os.getloadavg()[0]:.1f}; {size.callers} callers, {AGENTS} agents, {size.talk:g} s a call")
    try:
        wrong, figures = _measured(directory, size)
    finally:
        if options.keep:
            print(f"scratch directory: {directory}")
        else:
            subprocess.run(["rm", "-rf", str(directory)], check=True)
    for name, value in figures.items():
        print(f"{name:52} {value}")
    for what in wrong[:_WRONG_SHOWN]:
        print(f"WRONG: {what}")
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "wrong": wrong}, indent=1) + "\n")
    print(f"{len(wrong)} things wrong" if wrong else "nobody lost, nobody given twice, every offer in turn")
    return 1 if wrong else 0


def _measured(directory: Path, size: Size) -> tuple[list[str], dict[str, str]]:
    ports = free_ports()
    own = Ports(sip=next(ports), voice=next(ports), asks=next(ports))
    more = {"FREESEAT_VOICE__RTP_LAST": str(own.rtp + _STREAMS), "FREESEAT_SIP__SHARED_MEMORY": "128"}
    prepared = prepare(directory / "node", Office(_PHONES, _PHONES), own, workers=2, environment=more)
    with ExitStack() as stack:
        database = Database(prepared.database_url, AesVault(prepared.key), NoHint())
        stack.callback(database.close)
        database.write(_queue)
        node = prepared.start(None, patience=120.0)
        stack.callback(node.stop)
        agents = stack.enter_context(
            Sipp("queue_agent", _server(prepared), calls=100 * size.callers, seconds=int(size.seconds * 3 + 300))
        )
        phones = [stack.enter_context(_phone(prepared, at)) for at in range(AGENTS)]
        _register(phones, agents)
        _let_take_part(database)
        found = _load(node, size, agents, phones)
        return _judged(database, found, size)


def _server(prepared: Prepared) -> tuple[str, int]:
    return "127.0.0.1", prepared.ports.sip


def _queue(tx: Transaction) -> None:
    now, actor = datetime.now(UTC), Actor.system()
    add_queue(tx, Queue(0, QUEUE, "811", "Load", strategy=Strategy.LONGEST_IDLE), actor, now)
    for at in range(AGENTS):
        add_member(tx, QUEUE, str(FIRST_USER + at), 1, actor, now)


def _let_take_part(database: Database) -> None:
    def use_case(tx: Transaction) -> None:
        now, queue = datetime.now(UTC), queue_of(tx, QUEUE)
        for at in range(AGENTS):
            take_part(tx, user_of(tx, str(FIRST_USER + at)), [queue], Actor.system(), now, log_in=True)

    database.write(use_case)


@contextmanager
def _phone(prepared: Prepared, at: int) -> Iterator[RawPhone]:
    account = prepared.office.phone_accounts()[at]
    with RawPhone(_server(prepared), account.number, account.password) as phone:
        yield phone


def _register(phones: list[RawPhone], agents: Sipp) -> None:
    """All agents' phones are one sipp; the user part of the Contact tells them apart."""
    for phone in phones:
        there = f"<sip:{phone.user}@{agents.ip}:{agents.port}>"
        right = phone.credentials(phone.challenge())
        answer = phone.ask(phone.register_request(right, contact=there))
        if answer.code != 200:
            raise RuntimeError(f"{phone.user} did not register: {answer.code} {answer.reason}")


def _load(node: Node, size: Size, agents: Sipp, phones: list[RawPhone]) -> Found:
    accounts = node.prepared.office.phone_accounts()[AGENTS:]
    people = [Credentials(each.number, each.password) for each in accounts]
    before = _cpu(node)
    started = time.monotonic()
    callers = Sipp(
        "queue_caller", _server(node.prepared), calls=size.callers, rate=20, limit=AGENTS + WAITING, people=people,
        values={"target": QUEUE}, pause=round(1000 * size.talk), seconds=int(size.seconds * 2 + 120),
    )  # fmt: skip
    with callers as running:
        refreshed = time.monotonic()
        while not running.has_ended():
            time.sleep(1.0)
            if time.monotonic() - refreshed > _REFRESH_SECONDS:
                _register(phones, agents)
                refreshed = time.monotonic()
        outcome = running.finish()
        seconds = time.monotonic() - started
        after = _cpu(node)
        _await_over(node)
        cpu = {name: after[name] - before[name] for name in after}
        return Found(outcome, seconds, cpu, Told.read(running.told()), Told.read(agents.told()))


def _await_over(node: Node, seconds: float = 10.0) -> None:
    """Let the last ends be written; who is not over then is found by the checks."""
    database = Database(node.prepared.database_url, AesVault(node.prepared.key), NoHint())
    deadline = time.monotonic() + seconds
    while database.read(lambda tx: tx.queue_calls.list(ended_at=None)) and time.monotonic() < deadline:
        time.sleep(0.2)
    database.close()


def _cpu(node: Node) -> dict[str, float]:
    return {name: cpu_seconds(node.pid_of(name)) for name in ("kamailio", "control", "voice")}


def _judged(database: Database, found: Found, size: Size) -> tuple[list[str], dict[str, str]]:
    calls = database.read(lambda tx: tx.queue_calls.list())
    offers = database.read(lambda tx: tx.offers.list())
    replay = Replay(Strategy.LONGEST_IDLE, {str(FIRST_USER + at): (at + 1, 1) for at in range(AGENTS)})
    wrong = [
        *lost_or_twice(calls, offers, size.callers),
        *seen_by_clients(found.callers, found.agents, size.callers),
        *replay.wrong(_feed(database)),
    ]
    if not found.outcome.ok:
        wrong.insert(0, f"sipp: {found.outcome.failed} calls failed\n{found.outcome.problems[:4000]}")
    rings, talks = delays(found.callers, found.agents)
    waits = [(c.answered_at - c.entered_at).total_seconds() for c in calls if c.answered_at is not None]
    figures = {
        "callers, answered": f"{size.callers}, {len(waits)}",
        "offers, checked against longest idle": f"{len(offers)}, {replay.checked}",
        "seconds, calls answered a second": f"{found.seconds:.0f}, {len(waits) / found.seconds:.2f}",
        "wait of callers p50, p99 (s)": _percentiles(waits),
        "agent free until his phone rings p50, p99 (ms)": _percentiles(rings),
        "agent free until he hears the next p50, p99 (ms)": _percentiles(talks),
    }
    for name, seconds in found.cpu.items():
        figures[f"CPU of {name} (% of a core; ms a call)"] = (
            f"{100 * seconds / found.seconds:.0f}; {1000 * seconds / size.callers:.0f}"
        )
    return wrong, figures


def _percentiles(values: list[float]) -> str:
    if not values:
        return "none"
    ordered = sorted(values)
    return ", ".join(f"{ordered[min(len(ordered) - 1, round(share * len(ordered)))]:.1f}" for share in (0.5, 0.99))


def _feed(database: Database) -> Iterator[Event]:
    position = 0
    while page := database.read(lambda tx: tx.events.after(position, _PAGE)):  # noqa: B023
        yield from page
        position = page[-1].position


if __name__ == "__main__":
    sys.exit(main())
