"""Two legs joined: media flows directly between them, we stay in the signalling of both (RFC 3725, RFC 7092)."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable

import structlog

from freeseat.edge.voice import sdp
from freeseat.edge.voice.endpoint import ClientTransaction
from freeseat.edge.voice.leg import End, Leg
from freeseat.edge.voice.messages import Request, Response
from freeseat.edge.voice.timers import CARRIED, session_timer

log = structlog.get_logger("freeseat.voice.queue")

_GONE = (408, 481)
_TRIES = 4


class NotJoined(Exception):
    """The two sides could not agree on their media; `code` is what one of them answered."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        super().__init__(f"{code} {reason}")


class Join:
    """A call between two legs. `on_over` is told when one of them ends by itself, after the other was hung up."""

    def __init__(
        self,
        caller: Leg,
        other: Leg,
        on_over: Callable[[Join, Leg], None],
        on_refer: Callable[[Join, Leg, Request], None],
    ) -> None:
        self.caller, self.other = caller, other
        self._on_over, self._on_refer = on_over, on_refer
        self._passing: dict[int, ClientTransaction] = {}
        self._offering = False
        self.released = False
        self.stays: Leg | None = None
        """A leg that is not to be hung up when the other ends, because it is being transferred."""
        for leg in (caller, other):
            leg.pass_on = functools.partial(self._take, leg)
            leg.on_cancel = self._cancelled
            leg.ended.add_done_callback(functools.partial(self._ended, leg))

    def partner(self, leg: Leg) -> Leg:
        """The other of the two."""
        return self.other if leg is self.caller else self.caller

    def release(self) -> None:
        """Let go of both legs, whoever takes them now."""
        self.released = True
        for leg in (self.caller, self.other):
            leg.pass_on = leg.on_cancel = None

    def _ended(self, leg: Leg, end: asyncio.Future[End]) -> None:
        if self.released:
            return
        partner = self.partner(leg)
        self.release()
        if partner is not self.stays:
            why = end.result()
            partner.hang_up("normal" if why.code == 200 else why.reason, why.code)
        self._on_over(self, leg)

    # --- media -----------------------------------------------------------------------------------------------------

    async def connect(self, offered: str) -> None:
        """Make media flow directly; `offered` is the caller's description that the other's is the answer to, if any.

        Raises NotJoined; both legs go on then. Returns early if one of them ends.
        """
        self._offering = True
        try:
            wanted = sdp.opened(self.caller.remote_sdp)
            if sdp.places(offered) != sdp.places(wanted):
                offered = wanted
                await describe_to(self.other, offered)
            await describe_to(self.caller, self.other.remote_sdp)
            if sdp.places(offered) != sdp.places(self.caller.remote_sdp):
                await describe_to(self.other, self.caller.remote_sdp)
        finally:
            self._offering = False
        self.caller.free_audio()
        self.other.free_audio()

    # --- requests of one side for the other -------------------------------------------------------------------------

    def _take(self, leg: Leg, request: Request) -> bool:
        match request.method:
            case "INVITE":
                self._pass_offer(leg, request)
            case "UPDATE" if request.body:
                self._pass_offer(leg, request)
            case "INFO":
                self._pass_plain(leg, request)
            case "REFER":
                self._on_refer(self, leg, request)
            case "NOTIFY":
                leg.endpoint.respond(request, 200, "OK", tag=leg.local_tag)
            case _:
                return False
        return True

    def _pass_offer(self, leg: Leg, request: Request) -> None:
        """Pass a re-INVITE or UPDATE on; the answer comes back, or the answer to an offer of the other's in the ACK."""
        if self._offering:
            leg.endpoint.respond(request, 491, "Request Pending", tag=leg.local_tag)
            return
        partner, late = self.partner(leg), request.method == "INVITE" and not request.body
        leg.refresh_target(request)
        self._offering = True

        def responded(response: Response) -> None:
            if response.code < 200:
                return
            self._offering = False
            self._passing.pop(request.key, None)
            if response.code < 300:
                partner.refresh_target(response)
                partner.remote_sdp = response.body or partner.remote_sdp
                leg.remote_sdp = request.body or leg.remote_sdp
                self._answer(leg, request, response, transaction if late else None)
            else:
                self._refuse(leg, request, response)

        body = partner.describe(request.body) if request.body else ""
        transaction = partner.send(request.method, responded, body=body, ack_later=late)
        self._passing[request.key] = transaction

    def _answer(self, leg: Leg, request: Request, response: Response, late: ClientTransaction | None) -> None:
        def acknowledged(body: str) -> None:
            if late is not None:
                leg.remote_sdp = body or leg.remote_sdp
                late.acknowledge(self.partner(leg).describe(body) if body else "")

        def not_acknowledged() -> None:
            if late is not None:
                late.acknowledge("")
            leg.hang_up("no ACK", 408)

        leg.endpoint.respond(
            request,
            200,
            "OK",
            tag=leg.local_tag,
            contact=leg.contact,
            headers=CARRIED + session_timer(request),
            body=leg.describe(response.body) if response.body else "",
            on_ack=acknowledged,
            on_no_ack=not_acknowledged if request.method == "INVITE" else None,
        )

    def _pass_plain(self, leg: Leg, request: Request) -> None:
        def responded(response: Response) -> None:
            if response.code >= 300:
                self._refuse(leg, request, response)
            elif response.code >= 200:
                leg.endpoint.respond(request, response.code, response.reason, tag=leg.local_tag)

        kind = request.content_type
        self.partner(leg).send(request.method, responded, body=request.body, kind=kind)

    def _refuse(self, leg: Leg, request: Request, response: Response) -> None:
        leg.endpoint.respond(request, response.code, response.reason, tag=leg.local_tag)
        if response.code in _GONE:
            self.partner(leg).hang_up("gone", response.code)

    def _cancelled(self, request: Request) -> None:
        transaction = self._passing.pop(request.key, None)
        if transaction is not None:
            transaction.cancel()


async def describe_to(leg: Leg, description: str) -> None:
    """Offer a side somebody's media with a re-INVITE; its answer is its `remote_sdp` then. Raises NotJoined.

    A collision (491) is tried again after the time of RFC 3261, 14.1, for who owns the Call-ID.
    """
    response = await reinvite(leg, leg.describe(description))
    if response.code >= 300 or not response.body:
        raise NotJoined(response.code, response.reason)
    leg.remote_sdp = response.body


async def audio_again(leg: Leg) -> bool:
    """Bring a side's media back to us, with a new RTP port; whether that worked."""
    try:
        body = leg.offer_to(sdp.parse(leg.remote_sdp).address)
        response = await reinvite(leg, body)
        if response.code >= 300:
            log.warning("no audio", call_id=leg.call_id, code=response.code, reason=response.reason)
            return False
        leg.take_answer(response.body)
    except (sdp.NotAcceptable, OSError) as why:
        log.warning("no audio", call_id=leg.call_id, why=str(why))
        return False
    return True


async def reinvite(leg: Leg, body: str) -> Response:
    """Send a re-INVITE and give its final response; 487 if the leg ends meanwhile."""
    for _ in range(_TRIES):
        response = await _invite(leg, body)
        if response.code != 491:
            break
        await asyncio.sleep(random.uniform(2.1, 4.0))  # noqa: S311 - not a secret
    if response.code < 300:
        leg.refresh_target(response)
    elif response.code in _GONE:
        leg.over(End("remote", response.code, response.reason))
    return response


async def _invite(leg: Leg, body: str) -> Response:
    final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

    def responded(response: Response) -> None:
        if response.code >= 200 and not final.done():
            final.set_result(response)

    if leg.ended.done():
        return _ended(leg)
    leg.send("INVITE", responded, headers=CARRIED, body=body)
    either: tuple[asyncio.Future[Response] | asyncio.Future[End], ...] = (final, leg.ended)
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    return final.result() if final.done() else _ended(leg)


def _ended(leg: Leg) -> Response:
    return Response((), "", "", leg.endpoint.address, code=487, reason="ended")
