"""A softphone without a screen, for `freeseat selftest` and tests: registers, calls, is called, keys, hears (R2.1).

It proves what a real telephone would notice: digits leave as RFC 4733 events, audio is measured at both ends.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from dataclasses import dataclass, replace
from typing import Self

import structlog

from freeseat.edge.voice.addresses import local_address
from freeseat.edge.voice.leg import Media
from freeseat.edge.voice.messages import Headers, Outgoing, Response
from freeseat.edge.voice.outgoing import MOST_TRIES, Account, CallFailed, OutgoingCall, authorization
from freeseat.edge.voice.phone_call import Heard, PhoneCall
from freeseat.edge.voice.rtp import Pacer, PortRange
from freeseat.edge.voice.ua import IncomingCall, UserAgent

__all__ = ["Account", "CallFailed", "Heard", "OutgoingCall", "PhoneCall", "Registration", "Softphone"]

log = structlog.get_logger("freeseat.voice.softphone")


@dataclass(frozen=True, slots=True)
class Registration:
    """What the registrar answered: code, reason, granted expiry in seconds, Retry-After in seconds (0: none)."""

    code: int
    reason: str
    expires: int
    retry_after: int

    @property
    def ok(self) -> bool:
        """Whether the registrar accepted."""
        return 200 <= self.code < 300


class Softphone:
    """A telephone on one UDP port. Use it as an async context manager; leaving it unregisters and hangs up."""

    def __init__(self, account: Account, host: str = "", port: int = 0, ports: PortRange | None = None) -> None:
        """Take the account, the local IP address (empty: the one that routes to the registrar) and port (0: any)."""
        self.account = account
        self._host = host or local_address(account.registrar[0])
        self._port = port
        self._pacer = Pacer()
        self._media = Media(ports or PortRange(40000, 48999), self._pacer, self._host)
        self._incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._agent: UserAgent
        self._cseq = secrets.randbelow(1000)
        self._register_id = secrets.token_hex(16)
        self._tag = secrets.token_hex(8)
        self._refreshing: asyncio.Task[None] | None = None
        self.registered = False
        self.events = True
        """Whether calls we make offer telephone-event (RFC 4733)."""

    async def __aenter__(self) -> Self:
        registrar = ipaddress.ip_network(self.account.registrar[0].strip("[]"))
        self._agent = await UserAgent.open(self._host, self._port, self._media, self._called, allowed=(registrar,))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self.registered:
            await self.unregister()
        self._stop_refreshing()
        await self._agent.close()
        await self._pacer.close()

    @property
    def contact(self) -> str:
        """The Contact header it registers."""
        host, port = self._agent.endpoint.address
        return f"<sip:{self.account.number}@{host}:{port}>"

    async def register(self, expires: int = 300, refresh: bool = True) -> Registration:
        """Register for that many seconds, and again before they are over if `refresh`."""
        result = await self._register(expires)
        self.registered = result.ok
        self._stop_refreshing()
        if result.ok and refresh:
            self._refreshing = asyncio.create_task(self._refresh(expires, result.expires))
        return result

    async def unregister(self) -> Registration:
        """Remove our binding."""
        self._stop_refreshing()
        self.registered = False
        return await self._register(0)

    async def call(self, number: str, headers: Headers = (), answer_within: float = 20.0) -> PhoneCall:
        """Call a number (or a SIP URI) and wait for the answer. Raises CallFailed; a time-out is 408."""
        call = self.dial(number, headers)
        leg = call.leg
        assert isinstance(leg, OutgoingCall)
        try:
            await asyncio.wait_for(asyncio.shield(leg.answered), answer_within)
        except TimeoutError:
            leg.cancel()
            leg.answered.cancel()
            raise CallFailed(408, "no answer in time") from None
        return call

    def dial(self, number: str, headers: Headers = ()) -> PhoneCall:
        """Start a call and give it at once; await `leg.answered` for its answer, `ringing` for 18x."""
        uri = number if number.startswith("sip:") else f"sip:{number}@{self.account.aor.partition('@')[2]}"
        media = replace(self._media, events=self.events)
        leg = OutgoingCall(self._agent.endpoint, media, self._agent.forget)
        leg.user = self.account.number
        call = PhoneCall(leg)

        def ringing(response: Response) -> None:
            if not call.ringing.done():
                call.ringing.set_result(response)

        leg.start(self.account, uri, ringing, headers)
        self._agent.adopt(leg)
        return call

    async def incoming(self, seconds: float = 10.0) -> PhoneCall:
        """Wait for a call. Raises TimeoutError."""
        return await asyncio.wait_for(self._incoming.get(), seconds)

    def _called(self, leg: IncomingCall) -> None:
        leg.user = self.account.number
        call = PhoneCall(leg)
        call.ring()
        self._incoming.put_nowait(call)

    async def _register(self, expires: int) -> Registration:
        extra: Headers = ()
        for _ in range(MOST_TRIES):
            response = await self._send_register(expires, extra)
            uri = f"sip:{self.account.aor.partition('@')[2]}"
            extra = authorization(self.account, response, "REGISTER", uri)
            if not extra:
                break
        return Registration(
            response.code, response.reason, _granted(response, self.contact, expires), _seconds(response, "retry-after")
        )

    async def _send_register(self, expires: int, extra: Headers) -> Response:
        final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def responded(response: Response) -> None:
            if response.code >= 200 and not final.done():
                final.set_result(response)

        self._cseq += 1
        aor = self.account.aor
        outgoing = Outgoing(
            method="REGISTER",
            uri=f"sip:{aor.partition('@')[2]}",
            sender=f"<{aor}>;tag={self._tag}",
            receiver=f"<{aor}>",
            call_id=self._register_id,
            cseq=self._cseq,
            target=self.account.registrar,
            contact=self.contact,
            headers=(("Expires", str(expires)), *extra),
        )
        self._agent.endpoint.send(outgoing, responded)
        return await final

    async def _refresh(self, asked: int, granted: int) -> None:
        while self.registered:
            await asyncio.sleep(max(1.0, granted * 0.8))
            result = await self._register(asked)
            if not result.ok:
                log.warning("registration lost", number=self.account.number, code=result.code)
                self.registered = False
            granted = result.expires

    def _stop_refreshing(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            self._refreshing = None


def _granted(response: Response, contact: str, asked: int) -> int:
    """The expiry granted to our contact (RFC 3261, 10.2.4): its parameter, else the Expires header, else as asked."""
    uri = contact.strip("<>")
    for value in response.every("contact"):
        if uri in value:
            _, found, number = value.partition(">")[2].lower().partition("expires=")
            digits = number.partition(";")[0].strip(' "')
            if found and digits.isdigit():
                return int(digits)
    return _seconds(response, "expires") if response.header("expires") else asked


def _seconds(response: Response, header: str) -> int:
    text = response.header(header).partition(";")[0].partition("(")[0].strip()
    return int(text) if text.isdigit() else 0
