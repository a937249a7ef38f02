"""Journal lines (docs/switch-contract.md): one JSON object a line, each written by a single `write` with O_APPEND."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping

import KSR

# the encoder of one string, made once: JSONEncoder makes a new one for each line
_quote: Callable[[str], str] = json.encoder.encode_basestring_ascii


class Journal:
    """This process's end of the journal; a new file begins with each hour of unix time."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._hour = -1
        self._fd = -1

    def bound(self, aor: str, fields: Mapping[str, str | int]) -> None:
        """A binding of `aor` was made or changed; `fields` as in the contract."""
        pairs = [f'"{name}":{_quote(value) if isinstance(value, str) else value}' for name, value in fields.items()]
        self._write("bind", f'"aor":{_quote(aor)},{",".join(pairs)}')

    def unbound(self, aor: str, contact: str, why: str) -> None:
        """A binding ended."""
        self._write("unbind", f'"aor":{_quote(aor)},"contact":{_quote(contact)},"why":"{why}"')

    def call(
        self, call_id: str, caller: str, phone: str, dialled: str, called: str, kind: str, source: str, queue: str = ""
    ) -> None:
        """A call came in; `queue` is the queue whose call it is."""
        self._write(
            "call",
            f'"id":{_quote(call_id)},"caller":{_quote(caller)},"phone":{_quote(phone)},"dialled":{_quote(dialled)},'
            f'"called":{_quote(called)},"kind":"{kind}","source":"{source}"'
            + (f',"queue":{_quote(queue)}' if queue else ""),
        )

    def progress(self, kind: str, call_id: str, phone: str) -> None:
        """`phone` is ringing, or its answer: `kind` is `ringing` or `answer`."""
        self._write(kind, f'"id":{_quote(call_id)},"phone":{_quote(phone)}')

    def end(self, call_id: str, code: int, cause: str, by: str) -> None:
        """A call is over."""
        self._write("end", f'"id":{_quote(call_id)},"code":{code},"cause":"{cause}","by":"{by}"')

    def _write(self, kind: str, fields: str) -> None:
        """Append one line, stamped with the time now.

        A line that cannot be written is logged: calls go on without their record rather than not at all.
        """
        now = time.time()
        try:
            os.write(self._file(int(now // 3600)), f'{{"t":"{kind}","at":{now:.6f},{fields}}}\n'.encode("ascii"))
        except OSError as error:
            KSR.err(f"event=journal_lost kind={kind} error={error.strerror}\n")

    def _file(self, hour: int) -> int:
        if hour != self._hour:
            if self._fd >= 0:
                os.close(self._fd)
            path = os.path.join(self._directory, f"journal-{hour}.jsonl")  # noqa: PTH118 - no pathlib in the SIP path
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
            self._hour = hour
        return self._fd
