"""Start a node in the background, stop it, and tell how it is: for the command line and for `scripts/office`."""

import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from freeseat.bootstrap import processes
from freeseat.bootstrap.state import ChildState, NodeState, Phase, read_state
from freeseat.bootstrap.supervisor import AlreadyRunning
from freeseat.domain.errors import FreeseatError

Progress = Callable[[str], None]
"""Takes one line for the person who waits."""

_POLL = 0.05
_SETTLE = 0.5
_TAIL_LINES = 12
_TAIL_BYTES = 8192
_TOO_MANY_RESTARTS = 4


class NotHealthy(FreeseatError):
    """A node did not become ready; the text names the process and ends with its last log lines."""

    code = "not_healthy"


def status(runtime_dir: Path) -> NodeState | None:
    """What runs in this runtime directory now, checked against the kernel; None if nothing does."""
    state = read_state(runtime_dir)
    if state is None:
        return None
    alive = bool(state.supervisor and state.supervisor.is_alive())
    children = tuple(_as_it_is(child) for child in state.children)
    if not alive and not any(child.identity for child in children):
        return None
    return NodeState(state.supervisor if alive else None, state.started_at, children)


def start_detached(
    argv: list[str], runtime_dir: Path, log_dir: Path, *, seconds: float = 60.0, progress: Progress
) -> NodeState:
    """Start a supervisor in the background and wait until all its processes are ready.

    Takes the command that supervises in the foreground, and how long it may take. Gives the state of the ready node.
    Raises `AlreadyRunning`, or `NotHealthy` after having stopped it again.
    """
    if is_supervised(runtime_dir):
        raise AlreadyRunning(f"freeseat serve is running already in {runtime_dir}")
    log_dir.mkdir(parents=True, exist_ok=True)
    pid = _spawn(argv, log_dir / "serve.log")
    try:
        return _wait_until_ready(pid, runtime_dir, log_dir, time.monotonic() + seconds, progress)
    except (NotHealthy, KeyboardInterrupt):
        _terminate(pid, 30.0)
        raise


def stop(runtime_dir: Path, *, seconds: float = 30.0, progress: Progress) -> bool:
    """Stop the node in this runtime directory, and what a killed supervisor may have left.

    Takes how long the whole may take before it is killed. Gives whether anything was running.
    """
    state = status(runtime_dir)
    if state is None:
        return False
    if state.supervisor is not None:
        progress(f"stopping (process {state.supervisor.pid})")
        _terminate(state.supervisor.pid, seconds)
    for child in reversed(state.children):
        if child.identity and child.identity.is_alive():
            progress(f"ending {child.name} (process {child.identity.pid}), which had no supervisor")
            processes.end_process(child.identity, 5.0)
    return True


def is_supervised(runtime_dir: Path) -> bool:
    """Whether a supervisor runs in this runtime directory."""
    state = status(runtime_dir)
    return state is not None and state.supervisor is not None


def _as_it_is(child: ChildState) -> ChildState:
    if child.identity and child.identity.is_alive():
        return child
    return replace(child, identity=None, phase=Phase.STOPPED if child.phase == Phase.STOPPED else Phase.WAITING)


def _terminate(pid: int, seconds: float) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        if not select.select([descriptor], [], [], seconds)[0]:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    finally:
        os.close(descriptor)


def _spawn(argv: list[str], log_file: Path) -> int:
    """Start a process of its own session that writes to a log file; give its id."""
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log_file), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(argv[0], argv, os.environ, file_actions=files, setsid=True)


def _wait_until_ready(pid: int, runtime_dir: Path, log_dir: Path, deadline: float, progress: Progress) -> NodeState:
    told: dict[str, Phase] = {}
    while True:
        state = read_state(runtime_dir)
        if state and state.supervisor and state.supervisor.pid == pid:
            _tell(state, told, progress)
            if state.is_ready and _stays_ready(state, runtime_dir):
                return state
            _fail_if_hopeless(state, log_dir)
        if processes.identify(pid) is None:
            raise NotHealthy(f"freeseat serve ended at once\n{_tail(log_dir / 'serve.log')}")
        if time.monotonic() > deadline:
            late = [child.name for child in state.children if child.phase != Phase.READY] if state else ["serve"]
            raise NotHealthy(f"not ready in time: {', '.join(late)}\n{_tail(log_dir / f'{late[0]}.log')}")
        time.sleep(_POLL)


def _stays_ready(state: NodeState, runtime_dir: Path) -> bool:
    """Whether all is ready still in a moment: who cannot have his port dies, though its owner answers in his place."""
    time.sleep(_SETTLE)
    later = read_state(runtime_dir)
    return later is not None and later.is_ready and later.children == state.children


def _tell(state: NodeState, told: dict[str, Phase], progress: Progress) -> None:
    for child in state.children:
        if child.phase != told.get(child.name) and child.phase in (Phase.STARTING, Phase.READY):
            progress(f"{child.name} {child.phase} (process {child.pid})")
            told[child.name] = child.phase


def _fail_if_hopeless(state: NodeState, log_dir: Path) -> None:
    for child in state.children:
        if child.restarts >= _TOO_MANY_RESTARTS:
            raise NotHealthy(f"{child.name} does not stay up: {child.last_end}\n{_tail(log_dir / f'{child.name}.log')}")


def _tail(path: Path) -> str:
    """The last lines of a log file, headed by its name."""
    if not path.exists():
        return f"(nothing in {path})"
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join([f"last lines of {path}:", *(f"  {line}" for line in lines[-_TAIL_LINES:])])
