"""Checks of this machine: directories, user, ports, and the node's processes if it runs."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from freeseat.bootstrap import processes, running
from freeseat.bootstrap.doctor.check import Check, fail, ok, warn
from freeseat.bootstrap.node import addresses
from freeseat.bootstrap.state import NodeState
from freeseat.settings import DEFAULT_FILE, Settings

LEAST_FREE_BYTES = 200 * 2**20


def check_machine(settings: Settings) -> list[Check]:
    """Directories, user, ports, processes."""
    state = running.status(settings.runtime_dir)
    return [
        _directory("data directory", settings.data_dir),
        _directory("runtime directory", settings.runtime_dir),
        _user(settings),
        *_ports(settings, state),
        _processes(state),
    ]


def _directory(name: str, path: Path) -> Check:
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return fail(name, f"{there} cannot be written", "run as its owner, or set another directory in the settings")
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE_BYTES:
        return warn(name, f"{there} has only {free // 2**20} MiB left", "make room: logs, journal and database grow")
    return ok(name, f"{path}, {free // 2**20} MiB free" if path.exists() else f"{path} can be made")


def _user(settings: Settings) -> Check:
    name = "system user"
    if settings.user not in ("", "root"):
        return ok(name, settings.user)
    if os.geteuid() == 0:
        return warn(name, "everything runs as root", f'set user = "freeseat" in {DEFAULT_FILE} (or start as that user)')
    return ok(name, "whoever starts it, not root")


@dataclass(frozen=True, slots=True)
class _Wanted:
    what: str
    host: str
    port: int
    kind: socket.SocketKind

    @property
    def at(self) -> str:
        transport = "udp" if self.kind == socket.SOCK_DGRAM else "tcp"
        return f"{transport} {self.host} port {self.port}"


def _ports(settings: Settings, state: NodeState | None) -> Iterator[Check]:
    own = {child.pid for child in state.children if child.pid} if state else set()
    taken = 0
    wanted = list(_wanted(settings))
    for want in wanted:
        trouble = _trouble(want)
        if trouble is None or _holders(want) & {pid for group in own for pid in processes.group_members(group)}:
            continue
        taken += 1
        yield fail(f"port of {want.what}", f"{want.at}: {trouble}{_whose(want)}", _advice(want))
    if not taken:
        yield ok("ports", f"{len(wanted)} ports are " + ("ours" if own else "free"))


def _wanted(settings: Settings) -> Iterator[_Wanted]:
    sip = settings.sip
    for address in addresses(settings):
        yield _Wanted("SIP", str(address), sip.port, socket.SOCK_DGRAM)
        yield _Wanted("SIP", str(address), sip.port, socket.SOCK_STREAM)
        if sip.tls_port:
            yield _Wanted("SIP over TLS", str(address), sip.tls_port, socket.SOCK_STREAM)
    yield _Wanted("the control connection", "127.0.0.1", sip.asks_port, socket.SOCK_STREAM)
    if settings.web.port:
        yield _Wanted("web", str(settings.web.listen), settings.web.port, socket.SOCK_STREAM)
    yield _Wanted("voice", str(settings.voice.host), settings.voice.port, socket.SOCK_DGRAM)


def _trouble(want: _Wanted) -> str | None:
    """Why this port cannot be used now, or None if it can."""
    family = socket.AF_INET if ip_address(want.host).version == 4 else socket.AF_INET6
    with socket.socket(family, want.kind) as probe:
        if want.kind == socket.SOCK_STREAM:  # as servers do, so that connections in TIME_WAIT do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((want.host, want.port))
            if want.kind == socket.SOCK_STREAM:
                probe.listen()
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return None


def _holders(want: _Wanted) -> set[int]:
    """Ids of the processes that hold this port, as far as they can be seen."""
    inodes = set(_inodes(want))
    return {
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and inodes & _open_files(entry)
    }


def _open_files(process: Path) -> set[str]:
    """What the descriptors of a process stand for; nothing if it is gone, or another user's."""
    found = set()
    with suppress(OSError):
        for file in (process / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found.add(str(file.readlink()))
    return found


def _inodes(want: _Wanted) -> Iterator[str]:
    """Names of the sockets bound to this port, as /proc/pid/fd has them (proc(5), /proc/net/tcp)."""
    for suffix in ("", "6"):
        table = Path("/proc/net") / (("udp" if want.kind == socket.SOCK_DGRAM else "tcp") + suffix)
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for fields in (line.split() for line in lines):
            bound_to, remote = fields[1], fields[2]
            if int(bound_to.rpartition(":")[2], 16) == want.port and remote.endswith(":0000"):
                yield f"socket:[{fields[9]}]"


def _whose(want: _Wanted) -> str:
    names = {f"{Path(processes.command_line(pid)[0]).name} (process {pid})" for pid in _first(_holders(want))}
    return f" by {', '.join(sorted(names))}" if names else ""


def _first(pids: set[int]) -> list[int]:
    return [pid for pid in sorted(pids) if processes.command_line(pid)][:1]


def _advice(want: _Wanted) -> str:
    if "kamailio" in _whose(want):
        return "if that is Debian's own service: systemctl disable --now kamailio; else choose another port"
    return "stop that program, or choose another address or port in the settings"


def _processes(state: NodeState | None) -> Check:
    name = "processes"
    if state is None:
        return ok(name, "not running")
    if state.supervisor is None:
        return fail(name, "the supervisor was killed; what it left still runs", "run: freeseat serve --detach")
    late = [f"{child.name} is {child.phase} ({child.last_end or 'never ended'})" for child in state.children
            if child.phase != "ready"]  # fmt: skip
    if late:
        return fail(name, "; ".join(late), "look at the end of its log file")
    often = [f"{child.name} {child.restarts} times, last: {child.last_end}" for child in state.children
             if child.restarts]  # fmt: skip
    if often:
        return warn(name, f"restarted: {'; '.join(often)}", "look into the log files for why")
    return ok(name, ", ".join(f"{child.name} {child.pid}" for child in state.children))
