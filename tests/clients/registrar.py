"""A carrier's registrar written by hand: challenges a REGISTER, judges the digest, grants what was asked for."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tests.clients.raw import RawPhone
from tests.clients.sip import Challenge, Message

_CHALLENGE = 'Digest realm="carrier", nonce="0f1e2d3c", qop="auth", algorithm=MD5'


class Registrar:
    """A registrar on ``ip`` for one account; its socket is ``phone``, which also makes and takes calls."""

    def __init__(self, server: tuple[str, int], ip: str, user: str, password: str) -> None:
        self.phone = RawPhone(server, "carrier", ip=ip)
        self.user, self.password = user, password

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.phone.__exit__(kind, error, trace)

    def serve(self, seconds: float = 10.0) -> Message:
        """Challenge what comes until a REGISTER has the right credentials; grant it, and give it."""
        while True:
            got = self.phone.receive(seconds, lambda each: not each.code and each.method == "REGISTER")
            assert got is not None, "nobody registers"
            if self._is_right(got):
                self._reply(got, 200, "OK", f"Contact: {got.require('contact')};expires={got.require('expires')}")
                return got
            self._reply(got, 401, "Unauthorized", f"WWW-Authenticate: {_CHALLENGE}")

    def _is_right(self, request: Message) -> bool:
        given = request.header("authorization")
        return given is not None and is_right(given, Challenge.parse(_CHALLENGE), "REGISTER", self.user, self.password)

    def _reply(self, request: Message, code: int, reason: str, header: str) -> None:
        kept = ("via", "from", "call-id", "cseq")
        lines = [f"SIP/2.0 {code} {reason}"]
        lines += [f"{name}: {value}" for name, value in request.headers if name in kept]
        lines += [f"To: {request.require('to')};tag=registrar", header, "Content-Length: 0"]
        self.phone.send("\r\n".join(lines).encode() + b"\r\n\r\n")


def is_right(given: str, challenge: Challenge, method: str, user: str, password: str) -> bool:
    """Whether the value of an Authorization header answers a challenge with qop (RFC 7616 section 3.4)."""
    fields = dict(part.strip().split("=", 1) for part in given.removeprefix("Digest ").split(","))
    named = {name: value.strip('"') for name, value in fields.items()}
    right = challenge.answer(method, named["uri"], user, password, cnonce=named.get("cnonce", ""))
    return f'response="{named["response"]}"' in right
