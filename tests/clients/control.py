"""baresip's control connection: commands and events as JSON in netstrings (its module ctrl_tcp)."""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something baresip told.

    ``kind`` is baresip's name of it, as CALL_INCOMING; ``call`` the Call-ID, ``peer`` the other party's URI and
    ``name`` its display name, all empty where they don't apply; ``text`` what else there is: status line or digit.
    """

    kind: str
    account: str
    call: str
    peer: str
    name: str
    text: str

    @classmethod
    def parse(cls, told: dict[str, Any]) -> Event:
        """Read an event message."""
        names = ("type", "accountaor", "id", "peeruri", "peerdisplayname", "param")
        return cls(*(str(told.get(name, "")) for name in names))


class ControlError(AssertionError):
    """baresip refused a command, did not answer, or is gone."""


class Control:
    """A connection to one baresip. Events that arrive while a command runs are kept in ``events``, oldest first."""

    def __init__(self, port: int) -> None:
        """Connect to ``port`` on 127.0.0.1. Raises OSError if nothing listens there yet."""
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._buffer = b""
        self.events: list[Event] = []

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def command(self, name: str, parameter: str = "", seconds: float = 15.0) -> str:
        """Run one command and give what baresip prints for it. Raises ControlError if it failed."""
        message = json.dumps({"command": name, "params": parameter} if parameter else {"command": name}).encode()
        self._socket.sendall(b"%d:%b," % (len(message), message))
        deadline = time.monotonic() + seconds
        while (told := self._next(deadline)) is not None:
            if told.get("response"):
                if not told["ok"]:
                    raise ControlError(f"{name} {parameter}: {told['data']}")
                return str(told["data"])
        raise ControlError(f"no answer to {name} {parameter} within {seconds:g} s")

    def listen(self, seconds: float) -> bool:
        """Wait up to ``seconds`` for one more event; whether one came."""
        return self._next(time.monotonic() + seconds) is not None

    def _next(self, deadline: float) -> dict[str, Any] | None:
        """The next message, or None at the deadline. An event is also added to ``events``."""
        while (told := self._decoded()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                data = self._socket.recv(65_536)
            except TimeoutError:
                return None
            if not data:
                raise ControlError("baresip closed its control connection")
            self._buffer += data
        if told.get("event"):
            self.events.append(Event.parse(told))
        return told

    def _decoded(self) -> dict[str, Any] | None:
        size, colon, rest = self._buffer.partition(b":")
        if not colon or len(rest) <= int(size):
            return None
        self._buffer = rest[int(size) + 1 :]
        told: dict[str, Any] = json.loads(rest[: int(size)])
        return told
