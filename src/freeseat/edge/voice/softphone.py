"""A softphone without a screen, for `freeseat selftest` and tests: registers, calls, is called, keys, hears (R2.1).

It proves what a real telephone would notice: digits leave as RFC 4733 events, audio is measured at both ends.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import structlog

from freeseat.edge.voice import g711, sdp, waves
from freeseat.edge.voice.digest import ALGORITHMS, best, credentials, read_challenges
from freeseat.edge.voice.inband import key_tones
from freeseat.edge.voice.leg import End, Leg, Media, contact_uri, local_address
from freeseat.edge.voice.messages import Address, Headers, Outgoing, Party, Response
from freeseat.edge.voice.rtp import Pacer, PortRange
from freeseat.edge.voice.ua import IncomingCall, UserAgent

log = structlog.get_logger("freeseat.voice.softphone")

_HEARD_SECONDS = 10
_MOST_TRIES = 3


class CallFailed(Exception):
    """A call was not answered; `code` and `reason` are those of the final response."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"{code} {reason}")


@dataclass(frozen=True, slots=True)
class Account:
    """Who the softphone is: number, digest username and password, registrar, SIP domain, digest algorithms allowed."""

    number: str
    password: str = field(repr=False)
    registrar: Address
    domain: str = ""
    username: str = ""
    algorithms: frozenset[str] = ALGORITHMS
    display_name: str = ""

    @property
    def aor(self) -> str:
        """The address of record, a SIP URI."""
        return f"sip:{self.number}@{self.domain or self.registrar[0]}"


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


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard: packets since the start of the call, loudness (root mean square) and share of one tone."""

    packets: int
    rms: float
    tone_share: float


class PhoneCall:
    """A call at the softphone, made or received."""

    def __init__(self, leg: Leg) -> None:
        self.leg = leg
        self._heard: deque[int] = deque(maxlen=_HEARD_SECONDS * g711.RATE)
        self._total = 0
        self.ringing: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        """Done with the first 18x response to a call we make."""
        leg.on_audio = self._hear

    def _hear(self, codec: str, payload: bytes) -> None:
        samples = g711.decode(codec, payload)
        self._heard.extend(samples)
        self._total += len(samples)

    def since(self, mark: int) -> array[int]:
        """The samples heard after the first `mark` ones of the call, as far as they are kept (10 seconds)."""
        count = min(self._total - mark, len(self._heard))
        return array("h", list(self._heard)[len(self._heard) - count :])

    @property
    def ended(self) -> asyncio.Future[End]:
        """Done when the call is over."""
        return self.leg.ended

    @property
    def caller(self) -> Party:
        """Who calls: P-Asserted-Identity, else From (calls received only)."""
        assert isinstance(self.leg, IncomingCall)
        return self.leg.request.identity

    @property
    def keys(self) -> asyncio.Queue[str]:
        """Keys pressed by the other side."""
        return self.leg.keys

    def header(self, name: str) -> str:
        """A header of the INVITE received, by its long name in lower case."""
        assert isinstance(self.leg, IncomingCall)
        return self.leg.request.header(name)

    def ring(self) -> None:
        """Say 180 to a call received."""
        assert isinstance(self.leg, IncomingCall)
        self.leg.ring()

    async def answer(self) -> None:
        """Answer a call received. Raises CallFailed if it ended meanwhile."""
        assert isinstance(self.leg, IncomingCall)
        await self.leg.answer()
        if self.ended.done():
            end = self.ended.result()
            raise CallFailed(end.code, end.reason)

    def reject(self, code: int = 486, reason: str = "Busy Here") -> None:
        """Refuse a call received."""
        assert isinstance(self.leg, IncomingCall)
        self.leg.reject(code, reason)

    async def press(self, keys: str, milliseconds: int = 100) -> None:
        """Press keys as RFC 4733 events; returns when they are sent or the call has ended."""
        stream = self.leg.stream
        assert stream is not None
        stream.press(keys, milliseconds)
        while stream.pressing and not self.ended.done():
            await asyncio.sleep(0.02)

    async def press_by_info(self, keys: str, kind: str = "application/dtmf-relay") -> list[int]:
        """Press keys by SIP INFO; gives the final response code of each."""
        codes = []
        for key in keys:
            body = f"Signal={key}\r\nDuration=160\r\n" if kind == "application/dtmf-relay" else key
            codes.append((await self.request("INFO", body, kind)).code)
        return codes

    async def request(self, method: str, body: str = "", kind: str = "", headers: Headers = ()) -> Response:
        """Send a request within the dialog and give its final response."""
        final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def responded(response: Response) -> None:
            if response.code >= 200 and not final.done():
                final.set_result(response)

        self.leg.send(method, responded, headers=headers, body=body, kind=kind)
        return await final

    async def hold(self, direction: str = "sendonly") -> Response:
        """Send a re-INVITE with that direction (`sendrecv` takes the call back); gives the final response."""
        body = self.leg.offer_to(self.leg.endpoint.address[0], direction)
        response = await self.request("INVITE", body)
        if response.code < 300 and response.body:
            self.leg.take_answer(response.body)
        return response

    def say_tone(self, hertz: float, seconds: float = 2.0) -> None:
        """Send a tone."""
        stream = self.leg.stream
        assert stream is not None
        stream.play(g711.encode(stream.codec, waves.tone(hertz, seconds)))

    async def say_keys(self, keys: str) -> None:
        """Send keys as tones in the audio, and wait until they are played."""
        stream = self.leg.stream
        assert stream is not None
        samples = array("h")
        for key in keys:
            samples.extend(key_tones(key, 0.1))
            samples.extend([0] * (g711.RATE // 10))
        await stream.play(g711.encode(stream.codec, samples))

    def heard(self, hertz: float = 0.0, seconds: float = 1.0) -> Heard:
        """What was heard in the last seconds (at most 10), and how much of it is a tone of that frequency."""
        samples = array("h", list(self._heard)[-int(seconds * g711.RATE) :])
        stream = self.leg.stream
        share = waves.tone_share(samples, hertz) if hertz else 0.0
        return Heard(stream.received if stream else 0, waves.rms(samples), share)

    def forget_heard(self) -> None:
        """Forget what was heard so far."""
        self._heard.clear()

    def hang_up(self) -> None:
        """End the call: BYE, or CANCEL if it was not answered yet."""
        if isinstance(self.leg, OutgoingCall) and not self.leg.answered.done():
            self.leg.cancel()
        else:
            self.leg.hang_up()

    async def wait_ended(self, seconds: float = 10.0) -> End:
        """Wait until the call is over. Raises TimeoutError."""
        return await asyncio.wait_for(asyncio.shield(self.ended), seconds)


class OutgoingCall(Leg):
    """A call we make, with digest authentication when asked for it."""

    account: Account
    on_ringing: Callable[[Response], None]
    _tries = 0

    def start(self, account: Account, uri: str, on_ringing: Callable[[Response], None], headers: Headers = ()) -> None:
        """Send the first INVITE. Raises NoPortFree."""
        self.account, self.on_ringing, self._more = account, on_ringing, headers
        self.answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.call_id = secrets.token_hex(16)
        name = f'"{account.display_name}" ' if account.display_name else ""
        self._local = f"{name}<{account.aor}>;tag={self.local_tag}"
        self._remote, self._target = f"<{uri}>", uri
        self._next_hop = account.registrar
        self._body = self.offer_to(account.registrar[0])
        self._invite(())

    def cancel(self) -> None:
        """Give up before the answer; the call ends with 487."""
        self._transaction.cancel()

    def _invite(self, authorization: Headers) -> None:
        self._tries += 1
        self._local_cseq += 1
        outgoing = Outgoing(
            method="INVITE",
            uri=self._target,
            sender=self._local,
            receiver=self._remote,
            call_id=self.call_id,
            cseq=self._local_cseq,
            target=self._next_hop,
            contact=self.contact,
            headers=(*self._more, *authorization),
            body=self._body,
        )
        self._transaction = self.endpoint.send(outgoing, self._responded)

    def _responded(self, response: Response) -> None:
        if self.ended.done():
            return
        if response.code < 200:
            self._progress(response)
        elif response.code < 300:
            self._established(response)
        else:
            retry = authorization(self.account, response, "INVITE", self._target) if self._tries < _MOST_TRIES else ()
            if retry:
                self._invite(retry)
                return
            self.over(End("remote", response.code, response.reason))
            self._fail(response)

    def _progress(self, response: Response) -> None:
        if response.body:
            self._take_media(response)
        if response.code > 100:
            self.on_ringing(response)

    def _established(self, response: Response) -> None:
        self.remote_tag = response.receiver.tag
        self._remote = response.header("to")
        self._target = contact_uri(response) or self._target
        self._route = tuple(reversed(response.every("record-route")))
        if not self._take_media(response):
            self.hang_up("not acceptable", 488)
            self._fail(response)
        elif not self.answered.done():
            self.answered.set_result(response)

    def _take_media(self, response: Response) -> bool:
        try:
            self.take_answer(response.body)
        except sdp.NotAcceptable as why:
            log.info("answer not acceptable", call_id=self.call_id, why=str(why))
            return False
        return True

    def _fail(self, response: Response) -> None:
        if not self.answered.done():
            self.answered.set_exception(CallFailed(response.code, response.reason))
            self.answered.exception()  # whoever dials need not wait for the answer


def authorization(account: Account, response: Response, method: str, uri: str) -> Headers:
    """The header that answers a 401 or 407, or nothing if it cannot be answered."""
    asked, answered = {
        401: ("www-authenticate", "Authorization"),
        407: ("proxy-authenticate", "Proxy-Authorization"),
    }.get(response.code, ("", ""))
    challenge = best(read_challenges(response.every(asked)), account.algorithms) if asked else None
    if challenge is None or not account.password:
        return ()
    name = account.username or account.number
    return ((answered, credentials(challenge, name, account.password, method, uri)),)


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
        for _ in range(_MOST_TRIES):
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
