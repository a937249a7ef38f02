"""How a process of a node tells its supervisor that it does its work: an empty file `<name>.ready`."""

import socket
from ipaddress import ip_address
from pathlib import Path

_ANSWER_SECONDS = 0.05


def mark_ready(runtime_dir: Path, name: str) -> None:
    """Say that the process of this name (control, voice, web) works now."""
    runtime_dir.mkdir(parents=True, exist_ok=True)  # there is no supervisor where one is started by itself
    _mark(runtime_dir, name).touch()


def unmark_ready(runtime_dir: Path, name: str) -> None:
    """Forget what an earlier process of this name has said; the supervisor does so before each start."""
    _mark(runtime_dir, name).unlink(missing_ok=True)


def is_marked_ready(runtime_dir: Path, name: str) -> bool:
    """Whether the process of this name has said so."""
    return _mark(runtime_dir, name).exists()


def takes_calls(host: str, port: int) -> bool:
    """Whether OPTIONS (RFC 3261 section 11) at this UDP address is answered at once, and not by 503.

    Kamailio answers 503 until the control plane has filled its tables (docs/switch-contract.md, `ready`).
    """
    address = ip_address(host)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.settimeout(_ANSWER_SECONDS)
        try:
            probe.connect((host, port))
            here, from_port = probe.getsockname()[:2]
            probe.send(_options(_bracketed(here), from_port, _bracketed(host), port))
            answer = probe.recv(2048)
        except OSError:
            return False
    return answer.startswith(b"SIP/2.0 ") and not answer.startswith(b"SIP/2.0 503")


def _options(here: str, from_port: int, host: str, port: int) -> bytes:
    lines = [
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {here}:{from_port};branch=z9hG4bK-ready-{from_port};rport",
        f"From: <sip:supervisor@{here}>;tag=ready{from_port}",
        f"To: <sip:{host}>",
        f"Call-ID: ready-{from_port}@{here}",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 1",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _mark(runtime_dir: Path, name: str) -> Path:
    return runtime_dir / f"{name}.ready"
