"""The SIP messages of one baresip, from the trace in its output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.clients.sip import Message

_MESSAGE = re.compile(r"\x1b\[36;1m#\n(?:UDP|TCP|TLS) \S+ -> \S+\n(.*?)\x1b\[;m", re.DOTALL)


@dataclass(frozen=True)
class Trace:
    """The trace in the file ``log`` of a phone that puts one of ``addresses`` (IP:port) into its Via."""

    log: Path
    addresses: frozenset[str]

    def sent(self) -> list[Message]:
        """All messages that the phone sent so far, oldest first."""
        return [message for message in self._messages() if self._is_mine(message)]

    def received(self) -> list[Message]:
        """All messages that the phone received so far, oldest first."""
        return [message for message in self._messages() if not self._is_mine(message)]

    def _messages(self) -> list[Message]:
        text = self.log.read_bytes().decode("utf-8", "surrogateescape")
        return [Message.parse(found.encode("utf-8", "surrogateescape")) for found in _MESSAGE.findall(text)]

    def _is_mine(self, message: Message) -> bool:
        """A request with my topmost Via was sent by me; a response with it was sent to me."""
        mine = message.require("via").split()[1].partition(";")[0] in self.addresses
        return mine != bool(message.code)
