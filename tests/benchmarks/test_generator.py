"""The load generator against plain Kamailio: what it counts is what happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bench import native
from bench.comparison import measure, wait_for_answer
from bench.generator import Account, Generator, Plan, write_accounts
from bench.native import Native
from bench.processes import cpu_seconds, descendants, memory, stop
from bench.surroundings import free_ports

pytestmark = pytest.mark.sip
ACCOUNTS = [Account(str(number), f"secret-{number}") for number in range(3000, 3020)]
PORTS = free_ports()


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Generator:
    return Generator.compile(tmp_path_factory.mktemp("generator"), next(PORTS), next(PORTS), core=None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, generator: Generator) -> Iterator[Native]:
    directory = tmp_path_factory.mktemp("native") / "run"
    running = native.start(directory, next(PORTS), ACCOUNTS, workers=1, core=None, invite_auth=True)
    try:
        wait_for_answer(generator, running)
        yield running
    finally:
        stop(running.process)


def test_registrations_at_a_rate_and_with_a_window(generator: Generator, server: Native) -> None:
    at_a_rate = generator.run(server.target, Plan("register", 40, rate=200, identity="a"))
    assert at_a_rate.codes == {200: 40}
    assert 0.19 < at_a_rate.elapsed_s < 1.0
    assert at_a_rate.first.p50 < at_a_rate.whole.p50
    kept = generator.run(server.target, Plan("register", 60, window=5, identity="a", keep_nonce=True))
    assert kept.codes == {200: 60}


def test_a_wrong_password_is_a_failure_with_its_code(generator: Generator, server: Native, tmp_path: Path) -> None:
    wrong = write_accounts(tmp_path / "wrong", [Account("3000", "guess")])
    load = generator.run(replace(server.target, phones=wrong), Plan("register", 1, window=1))
    assert (load.ok, load.failed, load.codes) == (0, 1, {401: 1})


def test_calls_reach_registered_numbers_only(generator: Generator, server: Native, tmp_path: Path) -> None:
    generator.run(server.target, Plan("register", len(ACCOUNTS), window=5, identity="a"))
    calls = generator.run(server.target, Plan("call", 20, rate=200, hold_ms=5))
    assert calls.codes == {200: 20}
    nobody = write_accounts(tmp_path / "nobody", [Account("9999", "-")])
    lost = generator.run(replace(server.target, callees=nobody), Plan("call", 2, rate=200))
    assert lost.codes == {404: 2}


def test_silence_is_a_failure(generator: Generator, server: Native) -> None:
    load = generator.run(replace(server.target, port=next(PORTS)), Plan("register", 2, rate=100, deadline_ms=50))
    assert load.codes == {0: 2}


def test_what_a_server_uses_is_counted_over_all_its_processes(generator: Generator, server: Native) -> None:
    assert len(descendants(server.pid)) > 3
    before = cpu_seconds(server.pid)
    found = measure(generator, server, Plan("register", 400, window=5, identity="a"))
    assert 0 < found.server_cpu_s <= cpu_seconds(server.pid) - before
    assert 0 < found.cpu_per_10k < 60
    used = memory(server.pid)
    assert used.total == sum(used.by_command.values()) > 1_000_000


def test_a_log_names_everybody_with_the_last_answer(generator: Generator, server: Native, tmp_path: Path) -> None:
    log = tmp_path / "log"
    generator.run(server.target, Plan("register", 3, window=1, identity="log", log=log))
    lines = [line.split() for line in log.read_text().splitlines()]
    assert [(number, code) for number, _, _, code in lines] == [("3000", "200"), ("3001", "200"), ("3002", "200")]
