"""Where a run takes place: cores, free ports, and a network namespace of its own where that is allowed."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

_INSIDE = "FREESEAT_BENCH_NAMESPACE"
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1


@dataclass(frozen=True)
class Cores:
    """The core the server runs on and the generator's; both None where there is only one."""

    server: int | None
    generator: int | None

    @classmethod
    def available(cls) -> Cores:
        """Give the generator the first core allowed to us and the server the second."""
        cores = sorted(os.sched_getaffinity(0))
        return cls(cores[1], cores[0]) if len(cores) > 1 else cls(None, None)


def enter_namespace(module: str, arguments: list[str]) -> bool:
    """Restart `python -m module arguments` in an empty network namespace, if we may; else go on where we are.

    Gives whether this process is in a namespace of its own. In the namespace only loopback exists, so nothing from
    outside reaches the servers under test and no port clashes with another program's.
    """
    if os.environ.get(_INSIDE):
        _loopback_up()
        return True
    unshare = shutil.which("unshare")
    if unshare and os.geteuid() == 0 and not subprocess.run([unshare, "--net", "true"], check=False).returncode:
        sys.stdout.flush()
        command = [unshare, "--net", sys.executable, "-m", module, *arguments]
        os.execve(unshare, command, {**os.environ, _INSIDE: "1"})
    return False


def free_ports(first: int = 20_000) -> Iterator[int]:
    """Give ports on which both UDP and TCP are free on every address, from `first` on, none of them twice.

    They lie below the range from which the kernel takes ports of clients. Raises OSError when there are no more.
    """
    for port in range(first, 28_000):
        if all(_is_free(kind, port) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            yield port
    raise OSError("no port is free any more")


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as trial:
        try:
            trial.bind(("", port))
        except OSError:
            return False
    return True


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
