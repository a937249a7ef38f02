"""Documents on their way to Kamailio's presence engine: PUBLISH over UDP on this machine (RFC 3903).

For each lamp one request is under way at a time, and only the newest document waits behind it. Kamailio keeps the
entity-tags (presence.cfg), so that nothing has to be remembered here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import secrets

import structlog

from freeseat.domain.lamps import Lamp
from freeseat.edge.switch.lamp_documents import Document

log = structlog.get_logger(__name__)

UNDERWAY = 32
_T1, _T2 = 0.5, 2.0
_AGAIN_SECONDS = 1.0
_STATUS = re.compile(rb"SIP/2\.0 (\d{3}) ")
_CALL_ID = re.compile(rb"^(?:Call-ID|i)\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_GONE = 412


class Publisher(asyncio.DatagramProtocol):
    """Sends to Kamailio at `address` (host and port); `secret` is what it knows us by; `expires` is in seconds."""

    def __init__(self, address: tuple[str, int], secret: str, realm: str, expires: int) -> None:
        self._address, self._secret, self._realm, self._expires = address, secret, realm, expires
        self._wanted: dict[Lamp, Document] = {}
        self._busy: set[Lamp] = set()
        self._next: asyncio.Queue[Lamp] = asyncio.Queue()
        self._answers: dict[bytes, asyncio.Future[int]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._via = ""

    def want(self, lamp: Lamp, document: Document) -> None:
        """This is the document of the lamp from now on; returns at once."""
        waits = lamp in self._wanted or lamp in self._busy
        self._wanted[lamp] = document
        if not waits:
            self._next.put_nowait(lamp)

    def forget(self, lamp: Lamp) -> None:
        """Nobody watches this lamp: what is not sent yet need not be."""
        self._wanted.pop(lamp, None)

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=self._address)
        host, port = self._transport.get_extra_info("sockname")[:2]
        self._via = f"{_bracketed(host)}:{port}"
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(UNDERWAY):
                    group.create_task(self._work())
        finally:
            self._transport.close()

    async def _work(self) -> None:
        while True:
            lamp = await self._next.get()
            self._busy.add(lamp)
            document = self._wanted.pop(lamp, None)
            code = await self._publish(lamp, document) if document is not None else 200
            self._busy.discard(lamp)
            if code >= 300 and document is not None:
                self._wanted.setdefault(lamp, document)
                if code != _GONE:
                    log.error("lamps.not_published", package=lamp.package, name=lamp.name, code=code)
                    await asyncio.sleep(_AGAIN_SECONDS)
            if lamp in self._wanted:
                self._next.put_nowait(lamp)

    async def _publish(self, lamp: Lamp, document: Document) -> int:
        """Send until there is a final answer; gives its code. A Kamailio that is away answers when it is back."""
        call_id = secrets.token_hex(12)
        request = self._request(lamp, document, call_id)
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answers[call_id.encode()] = answer
        wait = _T1
        try:
            while True:
                assert self._transport is not None
                self._transport.sendto(request)
                done, _ = await asyncio.wait([answer], timeout=wait)
                if done:
                    return answer.result()
                wait = min(2 * wait, _T2)
        finally:
            del self._answers[call_id.encode()]

    def _request(self, lamp: Lamp, document: Document, call_id: str) -> bytes:
        uri = f"sip:{lamp.name}@{self._realm}"
        body = document.body.encode()
        lines = [
            f"PUBLISH {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._via};branch=z9hG4bK{call_id};rport",
            "Max-Forwards: 10",
            f"From: <{uri}>;tag={call_id[:8]}",
            f"To: <{uri}>",
            f"Call-ID: {call_id}",
            "CSeq: 1 PUBLISH",
            f"Event: {lamp.package}",
            f"Expires: {self._expires}",
            f"X-Freeseat-Lamps: {self._secret}",
            f"Content-Type: {document.content_type}",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    # -- asyncio.DatagramProtocol

    def datagram_received(self, data: bytes, _address: tuple[str, int]) -> None:
        """An answer has come; others are passed over."""
        status, call_id = _STATUS.match(data), _CALL_ID.search(data)
        if status is None or call_id is None or (code := int(status[1])) < 200:
            return
        answer = self._answers.get(call_id[1])
        if answer is not None and not answer.done():
            answer.set_result(code)

    def error_received(self, error: Exception) -> None:
        """Nobody listens there just now: it is sent again."""
        log.debug("lamps.kamailio_away", error=str(error))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
