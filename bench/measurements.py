"""One run: starts the servers, takes every measurement, gives a row for each budget."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bench import budgets, desks, endurance, lamps, native
from bench.budgets import Budget, Row, judge
from bench.comparison import Result, Server, side_by_side, wait_for_answer
from bench.desks import People, percentile
from bench.endurance import megabytes
from bench.generator import Generator, Load, Plan
from bench.native import Native
from bench.node import Node, Ports, prepare
from bench.office import Office
from bench.processes import settle, stop
from bench.scale import Scale
from bench.surroundings import Cores, free_ports

WORKERS = 2
"""UDP processes of each server: more than one, as in practice; they share the server's one core."""
_RATE = 1000
_WINDOW = 64
_CALL_RATE = 100
_LOGIN_WINDOW = 200
_LOGIN_RATE = 500
_SHIFT_SECONDS = 60
_SHIFT_FULL = 10_000
_REBUILD_FULL = 100_000


@dataclass(frozen=True)
class Bench:
    """What all measurements share: scratch directory, scale, placement, free ports, and two generators.

    The generators may run at the same time, one registering and one calling.
    """

    directory: Path
    scale: Scale
    cores: Cores
    ports: Iterator[int]
    generator: Generator
    second: Generator

    @classmethod
    def prepared(cls, directory: Path, scale: Scale, cores: Cores) -> Bench:
        """Compile the generator into the scratch directory and find it ports."""
        ports = free_ports()
        generator = Generator.compile(directory, next(ports), next(ports), cores.generator)
        return cls(directory, scale, cores, ports, generator, replace(generator, port=next(ports)))

    def measure(self) -> Iterator[Row]:
        """Take every measurement, one after the other."""
        scale = self.scale
        office = Office(scale.phones, scale.occupied)
        with self._node("office", office) as node, self._native(office) as baseline:
            self._register_phones(node, baseline)
            yield from self._compare(node, baseline)
            yield from self._propagation(node)
            yield self._lamps(node)
            yield self._memory(node)
            yield self._restart(node)
            if not scale.own_nodes:
                yield from self._logins(node, scale.occupied)
                yield from self._rebuild(node)
        if scale.own_nodes:
            people = scale.login_people + scale.half_rate_people + scale.shift_people
            with self._node("people", Office(scale.occupied + people, scale.occupied)) as node:
                yield from self._logins(node, scale.occupied)
            with self._node("rebuild", Office(scale.rebuild_size, scale.occupied)) as node:
                yield from self._rebuild(node)

    @contextlib.contextmanager
    def _node(self, name: str, office: Office) -> Iterator[Node]:
        ports = Ports(sip=next(self.ports), voice=next(self.ports), asks=next(self.ports))
        prepared = prepare(self.directory / name, office, ports, workers=WORKERS)
        node = prepared.start(self.cores.server)
        try:
            yield node
        finally:
            node.stop()

    @contextlib.contextmanager
    def _native(self, office: Office) -> Iterator[Native]:
        accounts = office.phone_accounts()[: self.scale.occupied]
        directory, port = self.directory / "native", next(self.ports)
        server = native.start(directory, port, accounts, workers=WORKERS, core=self.cores.server, invite_auth=True)
        try:
            wait_for_answer(self.generator, server)
            yield server
        finally:
            stop(server.process)

    def _register_phones(self, node: Node, baseline: Native) -> None:
        for server, count in ((baseline, self.scale.occupied), (node, self.scale.phones)):
            plan = Plan("register", count, window=_WINDOW, accounts=count, identity="phone")
            load = self.generator.run(server.target, plan)
            if load.failed:
                raise RuntimeError(f"{server.name}: {load.failed} of {count} phones did not register: {load.codes}")
            settle(server.pid)

    # Beside plain Kamailio

    def _compare(self, node: Node, baseline: Native) -> Iterator[Row]:
        scale, servers = self.scale, (baseline, node)
        refresh = Plan("register", scale.refreshes, rate=_RATE, accounts=scale.occupied, identity="phone")
        saturated = replace(refresh, count=scale.refreshes_saturated, rate=0, window=_WINDOW)
        call = Plan("call", scale.calls, rate=_CALL_RATE, accounts=scale.occupied)
        fast = replace(call, count=scale.fast_calls, rate=_RATE)
        yield self._ratio(budgets.REFRESH, servers, refresh)
        yield self._ratio(budgets.REFRESH_SATURATED, servers, saturated)
        yield self._ratio(budgets.CALL, servers, call)
        if scale.fast_calls:
            yield self._ratio(budgets.CALL_FAST, servers, fast)

    def _ratio(self, budget: Budget, servers: tuple[Native, Node], plan: Plan) -> Row:
        both: tuple[Server, ...] = servers
        results = side_by_side(self.generator, both, plan, self.scale.rounds)
        baseline, own = (results[server.name] for server in servers)
        details = {"freeseat": own.details(), "kamailio": baseline.details()}
        note = f"p99 {_ms(own)} ms, Kamailio {_ms(baseline)} ms; failed {own.failed}, Kamailio {baseline.failed}"
        return judge(budget, own.cpu_per_10k, baseline=baseline.cpu_per_10k, note=note, details=details)

    # Desk logins

    def _logins(self, node: Node, first: int) -> Iterator[Row]:
        scale = self.scale
        crowd, calm, shift = _groups(first, scale.login_people, scale.half_rate_people, scale.shift_people)
        load = desks.register(self.generator, node, crowd, window=_LOGIN_WINDOW)
        note = f"{load.ok} of {load.offered}, {_LOGIN_WINDOW} under way, p99 {_p99(load)} ms"
        yield judge(budgets.LOGIN_RATE, load.rate if not load.failed else 0, note=note, details={"codes": load.codes})
        settle(node.pid)
        load = desks.register(self.generator, node, calm, rate=_LOGIN_RATE / 2)
        note = f"{load.ok} of {load.offered} at {_LOGIN_RATE // 2}/s, p50 {load.whole.p50 / 1000:.1f} ms"
        yield judge(budgets.LOGIN_P99, _p99(load), note=note, details={"codes": load.codes})
        settle(node.pid)
        yield from self._shift(node, shift)

    def _shift(self, node: Node, people: People) -> Iterator[Row]:
        bound = _SHIFT_SECONDS * people.count / _SHIFT_FULL
        # a little faster than the budget, so that the last one is in before the time is over
        shift = desks.shift_change(
            self.generator, node, people, rate=1.05 * people.count / bound, calls=self.scale.shift_calls
        )
        load, scaled = shift.load, f"{people.count} people"
        found = f"{shift.lost} lost, {shift.wrong} wrong, {shift.unreachable} of {shift.called} not reached by a call"
        broken = shift.lost + shift.wrong + shift.unreachable
        yield judge(budgets.SHIFT_LOST, broken, note=f"{scaled}: {found}", details={"codes": load.codes})
        yield judge(budgets.SHIFT_TIME, load.elapsed_s, bound=bound, note=scaled)
        yield judge(budgets.SHIFT_P99, _p99(load), note=f"{scaled}, p50 {load.whole.p50 / 1000:.1f} ms")

    # Projections and endurance

    def _propagation(self, node: Node) -> Iterator[Row]:
        people = People(self.scale.phones - self.scale.propagated, self.scale.propagated)
        times = [seconds * 1000 for seconds in desks.propagation(node, people)]
        note = f"{len(times)} logins, p50 {percentile(times, 0.5):.1f} ms"
        yield judge(budgets.PROPAGATION, percentile(times, 0.99), note=note)

    def _lamps(self, node: Node) -> Row:
        people = People(self.scale.phones // 2, self.scale.watched)
        seen = lamps.logins_seen(node, people)
        times = [seconds * 1000 for seconds in seen.seconds] + [float("inf")] * seen.missing
        note = f"{seen.subscriptions} subscriptions on {people.count} users, p50 {percentile(times, 0.5):.1f} ms; "
        note += f"all move at once: {seen.burst_seconds:.1f} s until the last NOTIFY"
        return judge(budgets.LAMPS, percentile(times, 0.99), note=note)

    def _memory(self, node: Node) -> Row:
        used = megabytes(node)
        note = ", ".join(f"{name} {size:.0f}" for name, size in used.items())
        return judge(budgets.MEMORY, used["kamailio"] + used["control"], note=note, details=used)

    def _restart(self, node: Node) -> Row:
        outage = endurance.kill_control(
            self.generator, self.second, node, accounts=self.scale.occupied, refresh_rate=300, call_rate=30
        )
        refreshes, calls = outage.refreshes, outage.calls
        note = f"{refreshes.offered} refreshes, {calls.offered} calls, ready again after {outage.seconds_down:.1f} s"
        details = {"refreshes": refreshes.codes, "calls": calls.codes}
        return judge(budgets.RESTART, refreshes.failed + calls.failed, note=note, details=details)

    def _rebuild(self, node: Node) -> Iterator[Row]:
        scale = self.scale
        if scale.own_nodes:
            plan = Plan("register", scale.occupied, window=_WINDOW, accounts=scale.occupied, identity="phone")
            self.generator.run(node.target, plan)
        settle(node.pid)
        bound = budgets.REBUILD.bound * scale.rebuild_size / _REBUILD_FULL
        found = endurance.rebuild(self.generator, node, accounts=scale.occupied, call_rate=50, most_seconds=60)
        size = f"{scale.rebuild_size} users and phones"
        yield judge(budgets.REBUILD, found.seconds, bound=bound, note=size)
        note = f"of {found.calls.offered} calls at 50/s, p99 {_p99(found.calls)} ms"
        yield judge(budgets.REBUILD_CALLS, found.calls.failed, note=note, details={"codes": found.calls.codes})


def _groups(first: int, *counts: int) -> Iterator[People]:
    for count in counts:
        yield People(first, count)
        first += count


def _p99(load: Load) -> float:
    return round(load.whole.p99 / 1000, 1)


def _ms(result: Result) -> float:
    return round(max(one.load.whole.p99 for one in result.rounds) / 1000, 1)
