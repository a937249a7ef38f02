"""A call at a softphone, made or received: keys, tones, hold, and what was heard."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from dataclasses import dataclass

from freeseat.edge.voice import g711, waves
from freeseat.edge.voice.inband import key_tones
from freeseat.edge.voice.leg import End, Leg
from freeseat.edge.voice.messages import Headers, Party, Response
from freeseat.edge.voice.outgoing import CallFailed, OutgoingCall
from freeseat.edge.voice.ua import IncomingCall

_HEARD_SECONDS = 10


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
