"""Journal lines (docs/switch-contract.md): one JSON object a line, each written by a single `write` with O_APPEND."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

import KSR

# the encoder of one string, made once: JSONEncoder makes a new one for each line
_quote: Callable[[str], str] = json.encoder.encode_basestring_ascii


class Journal:
    """This process's end of the journal; a new file begins with each hour of unix time."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._hour = -1
        self._fd = -1

    def write(self, kind: str, /, **fields: str | int) -> None:
        """Append one line of kind `kind` (its `t`), stamped with the time now.

        A line that cannot be written is logged: calls go on without their record rather than not at all.
        """
        now = time.time()
        pairs = [f'"{name}":{_quote(value) if isinstance(value, str) else value}' for name, value in fields.items()]
        line = f'{{"t":"{kind}","at":{now:.6f},{",".join(pairs)}}}\n'
        try:
            os.write(self._file(int(now // 3600)), line.encode("ascii"))
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
