"""Free ports on loopback addresses, and programs that must be installed."""

from __future__ import annotations

import random
import shutil
import socket
from contextlib import ExitStack
from pathlib import Path

_FIRST, _LAST = 10_000, 31_000  # below Linux's ephemeral range, so that no outgoing connection takes them meanwhile
_RANGES, _RANGE = 22_000, 50  # so many neighbours are a range for RTP; no port by itself may lie in one
_random = random.SystemRandom()  # two test runs on one machine must not draw the same ports


class MissingProgramError(AssertionError):
    """A program that the tests need is not installed. Tests fail then; they are never skipped."""


def program(name: str, package: str, *places: str) -> str:
    """Path of an installed program, looked up in PATH, /usr/sbin and ``places``.

    Raises MissingProgramError saying which Debian package to install.
    """
    found = shutil.which(name) or shutil.which(name, path=":".join(("/usr/sbin", "/sbin", *places)))
    if found is None:
        raise MissingProgramError(f"{name} is not installed: apt-get install {package}")
    return found


def _is_free(ip: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with ExitStack() as stack:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            probe = stack.enter_context(socket.socket(family, kind))
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ip, port))
            except OSError:
                return False
    return True


def free_port(ip: str = "127.0.0.1", count: int = 1) -> int:
    """First of ``count`` neighbouring ports, even, free for UDP and TCP on ``ip`` and on all addresses."""
    wildcard = "::" if ":" in ip else "0.0.0.0"
    lowest, highest = (_RANGES, _LAST) if count >= _RANGE else (_FIRST, _RANGES)
    for _ in range(200):
        first = _random.randrange(lowest, highest - count, 2)
        if all(_is_free(place, port) for port in range(first, first + count) for place in (ip, wildcard)):
            return first
    raise AssertionError(f"no {count} free neighbouring ports on {ip}")


def tail(file: Path, lines: int = 30) -> str:
    """The last lines of a log, for failure messages; says so if there is no such file."""
    if not file.exists():
        return f"({file} does not exist)"
    return "\n".join(file.read_text("utf-8", errors="replace").splitlines()[-lines:])
