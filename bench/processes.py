"""What a server's processes use: CPU seconds and memory, read from /proc for a whole process tree."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """Memory of a process tree: proportional set size in bytes (shared pages counted once), by command name."""

    total: int
    by_command: dict[str, int]


def descendants(root: int) -> tuple[int, ...]:
    """Give the process ids of `root` and all its living descendants, parents first."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat_fields(int(entry.name))[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop(0)
        found.append(pid)
        todo += children.get(pid, [])
    return tuple(found)


def cpu_seconds(root: int) -> float:
    """Give user + system CPU seconds of the tree so far, that of children that ended and were waited for included.

    Living tasks are read from `schedstat` (nanoseconds): the clock ticks of `stat` are too coarse for a short run over
    a dozen processes.
    """
    return sum(_cpu_of(pid) for pid in descendants(root))


def memory(root: int) -> Memory:
    """Give the memory of the tree now."""
    by_command: dict[str, int] = {}
    for pid in descendants(root):
        with contextlib.suppress(OSError):
            command = (PROC / str(pid) / "comm").read_text().strip()
            for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    by_command[command] = by_command.get(command, 0) + int(line.split()[1]) * 1024
    return Memory(sum(by_command.values()), by_command)


def stop(process: subprocess.Popen[bytes], *, patience: float = 10.0) -> None:
    """End a server and all that it started: first politely, after `patience` seconds by force."""
    tree = descendants(process.pid)
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    for pid in tree:
        with contextlib.suppress(ProcessLookupError):
            if pid == process.pid and process.returncode is not None:
                continue
            os.kill(pid, signal.SIGKILL)
    process.wait()


def settle(root: int, *, patience: float = 10.0) -> None:
    """Wait until the tree is nearly idle (under a tenth of a core), at most `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        before = cpu_seconds(root)
        time.sleep(0.2)
        if cpu_seconds(root) - before < 0.02:
            return


@contextlib.contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Let processes started inside inherit this core; None leaves the placement to the kernel."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _stat_fields(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on (man proc_pid_stat, field 3)."""
    return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()


def _cpu_of(pid: int) -> float:
    try:
        fields = _stat_fields(pid)
        ended = int(fields[13]) + int(fields[14])
        living = 0
        for task in (PROC / str(pid) / "task").iterdir():
            living += int((task / "schedstat").read_text().split()[0])
    except OSError:
        return 0.0
    return ended / TICKS + living / 1e9
