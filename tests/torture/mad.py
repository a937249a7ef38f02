"""Sending messages that nobody should send, so that all of them arrive, and taking what comes back."""

from __future__ import annotations

import errno
import re
import select
import socket
from collections.abc import Iterable, Sequence

from tests.clients.raw import RawPhone, fresh
from tests.clients.sip import Message
from tests.torture.office import MAD_ADDRESS

_BURST = 40
"""Datagrams between two looks whether all were taken: as many as a receive buffer surely holds."""
_HEARD_ENOUGH = (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)
"""How a connection ends that the server has closed, which is its right."""
_ACCEPTED = re.compile(rb"SIP/2\.0 2\d\d .*?^CSeq:\s*\d+\s+INVITE\s*$", re.DOTALL | re.IGNORECASE | re.MULTILINE)


class MadPhone(RawPhone):
    """A UDP phone that sends anything, and ends the calls which come of it."""

    def __init__(self, server: tuple[str, int], ip: str = MAD_ADDRESS) -> None:
        super().__init__(server, "2019", "4711", ip=ip)
        self.accepted = 0
        """Calls that were answered."""

    def pour(self, messages: Iterable[bytes]) -> None:
        """Send datagrams; returns when all have been taken from the server's socket."""
        for number, message in enumerate(messages, 1):
            self.send(message[:65_507])
            if number % _BURST == 0:
                self.settle()
        self.settle()

    def settle(self) -> None:
        """Wait until the server answers, and end calls it has answered meanwhile. Fails if it does not answer."""
        call_id = fresh()
        self.send(self.request("OPTIONS", f"sip:{self.domain}", f"<sip:{self.domain}>", call_id=call_id))
        while True:
            ready, _, _ = select.select([self._socket], [], [], 5)
            assert ready, f"{self.server} does not answer any more"
            data = self._socket.recv(65_536)
            if call_id.encode() in data:
                return
            if _ACCEPTED.match(data):
                self.accepted += 1
                self._end(Message.parse(data))

    def _end(self, answer: Message) -> None:
        """ACK and BYE, if the answer says where to."""
        target, call_id, to, number = (answer.address("contact"), *map(answer.header, ("call-id", "to", "cseq")))
        if target is None or not call_id or not to or not number:
            return
        route = {"Route": ", ".join(reversed(answer.all("record-route")))} if answer.all("record-route") else {}
        cseq, own = int(number.split()[0]), answer.header("from") or ""
        for method, count in (("ACK", cseq), ("BYE", cseq + 1)):
            self.send(self.request(method, target.uri, to, route, call_id=call_id, cseq=count, from_value=own))


def pour_streams(server: tuple[str, int], streams: Sequence[bytes]) -> None:
    """One TCP connection for each of `streams`, from 127.0.0.66, closed when it is sent: the server may close first."""
    for stream in streams:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.bind((MAD_ADDRESS, 0))
            connection.settimeout(5)
            connection.connect(server)
            try:
                connection.sendall(stream)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    continue
            except OSError as error:
                if error.errno not in _HEARD_ENOUGH:
                    raise
