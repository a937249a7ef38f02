"""The supervising process: starts the processes of a node, restarts each when it dies, stops them in order.

One per runtime directory. Its children are independent of it and of each other: each has its own session, writes its
own log file, and goes on when the supervisor dies. The next supervisor adopts those that allow it (Kamailio, so that
calls go on) and ends the others before it starts them anew.
"""

import contextlib
import fcntl
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import structlog

from freeseat.bootstrap import processes
from freeseat.bootstrap.processes import Identity
from freeseat.bootstrap.state import ChildState, NodeState, Phase, read_state, write_state
from freeseat.domain.errors import FreeseatError

log = structlog.get_logger()

LOCK_NAME = "serve.lock"
BACK_OFF = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds before a restart, by how often in a row the process died young; the last value counts for all further."""
STABLE_SECONDS = 10.0
"""A process that lived so long did not die young."""
READY_POLL = 0.1


class AlreadyRunning(FreeseatError):
    """Another supervisor holds this runtime directory."""

    code = "already_running"


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process to keep running.

    `prepare` runs before each start (not before an adoption); if it raises, that counts as a death. `ready` is asked
    until it says yes; it must not block. `adopt`: a process left over by an earlier
    supervisor is kept if it has the same `argv` and `stamp` (a word for the configuration it was started with).
    `stop_seconds`: how long it may take over ending by itself.
    """

    name: str
    argv: tuple[str, ...]
    prepare: Callable[[], None] | None = None
    ready: Callable[[], bool] | None = None
    adopt: bool = False
    stamp: str = ""
    stop_seconds: float = 5.0


@dataclass
class _Child:
    spec: ChildSpec
    state: ChildState
    who: Identity | None = None
    pidfd: int = -1
    process: "subprocess.Popen[bytes] | None" = None
    young_deaths: int = 0
    due: float = 0.0
    born: float = 0.0

    @property
    def waits_for_ready(self) -> bool:
        return self.who is not None and self.state.phase == Phase.STARTING


@dataclass
class Supervisor:
    """Keeps the given processes running until SIGTERM or SIGINT.

    Takes the processes in order of starting (they are stopped in reverse), the runtime directory, and the directory
    for one log file per process; without it they write to the supervisor's own standard error.
    """

    specs: Sequence[ChildSpec]
    runtime_dir: Path
    log_dir: Path | None = None
    back_off: Sequence[float] = BACK_OFF
    _children: list[_Child] = field(default_factory=list, init=False)
    _selector: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector, init=False)
    _stop_signal: int = field(default=0, init=False)
    _written: NodeState | None = field(default=None, init=False)
    _started_at: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Block until told to stop and everything has ended. Raises `AlreadyRunning`, OSError."""
        self.runtime_dir.mkdir(parents=True, exist_ok=True)
        if self.log_dir:
            self.log_dir.mkdir(parents=True, exist_ok=True)
        with locked(self.runtime_dir), self._signals():
            self._started_at = time.time()
            processes.adopt_orphans()
            self._children = [_Child(spec, ChildState(spec.name, spec.argv, spec.stamp)) for spec in self.specs]
            earlier = read_state(self.runtime_dir)
            # Named first, so that `stop` finds us while we take over, and still what is left should we be killed now.
            self._write(tuple(left.but(phase=Phase.WAITING) for left in earlier.children) if earlier else ())
            self._take_over(earlier)
            while not self._stop_signal:
                self._start_what_is_due()
                self._ask_for_ready()
                self._write()
                self._wait()
            log.info("stopping", signal=signal.Signals(self._stop_signal).name)
            self._stop()

    # Starting

    def _take_over(self, earlier: NodeState | None) -> None:
        """Adopt or end what an earlier supervisor, killed without warning, has left behind."""
        by_name = {child.spec.name: child for child in self._children}
        for left in reversed(earlier.children if earlier else ()):
            who, child = left.identity, by_name.get(left.name)
            if who is None or who.boot != processes.boot_id():
                continue
            if child and child.spec.adopt and who.is_alive() and left.is_same_as(child.state):
                self._watch(child, who)
                child.state = left.but(phase=Phase.STARTING)
                log.info("adopted", child=left.name, pid=who.pid)
            elif who.is_alive():
                log.warning("ending what an earlier supervisor left", child=left.name, pid=who.pid)
                processes.end_process(who, child.spec.stop_seconds if child else 5.0)
            elif any(processes.command_line(pid) == left.argv for pid in processes.group_members(who.pid)):
                log.warning("ending workers of a dead process", child=left.name, group=who.pid)
                processes.end_group(who.pid)

    def _start_what_is_due(self) -> None:
        for child in self._children:
            if child.who is None and child.due <= time.monotonic():
                self._start(child)

    def _start(self, child: _Child) -> None:
        spec = child.spec
        child.born = time.monotonic()
        try:
            if spec.prepare:
                spec.prepare()
            with self._output(spec.name) as output:
                child.process = subprocess.Popen(
                    spec.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
                )
        except Exception as error:  # whatever a hook does, the other processes must stay supervised
            log.exception("cannot be started", child=spec.name)
            self._plan_restart(child, f"cannot be started: {error}")
            return
        who = processes.identify(child.process.pid)
        child.state = child.state.but(phase=Phase.STARTING, identity=who, started_at=time.time())
        self._watch(child, who or Identity(child.process.pid, 0, processes.boot_id()))
        self._write()
        log.info("started", child=spec.name, pid=child.process.pid)

    def _watch(self, child: _Child, who: Identity) -> None:
        child.who, child.born = who, time.monotonic()
        child.pidfd = os.pidfd_open(who.pid)
        self._selector.register(child.pidfd, selectors.EVENT_READ, child)

    @contextlib.contextmanager
    def _output(self, name: str) -> Iterator[IO[bytes] | None]:
        if self.log_dir is None:
            yield None
            return
        with (self.log_dir / f"{name}.log").open("ab") as file:
            yield file

    def _ask_for_ready(self) -> None:
        for child in self._children:
            if child.waits_for_ready and _says_ready(child.spec):
                child.state = child.state.but(phase=Phase.READY)
                log.info("ready", child=child.spec.name, seconds=round(time.monotonic() - child.born, 3))

    # Waiting

    def _wait(self) -> None:
        now = time.monotonic()
        timeouts = [child.due - now for child in self._children if child.who is None]
        timeouts += [READY_POLL for child in self._children if child.waits_for_ready]
        for key, _ in self._selector.select(max(0.0, min(timeouts)) if timeouts else None):
            if isinstance(key.data, _Child):
                self._died(key.data)
            else:
                key.fileobj.recv(4096)  # type: ignore[union-attr]
        self._bury_orphans()

    def _died(self, child: _Child) -> None:
        """A process has died: end what it left, note how, and plan its restart."""
        assert child.who is not None
        lived = time.monotonic() - child.born
        processes.end_group(child.who.pid)
        how = _how_it_ended(child.process.wait()) if child.process else "ended"
        self._forget(child)
        log.error("died", child=child.spec.name, how=how, lived=round(lived, 3))
        if lived >= STABLE_SECONDS:
            child.young_deaths = 0
        self._plan_restart(child, how)

    def _forget(self, child: _Child) -> None:
        self._selector.unregister(child.pidfd)
        os.close(child.pidfd)
        child.who, child.pidfd, child.process = None, -1, None

    def _plan_restart(self, child: _Child, how: str) -> None:
        delay = self.back_off[min(child.young_deaths, len(self.back_off) - 1)]
        child.young_deaths += 1
        child.due = time.monotonic() + delay
        child.state = child.state.but(
            phase=Phase.WAITING, identity=None, restarts=child.state.restarts + 1, last_end=how
        )

    def _bury_orphans(self) -> None:
        """Wait for processes that came to us because their parent, a child of ours, had died."""
        own = {child.who.pid for child in self._children if child.who}
        while True:
            try:
                dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if dead is None or dead.si_pid in own:
                return
            os.waitpid(dead.si_pid, 0)

    # Stopping

    def _stop(self) -> None:
        for child in reversed(self._children):
            if child.who is None:
                child.state = child.state.but(phase=Phase.STOPPED)
                continue
            child.state = child.state.but(phase=Phase.STOPPING)
            self._write()
            by_itself = processes.end_process(child.who, child.spec.stop_seconds)
            how = _how_it_ended(child.process.wait()) if child.process else "ended"
            self._forget(child)
            child.state = child.state.but(phase=Phase.STOPPED, identity=None, last_end=how)
            (log.info if by_itself else log.warning)("stopped", child=child.spec.name, how=how)
        self._write()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """Turn signals into something to wait for (signal.set_wakeup_fd), so that none is missed or comes halfway."""
        reading, writing = socket.socketpair()
        reading.setblocking(False)
        writing.setblocking(False)
        self._selector.register(reading, selectors.EVENT_READ)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            self._selector.close()
            reading.close()
            writing.close()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            self._stop_signal = number

    def _write(self, children: tuple[ChildState, ...] | None = None) -> None:
        if children is None:
            children = tuple(child.state for child in self._children)
        state = NodeState(processes.identify(os.getpid()), self._started_at, children)
        if state == self._written:
            return
        try:
            write_state(self.runtime_dir, state)
            self._written = state
        except OSError as error:  # a full disk must not end the supervision
            log.error("state cannot be written", error=str(error))


@contextlib.contextmanager
def locked(runtime_dir: Path) -> Iterator[None]:
    """Hold the runtime directory for this process alone, as long as it lives. Raises `AlreadyRunning`."""
    with (runtime_dir / LOCK_NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"another freeseat serve is running in {runtime_dir}") from None
        yield


def _says_ready(spec: ChildSpec) -> bool:
    try:
        return spec.ready is None or spec.ready()
    except Exception:  # whatever a hook does, the other processes must stay supervised
        log.exception("cannot tell whether ready", child=spec.name)
        return False


def _how_it_ended(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
