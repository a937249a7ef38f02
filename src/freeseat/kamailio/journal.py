"""Journal lines (docs/switch-contract.md): one JSON object a line, appended by whole `write`s with O_APPEND.

What happens to bindings is written at once. What happens to calls waits for a moment in the queue `calls`, which
kamailio.cfg fills, too: one process writes what has come together, so that a call costs no `write` of its own.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import KSR

from freeseat.kamailio import message

QUEUE = "calls"
_LINE = "line"
# the encoder of one string, made once: JSONEncoder makes a new one for each line
_quote: Callable[[str], str] = json.encoder.encode_basestring_ascii


class Journal:
    """This process's end of the journal; a new file begins with each hour of unix time."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._hour = -1
        self._fd = -1
        self._hint: socket.socket | None = None

    def started(self, boot: str) -> None:
        """Kamailio was started anew, with that id: transactions of before are gone."""
        self._write(_line("start", _now(), f'"boot":"{boot}"'))

    def bound(self, aor: str, fields: Mapping[str, str | int]) -> None:
        """A binding of `aor` was made or changed; `fields` as in the contract."""
        pairs = [f'"{name}":{_quote(value) if isinstance(value, str) else value}' for name, value in fields.items()]
        self._write(_line("bind", _now(), f'"aor":{_quote(aor)},{",".join(pairs)}'))

    def unbound(self, aor: str, contact: str, why: str) -> None:
        """A binding ended."""
        fields = f'"aor":{_quote(aor)},"contact":{_quote(contact)},"why":"{why}"'
        self._write(_line("unbind", _now(), fields))

    def call(
        self, call_id: str, caller: str, phone: str, dialled: str, called: str, kind: str, source: str, queue: str = ""
    ) -> None:
        """A call came in; `queue` is the queue whose call it is."""
        self._queue(_call(_now(), call_id, caller, phone, dialled, called, kind, source, queue))

    def end(self, call_id: str, code: int, cause: str, by: str) -> None:
        """A call is over."""
        self._queue(_end(_now(), call_id, code, cause, by))

    def write_calls(self) -> int:
        """Write the lines that wait in the queue."""
        lines, queue = [], KSR.mqueue
        while queue.mq_fetch(QUEUE) > 0:
            kind, value = queue.mqk_get(QUEUE), queue.mqv_get(QUEUE)
            try:
                lines.append(value if kind == _LINE else _of_script(kind, value))
            except ValueError as error:
                KSR.err(f"event=journal_lost kind={kind} error={error}\n")
        if lines:
            self._write("".join(lines))
        return 1

    @staticmethod
    def _queue(line: str) -> None:
        KSR.mqueue.mq_add(QUEUE, _LINE, line)

    def _write(self, lines: str) -> None:
        """Append lines. Those that cannot be written are logged: calls go on without record rather than not at all."""
        try:
            os.write(self._file(int(time.time() // 3600)), lines.encode("ascii"))
        except OSError as error:
            KSR.err(f"event=journal_lost octets={len(lines)} error={error.strerror}\n")
        else:
            self._tell()

    def _tell(self) -> None:
        """Hint that there is something to read. The control plane may be away; it looks by itself from time to time."""
        if self._hint is None:
            self._hint = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        with suppress(OSError):
            self._hint.sendto(b"", f"{self._directory}/journal.sock")

    def _file(self, hour: int) -> int:
        if hour != self._hour:
            if self._fd >= 0:
                os.close(self._fd)
            path = os.path.join(self._directory, f"journal-{hour}.jsonl")  # noqa: PTH118 - no pathlib in the SIP path
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            self._hour = hour
        return self._fd


def _of_script(kind: str, value: str) -> str:
    """The line for what kamailio.cfg put into the queue: fields separated by `|`, time first, Call-ID in hex last.

    Raises ValueError.
    """
    at, *fields, hexadecimal = value.split("|")
    call_id = bytes.fromhex(hexadecimal).decode("utf-8", "backslashreplace")
    if kind == "call":
        caller, phone, dialled, source = fields
        return _call(at, call_id, caller, phone, dialled, dialled, "internal", message.short(source), "")
    if kind == "end":
        (by,) = fields
        return _end(at, call_id, 200, "normal", by)
    branch, rung = fields
    return _line(kind, at, f'"id":{_quote(call_id)},"phone":{_quote(_place(rung, int(branch)))}')


def _place(rung: str, branch: int) -> str:
    """The AoR of a branch (`rung` as in calls.py): those after the last one named are contacts of its AoR."""
    _, *places = rung.split(",")
    return places[min(branch, len(places) - 1)] if places else ""


def _call(
    at: str, call_id: str, caller: str, phone: str, dialled: str, called: str, kind: str, source: str, queue: str
) -> str:
    return _line(
        "call",
        at,
        f'"id":{_quote(call_id)},"caller":{_quote(caller)},"phone":{_quote(phone)},"dialled":{_quote(dialled)},'
        f'"called":{_quote(called)},"kind":"{kind}","source":"{source}"'
        + (f',"queue":{_quote(queue)}' if queue else ""),
    )


def _end(at: str, call_id: str, code: int, cause: str, by: str) -> str:
    return _line("end", at, f'"id":{_quote(call_id)},"code":{code},"cause":"{cause}","by":"{by}"')


def _line(kind: str, at: str, fields: str) -> str:
    return f'{{"t":"{kind}","at":{at},{fields}}}\n'


def _now() -> str:
    """Unix time, as kamailio.cfg writes it too."""
    return f"{time.time():.6f}"
