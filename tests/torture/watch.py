"""Whether a node still lives, works and is sound after what was done to it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.clients.node import Node
from tests.clients.ports import program
from tests.clients.raw import RawPhone
from tests.clients.sip import Message
from tests.sip_plane.talk import Outgoing, answer, expect
from tests.torture.office import DESK, OWNER, PIN, VISITOR, secret, voice_address

_SECONDS = 15.0
"""How long a menu may take on a busy machine."""
_KAMAILIO_LINE = re.compile(r"^\s*\d+\(\d+\) (?P<level>[A-Z]+): (?P<what>.*)")
_NO_MEMORY = re.compile(r"out of|no more|no (shm|pkg|shared|private)|could ?n.t allocate|memory", re.IGNORECASE)
_EXPECTED = re.compile(
    # about a message that makes no sense, or cannot be answered or sent on where it says
    r"<core> \[core/(parser/|receive\.c|msg_translator\.c|tcp_read\.c|tcp_main\.c|udp_server\.c|forward\.h|resolve\.c)"
    r"|(sanity|pv|auth|maxfwd|tmx|nathelper|registrar|rr|sl|siputils) \["
    r"|tm \[(t_lookup\.c|t_fwd\.c|\S*ut\.h)"
    r"|<core> \[core/kemi\.c:\d+\]: sr_kemi_pv_get_mode\(\): unable to get pv value"
    r"|event=emergency_not_configured"
)
"""What Kamailio may complain of at level ERROR. Nothing of Python, of tables, of memory."""
_EXPECTED_CRITICAL = "udp_send(): invalid sendtoparameters"
"""The only complaint above ERROR: an answer to an address that this machine cannot send to."""


class Watch:
    """Looks after a node: its processes, its logs, its memory; and people who use it meanwhile. A context manager."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._pids = self._processes()
        self._read: dict[Path, int] = {}
        self._desk = RawPhone(node.server, DESK, secret(DESK))
        self._owner = RawPhone(node.server, OWNER, PIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._desk.__exit__(kind, error, trace)
        self._owner.__exit__(kind, error, trace)

    def is_well(self) -> None:
        """Fail unless a normal login works, the processes are the same as at first and no log tells of a fault."""
        self._normal_login()
        assert self._processes() == self._pids
        restarted = [child for child in self._node.processes().values() if child.restarts]
        assert not restarted, f"{restarted}\n{self._node.log_tails()}"
        with RawPhone(voice_address(self._node)) as kamailio:
            _is_ok(kamailio.options())
        faults = self.faults()
        assert not faults, "\n".join(faults[:20])

    def _normal_login(self) -> None:
        """A phone's refresh, *45 with digits typed ahead, a call to who logged in, *46; and a REGISTER as oneself."""
        _is_ok(self._desk.register())
        _is_ok(self._owner.register())
        menu = self._desk.call("*45")
        menu.digits(f"{VISITOR}#{PIN}#2")
        assert menu.ended(_SECONDS), "the menu does not end"
        call = Outgoing(self._owner, VISITOR)
        answer(self._desk, expect(self._desk, "INVITE", call), 486)
        assert call.refusal().code == 486
        menu = self._desk.call("*46")
        menu.digits(f"{PIN}#")
        assert menu.ended(_SECONDS), "the menu does not end"
        _is_ok(self._owner.unregister())

    def _processes(self) -> dict[str, int | None]:
        return {name: child.pid for name, child in self._node.processes().items()}

    def shared_memory(self) -> int:
        """Bytes of shared memory that Kamailio has in use."""
        return self._told("core.shmmem", r"real_used: (\d+)")

    def seconds_of_connection(self, port: int) -> int:
        """How long Kamailio keeps the TCP connection from that port of 127.0.0.1 if nothing more comes."""
        return self._told("core.tcp_list", rf"lifetime: (\d+)[^{{}}]*src_ip: 127.0.0.1\s+src_port: {port}\b")

    def _told(self, command: str, wanted: str) -> int:
        """A number in what Kamailio tells about itself."""
        told = subprocess.run(
            [program("kamcmd", "kamailio"), "-s", f"unix:{self._node.runtime / 'ctl'}", command],
            capture_output=True, text=True, check=True, timeout=10,
        ).stdout  # fmt: skip
        found = re.search(wanted, told)
        assert found is not None, told
        return int(found[1])

    def private_memory(self) -> int:
        """Bytes of memory that the node's processes have for themselves, with those that Kamailio has forked."""
        return sum(_private(pid) for pid in self._pids.values() if pid is not None)

    def faults(self) -> list[str]:
        """Lines that came to the logs since the last time and should not be there."""
        found = []
        for log in sorted(self._node.logs.glob("*.log")):
            is_fault = _is_kamailios_fault if log.stem == "kamailio" else _is_fault
            found += [f"{log.name}: {line}" for line in self._news(log) if is_fault(line)]
        return found

    def _news(self, log: Path) -> list[str]:
        with log.open("rb") as file:
            file.seek(self._read.get(log, 0))
            data = file.read()
        whole = data.rfind(b"\n") + 1
        self._read[log] = self._read.get(log, 0) + whole
        return data[:whole].decode("utf-8", "replace").split("\n")[:-1]


def _is_ok(got: Message | None) -> None:
    assert got is not None, "no answer"
    assert got.code == 200, str(got)


def _is_fault(line: str) -> bool:
    """Our own processes log JSON; whatever else they print is a fault."""
    if not line.startswith("{"):
        return True
    told = json.loads(line)
    return told["level"] in ("error", "critical") or "exception" in told


def _is_kamailios_fault(line: str) -> bool:
    """Other lines are the rest of a message it quotes."""
    head = _KAMAILIO_LINE.match(line)
    if head is None:
        return "Traceback" in line
    what = head["what"]
    if head["level"] == "ERROR":
        return _NO_MEMORY.search(what) is not None or _EXPECTED.search(what) is None
    return head["level"] in ("CRITICAL", "ALERT", "BUG") and _EXPECTED_CRITICAL not in what


def _private(pid: int) -> int:
    """The private memory of a process and its descendants."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE)) * 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_private(int(child)) for child in children)
