"""Calls written by hand, both ends in one thread: send, look what the other side gets, answer."""

from __future__ import annotations

from collections.abc import Mapping

from tests.clients.raw import RawPhone, fresh
from tests.clients.sip import Challenge, Message

SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"


class Outgoing:
    """An INVITE of `phone` to `target`, its challenge answered; what comes back is read with `phone.receive`.

    One that is not to be `challenged` is only sent.
    """

    def __init__(
        self, phone: RawPhone, target: str, headers: Mapping[str, str] | None = None, *, method: str = "INVITE",
        password: str | None = None, user: str = "", algorithm: int = 0, from_value: str = "", challenged: bool = True,
        to: str = "", host: str = "", call_id: str = "",
    ) -> None:  # fmt: skip
        self.phone, self.call_id = phone, call_id or fresh()
        self.uri = f"sip:{target}@{host or phone.domain}"
        self.headers = {"Contact": f"<{phone.contact}>", "Content-Type": "application/sdp", **(headers or {})}
        self._to = to or f"<{self.uri}>"
        self._make(method, from_value)
        phone.send(self.request)
        self.early: Message | None = None
        if not challenged:
            return
        first = self.reply(300)
        if first.code == 407:
            self.acknowledge(first)
            challenge = Challenge.parse(first.all("proxy-authenticate")[algorithm])
            secret = phone.password if password is None else password
            self.headers["Proxy-Authorization"] = challenge.answer(
                method, self.uri, user or phone.user, secret, fresh()
            )
            self._make(method, from_value)
            phone.send(self.request)
        else:
            self.early = first

    def _make(self, method: str, from_value: str) -> None:
        self.request = self.phone.request(
            method, self.uri, self._to, self.headers, SDP, call_id=self.call_id, from_value=from_value
        )
        self.sent = Message.parse(self.request)

    def reply(self, least: int = 101, seconds: float = 15.0) -> Message:
        """The next reply to this call with at least that status."""
        if self.early is not None:
            early, self.early = self.early, None
            return early
        got = self.phone.receive(seconds, lambda each: each.code >= least and each.header("call-id") == self.call_id)
        assert got is not None, f"no reply to {self.sent.start}"
        return got

    def refusal(self) -> Message:
        """The final refusal, acknowledged."""
        got = self.reply(200)
        assert got.code >= 300, got
        self.acknowledge(got)
        return got

    def acknowledge(self, refusal: Message) -> None:
        """ACK a final reply that is no 2xx (RFC 3261 section 17.1.1.3)."""
        if self.sent.method != "INVITE":
            return
        kept = ("via", "from", "call-id")
        lines = [f"ACK {self.sent.uri} SIP/2.0", "Max-Forwards: 70"]
        lines += [f"{name}: {value}" for name, value in self.sent.headers if name in kept]
        lines += [f"To: {refusal.require('to')}", f"CSeq: {self.sent.require('cseq').split()[0]} ACK"]
        self.phone.send("\r\n".join([*lines, "Content-Length: 0"]).encode() + b"\r\n\r\n")

    def cancel(self, headers: Mapping[str, str] | None = None) -> None:
        """Send CANCEL (RFC 3261 section 9.1)."""
        kept = ("via", "from", "to", "call-id", "max-forwards")
        lines = [f"CANCEL {self.sent.uri} SIP/2.0"]
        lines += [f"{name}: {value}" for name, value in self.sent.headers if name in kept]
        lines += [f"CSeq: {self.sent.require('cseq').split()[0]} CANCEL"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.phone.send("\r\n".join([*lines, "Content-Length: 0"]).encode() + b"\r\n\r\n")


class Dialog:
    """One end of a dialog: sends requests along its route set (RFC 3261 section 12.2.1.1)."""

    def __init__(self, phone: RawPhone, call_id: str, target: str, own: str, other: str, route: list[str]) -> None:
        self.phone, self.call_id, self.target, self.own, self.other, self.route = (
            phone,
            call_id,
            target,
            own,
            other,
            route,
        )
        self.cseq = 100

    @classmethod
    def of_caller(cls, call: Outgoing, answer: Message) -> Dialog:
        """The caller's end, from the 200."""
        route = [part for value in reversed(answer.all("record-route")) for part in reversed(_split(value))]
        return cls(call.phone, call.call_id, _uri(answer), answer.require("from"), answer.require("to"), route)

    @classmethod
    def of_callee(cls, phone: RawPhone, invite: Message, tag: str) -> Dialog:
        """The callee's end, from the INVITE it got."""
        route = [part for value in invite.all("record-route") for part in _split(value)]
        own = f"{invite.require('to')};tag={tag}"
        return cls(phone, invite.require("call-id"), _uri(invite), own, invite.require("from"), route)

    def request(self, method: str, headers: Mapping[str, str] | None = None, cseq: int = 0) -> bytes:
        """The bytes of a request within the dialog."""
        self.cseq += 1
        routed = {"Route": ", ".join(self.route)} if self.route else {}
        return self.phone.request(
            method, self.target, self.other, {**routed, **(headers or {})}, call_id=self.call_id,
            cseq=cseq or self.cseq, from_value=self.own,
        )  # fmt: skip


def expect(phone: RawPhone, method: str, call: Outgoing, seconds: float = 15.0) -> Message:
    """The next request of that method at `phone` that belongs to `call`."""
    got = phone.receive(
        seconds, lambda each: (each.code, each.method, each.header("call-id")) == (0, method, call.call_id)
    )
    assert got is not None, f"{phone.user} got no {method}"
    return got


def answer(phone: RawPhone, request: Message, code: int, reason: str = "Answer", tag: str = "callee") -> None:
    """Answer a request, with Contact and Record-Route (RFC 3261 section 12.1.1)."""
    kept = ("via", "from", "call-id", "cseq", "record-route")
    lines = [f"SIP/2.0 {code} {reason}"]
    lines += [f"{name}: {value}" for name, value in request.headers if name in kept]
    to = request.require("to")
    lines += [f"To: {to}" + ("" if "tag=" in to else f";tag={tag}"), f"Contact: <{phone.contact}>"]
    phone.send("\r\n".join([*lines, "Content-Length: 0"]).encode() + b"\r\n\r\n")


def is_silent(phone: RawPhone, method: str, seconds: float = 0.15, call: Outgoing | None = None) -> bool:
    """Whether no such request (of a call, if one is given) comes to `phone` for a moment."""

    def heard(got: Message) -> bool:
        return (got.code, got.method) == (0, method) and (call is None or got.header("call-id") == call.call_id)

    return phone.receive(seconds, heard) is None


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")]


def _uri(message: Message) -> str:
    contact = message.address("contact")
    assert contact is not None, f"no Contact in\n{message}"
    return contact.uri
