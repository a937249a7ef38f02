"""Facts about Linux processes: who is who, who is left of a group, and how to end one for certain.

A process id alone says nothing after its process has died, for the kernel gives it out again. Together with the
process's start time and the boot it belongs to it names one process for ever (proc(5), /proc/pid/stat field 22).
"""

import contextlib
import ctypes
import os
import select
import signal
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_PROC = Path("/proc")
_POLL = 0.005


@dataclass(frozen=True, slots=True)
class Identity:
    """One process for ever: its id, its start in clock ticks since boot, and that boot's id."""

    pid: int
    ticks: int
    boot: str

    def is_alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        return identify(self.pid) == self


def identify(pid: int) -> Identity | None:
    """Name the process that has this id now, or None if there is none or it is a zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in ("Z", "X") else Identity(pid, int(fields[19]), boot_id())


@lru_cache(maxsize=1)
def boot_id() -> str:
    """The kernel's id of the present boot."""
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def command_line(pid: int) -> tuple[str, ...]:
    """The arguments with which a process was started; empty if it is gone."""
    try:
        return tuple((_PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1])
    except OSError:
        return ()


def group_members(group: int) -> list[int]:
    """Ids of the living processes of a process group."""
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if (fields := _stat(pid)) and int(fields[2]) == group and fields[0] not in ("Z", "X")]


def adopt_orphans() -> None:
    """Make this process the parent of whatever its children leave behind, so that it can wait for it (prctl(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def end_process(who: Identity, seconds: float) -> bool:
    """Ask a process to end, wait, then kill it and what is left of its group.

    Takes how long it may take over ending by itself. Gives whether it ended by itself.
    """
    try:
        descriptor = os.pidfd_open(who.pid)
    except ProcessLookupError:
        end_group(who.pid)
        return True
    try:
        by_itself = True
        if who.is_alive():
            signal.pidfd_send_signal(descriptor, signal.SIGTERM)
            by_itself = bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)
    end_group(who.pid)
    return by_itself


def end_group(group: int, seconds: float = 2.0) -> None:
    """Kill what is left of a process group and wait until it is gone, so that its ports are free.

    Raises TimeoutError if something is still there after so many seconds.
    """
    deadline = time.monotonic() + seconds
    while members := group_members(group):
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {members} of group {group} cannot be killed")
        time.sleep(_POLL)


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/pid/stat from the third (state) on; the second may itself hold spaces and brackets."""
    try:
        return (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
