"""A phone whose SIP messages are written by hand, for what no well-behaved client would do.

It keeps the rules only as far as asked: one socket, no retransmission, no timers. ``RawPhone`` registers with exact
digest fields and sends any message; ``RawCall`` is a call with G.711 audio recorded and digits by SIP INFO.
"""

from __future__ import annotations

import re
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from tests.clients import audio
from tests.clients.sip import Challenge, Message
from tests.clients.waiting import NeverHappenedError

_LENGTH = re.compile(rb"(?:^|\r\n)(?:content-length|l)\s*:\s*(\d+)", re.IGNORECASE)


def fresh() -> str:
    """An identifier nobody used before, for Call-IDs, tags and branches."""
    return secrets.token_hex(8)


class RawPhone:
    """One UDP or TCP socket on ``ip`` that talks to ``server``. A context manager."""

    def __init__(
        self, server: tuple[str, int], user: str = "probe", password: str = "", ip: str = "127.0.0.1",
        transport: Literal["udp", "tcp"] = "udp",
    ) -> None:  # fmt: skip
        self.server = server
        self.user = user
        self.password = password
        self.transport = transport
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(_family(ip), kind)
        self._socket.bind((ip, 0))
        if transport == "tcp":
            self._socket.connect(server)
        self.ip, self.port = self._socket.getsockname()[:2]
        self._buffer = b""
        self.media: list[socket.socket] = []
        self.call_id = fresh()
        self.tag = fresh()
        self.cseq = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._socket, *self.media):
            each.close()

    # -- messages

    @property
    def contact(self) -> str:
        """Contact URI of this phone."""
        return f"sip:{self.user}@{_bracketed(self.ip)}:{self.port}" + (
            ";transport=tcp" if self.transport == "tcp" else ""
        )

    @property
    def domain(self) -> str:
        """Host and port of the server, as in URIs."""
        return f"{_bracketed(self.server[0])}:{self.server[1]}"

    def request(
        self, method: str, uri: str, to: str, headers: Mapping[str, str] | None = None, body: bytes = b"", *,
        call_id: str = "", cseq: int = 0, branch: str = "", from_value: str = "",
    ) -> bytes:  # fmt: skip
        """The bytes of a request. ``to`` is a header value; ``headers`` come last and may repeat none of the usual."""
        here = f"{_bracketed(self.ip)}:{self.port}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {here};branch=z9hG4bK{branch or fresh()};rport",
            "Max-Forwards: 70",
            f"From: {from_value or f'<sip:{self.user}@{self.domain}>;tag={self.tag}'}",
            f"To: {to}",
            f"Call-ID: {call_id or self.call_id}",
            f"CSeq: {cseq or self.next_cseq()} {method}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    def next_cseq(self) -> int:
        """Count on."""
        self.cseq += 1
        return self.cseq

    def send(self, data: bytes) -> None:
        """Send bytes as they are. Send the same bytes again for a retransmission."""
        if self.transport == "udp":
            self._socket.sendto(data, self.server)
        else:
            self._socket.sendall(data)

    def receive(self, seconds: float = 15.0, wanted: Callable[[Message], bool] | None = None) -> Message | None:
        """The next message that is ``wanted`` (any, if not given), or None; others are dropped."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                data = self._datagram() if self.transport == "udp" else self._from_stream()
            except TimeoutError:
                return None
            if not data.strip():
                continue
            message = Message.parse(data)
            if wanted is None or wanted(message):
                return message
        return None

    def _datagram(self) -> bytes:
        return self._socket.recv(65_536)

    def _from_stream(self) -> bytes:
        """One message by its Content-Length (RFC 3261 section 18.3)."""
        while True:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            size = _LENGTH.search(head)
            length = int(size.group(1)) if size else 0
            if end and len(rest) >= length:
                self._buffer = rest[length:]
                return head + end + rest[:length]
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionResetError("the server closed the connection")
            self._buffer += data

    def ask(self, request: bytes, seconds: float = 15.0) -> Message:
        """Send a request and give its final answer. Raises NeverHappenedError if none comes."""
        sent = Message.parse(request)
        mine = (sent.require("call-id"), sent.require("cseq"))
        self.send(request)
        answer = self.receive(
            seconds, lambda got: got.code >= 200 and (got.header("call-id"), got.header("cseq")) == mine
        )
        if answer is None:
            raise NeverHappenedError(f"no final answer within {seconds:g} s to\n{sent}")
        return answer

    def options(self, seconds: float = 15.0) -> Message | None:
        """Ask the server whether it is there; its answer, or None."""
        call_id = fresh()
        self.send(self.request("OPTIONS", f"sip:{self.domain}", f"<sip:{self.domain}>", call_id=call_id))
        return self.receive(seconds, lambda got: got.code >= 200 and got.header("call-id") == call_id)

    # -- registering

    def register_request(
        self, authorization: str = "", *, expires: int = 500, instance: str = "", contact: str = "", call_id: str = "",
    ) -> bytes:  # fmt: skip
        """A REGISTER of the user's own AoR. ``contact`` is a whole header value in place of the usual one."""
        own = f"<{self.contact}>" + (f';+sip.instance="<urn:uuid:{instance}>"' if instance else "")
        headers = {"Contact": contact or own, "Expires": str(expires), "User-Agent": "raw"}
        if authorization:
            headers["Authorization"] = authorization
        aor = f"<sip:{self.user}@{self.domain}>"
        return self.request("REGISTER", f"sip:{self.domain}", aor, headers, call_id=call_id)

    def challenge(self, call_id: str = "") -> Challenge:
        """The challenge to a REGISTER without credentials. Fails if it is not challenged."""
        answer = self.ask(self.register_request(call_id=call_id))
        assert answer.code == 401, f"no challenge:\n{answer}"
        return Challenge.parse(answer.require("www-authenticate"))

    def credentials(self, challenge: Challenge, password: str | None = None, user: str = "") -> str:
        """Authorization value for a REGISTER with this phone's password, or another."""
        secret = self.password if password is None else password
        return challenge.answer("REGISTER", f"sip:{self.domain}", user or self.user, secret, cnonce=fresh())

    def register(
        self, password: str | None = None, *, expires: int = 500, instance: str = "", call_id: str = "", user: str = "",
    ) -> Message:  # fmt: skip
        """Register with one attempt at the password; the final answer, whatever it is. ``user``: digest user name."""
        first = self.ask(self.register_request(expires=expires, instance=instance, call_id=call_id))
        if first.code != 401:
            return first
        right = self.credentials(Challenge.parse(first.require("www-authenticate")), password, user)
        return self.ask(self.register_request(right, expires=expires, instance=instance, call_id=call_id))

    def unregister(self) -> Message:
        """Take this phone's binding away; the final answer."""
        return self.register(expires=0)

    # -- calls

    def call(self, target: str, seconds: float = 15.0, headers: Mapping[str, str] | None = None) -> RawCall:
        """INVITE with audio, answering challenges with the password. Raises CallRefusedError if it is refused."""
        return RawCall.start(self, target, seconds, headers or {})


class CallRefusedError(AssertionError):
    """A call was answered with a final status other than 2xx, which is in ``answer``."""

    def __init__(self, answer: Message) -> None:
        super().__init__(f"{answer.code} {answer.reason}")
        self.answer = answer


@dataclass(frozen=True)
class _Dialog:
    """What a request within the call needs (RFC 3261 section 12.1.2)."""

    call_id: str
    target: str
    to: str
    route: tuple[str, ...]


class RawCall:
    """An answered call of a RawPhone: hears (PCMU), sends digits by INFO, hangs up."""

    def __init__(self, phone: RawPhone, media: socket.socket, answer: Message) -> None:
        self._phone = phone
        self._media = media
        target = answer.address("contact")
        assert target is not None, f"no Contact in\n{answer}"
        route = tuple(
            part.strip() for value in reversed(answer.all("record-route")) for part in reversed(value.split(","))
        )
        self._dialog = _Dialog(answer.require("call-id"), target.uri, answer.require("to"), route)
        self._codes = bytearray()

    @classmethod
    def start(cls, phone: RawPhone, target: str, seconds: float, more: Mapping[str, str]) -> RawCall:
        """See RawPhone.call."""
        media = socket.socket(_family(phone.ip), socket.SOCK_DGRAM)
        media.bind((phone.ip, 0))
        phone.media.append(media)
        uri, call_id = f"sip:{target}@{phone.domain}", fresh()
        headers = {"Contact": f"<{phone.contact}>", "Content-Type": "application/sdp", **more}
        body = _offer(phone.ip, media.getsockname()[1])
        for _ in range(2):
            request = phone.request("INVITE", uri, f"<{uri}>", headers, body, call_id=call_id)
            answer = phone.ask(request, seconds)
            if answer.code < 300:
                call = cls(phone, media, answer)
                call._send("ACK", {}, cseq=phone.cseq)
                return call
            phone.send(_ack_of_refusal(request, answer))
            value = answer.header("proxy-authenticate") or answer.header("www-authenticate")
            if answer.code not in (401, 407) or value is None:
                break
            name = "Proxy-Authorization" if answer.code == 407 else "Authorization"
            headers[name] = Challenge.parse(value).answer("INVITE", uri, phone.user, phone.password)
        media.close()
        raise CallRefusedError(answer)

    def digits(self, digits: str, *, dtmf_relay: bool = True) -> None:
        """Send each digit in an INFO: application/dtmf-relay, or application/dtmf with the digit alone."""
        for digit in digits:
            body = f"Signal={digit}\r\nDuration=160\r\n".encode() if dtmf_relay else digit.encode()
            kind = "application/dtmf-relay" if dtmf_relay else "application/dtmf"
            answer = self._ask("INFO", {"Content-Type": kind}, body)
            assert answer.code == 200, f"the digit {digit} was refused: {answer.code} {answer.reason}"

    def listen(self, seconds: float) -> bytes:
        """Listen on for ``seconds``; PCM of all heard in this call so far (PCMU packets as they came)."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._media.settimeout(left)
            try:
                packet = self._media.recv(2_048)
            except TimeoutError:
                break
            if len(packet) > 12 and packet[1] & 0x7F == 0:
                self._codes += packet[12:]
        return audio.mu_law_decoded(bytes(self._codes))

    def hear_clip(self, clip: bytes, what: str, seconds: float = 20.0) -> float:
        """Listen until a mu-law clip (a prompt) was heard; gives when, in seconds from the first packet."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            at = audio.place_of(clip, self.listen(0.1))
            if at is not None:
                return at
        raise NeverHappenedError(f"not heard within {seconds:g} s: {what}")

    def ended(self, seconds: float = 15.0) -> bool:
        """Wait for the other side's BYE and confirm it; False if none came."""
        bye = self._phone.receive(
            seconds, lambda got: got.method == "BYE" and not got.code and got.header("call-id") == self._dialog.call_id
        )
        if bye is None:
            return False
        self._phone.send(response(bye, 200, "OK"))
        self._media.close()
        return True

    def hang_up(self) -> None:
        """Send BYE; fails if that is refused."""
        answer = self._ask("BYE", {})
        self._media.close()
        assert answer.code == 200, f"BYE was refused: {answer.code} {answer.reason}"

    def request(self, method: str, headers: dict[str, str]) -> Message:
        """Send any request within the call; its final answer."""
        return self._ask(method, headers)

    def _ask(self, method: str, headers: dict[str, str], body: bytes = b"") -> Message:
        return self._phone.ask(self._within(method, headers, body, 0))

    def _send(self, method: str, headers: dict[str, str], cseq: int) -> None:
        self._phone.send(self._within(method, headers, b"", cseq))

    def _within(self, method: str, headers: dict[str, str], body: bytes, cseq: int) -> bytes:
        if self._dialog.route:
            headers = {"Route": ", ".join(self._dialog.route), **headers}
        return self._phone.request(
            method, self._dialog.target, self._dialog.to, headers, body, call_id=self._dialog.call_id, cseq=cseq
        )


def response(request: Message, code: int, reason: str) -> bytes:
    """The bytes of a response without a body (RFC 3261 section 8.2.6)."""
    kept = [(name, value) for name, value in request.headers if name in ("via", "from", "to", "call-id", "cseq")]
    lines = [f"SIP/2.0 {code} {reason}", *(f"{name}: {value}" for name, value in kept), "Content-Length: 0"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _ack_of_refusal(request: bytes, answer: Message) -> bytes:
    """The ACK to a final answer that is not 2xx: same transaction, To of the answer (RFC 3261 section 17.1.1.3)."""
    invite = Message.parse(request)
    number = invite.require("cseq").split()[0]
    lines = [
        f"ACK {invite.uri} SIP/2.0",
        f"Via: {invite.require('via')}",
        "Max-Forwards: 70",
        f"From: {invite.require('from')}",
        f"To: {answer.require('to')}",
        f"Call-ID: {invite.require('call-id')}",
        f"CSeq: {number} ACK",
        "Content-Length: 0",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _family(ip: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def _bracketed(ip: str) -> str:
    """An address as URIs have it (RFC 3986 section 3.2.2)."""
    return f"[{ip}]" if ":" in ip else ip


def _offer(ip: str, port: int) -> bytes:
    """PCMU and telephone events on one port."""
    family = "IP6" if ":" in ip else "IP4"
    lines = [
        "v=0", f"o=- 1 1 IN {family} {ip}", "s=-", f"c=IN {family} {ip}", "t=0 0", f"m=audio {port} RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=sendrecv",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n"
