"""A SIP user agent: answers and makes calls with audio over one endpoint (RFC 3261)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog

from freeseat.edge.voice import sdp
from freeseat.edge.voice.endpoint import Endpoint, Handlers, Network
from freeseat.edge.voice.leg import End, Leg, Media, contact_uri, usable_dialog
from freeseat.edge.voice.messages import METHODS, Request
from freeseat.edge.voice.timers import ALLOW, SHORTEST, session_timer, too_short, unsupported

log = structlog.get_logger("freeseat.voice.ua")


class IncomingCall(Leg):
    """A call that came in: ring, answer or reject it."""

    def __init__(self, endpoint: Endpoint, media: Media, forget: Callable[[Leg], None], request: Request) -> None:
        super().__init__(endpoint, media, forget)
        self.request = request
        self.call_id = request.call_id
        self.remote_tag = request.sender.tag
        self._remote_cseq = request.cseq
        self._local = f"{request.header('to')};tag={self.local_tag}"
        self._remote = request.header("from")
        self._target = contact_uri(request)
        self._route = request.every("record-route")
        self._next_hop = request.source
        self._decided = False

    def ring(self) -> None:
        """Say 180 Ringing."""
        if not self._decided:
            self.endpoint.respond(self.request, 180, "Ringing", tag=self.local_tag, contact=self.contact)

    def reject(self, code: int, reason: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Refuse the call."""
        if not self._decided:
            self._decided = True
            self.endpoint.respond(self.request, code, reason, tag=self.local_tag, headers=headers)
            self.over(End("local", code, reason))

    async def answer(self) -> None:
        """Answer the call and wait for the ACK, or for the call's end.

        What cannot be answered is refused: 488 without a common codec, 503 without a free port.
        """
        if self._decided:
            return
        peer, offered = self.request.source[0], self.request.body
        try:
            body = self.answer_to(offered) if offered else self.offer_to(next(iter(self.trusted), peer))
        except sdp.NotAcceptable as why:
            log.info("offer not acceptable", call_id=self.call_id, why=str(why))
            self.reject(488, "Not Acceptable Here")
            return
        except OSError as failure:
            log.error("no rtp port", call_id=self.call_id, error=str(failure))
            self.reject(503, "Service Unavailable", (("Retry-After", "5"),))
            return
        self._decided = True
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_ack(answer: str) -> None:
            if not offered:
                self._late_answer(answer)
            if not acknowledged.done():
                acknowledged.set_result(None)

        self.endpoint.respond(
            self.request,
            200,
            "OK",
            tag=self.local_tag,
            contact=self.contact,
            headers=ALLOW + session_timer(self.request),
            body=body,
            on_ack=on_ack,
            on_no_ack=self._not_acknowledged,
        )
        both: tuple[asyncio.Future[None] | asyncio.Future[End], ...] = (acknowledged, self.ended)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)

    def cancelled(self) -> None:
        """The caller gave up before the answer; 487 has been sent."""
        self._decided = True
        self.over(End("remote", 487, "cancelled"))


class UserAgent:
    """Takes calls in and places them in dialogs. Open it with `UserAgent.open`."""

    def __init__(self, media: Media, on_call: Callable[[IncomingCall], None]) -> None:
        self._media = media
        self._on_call = on_call
        self.legs: dict[tuple[str, str], Leg] = {}
        """Legs that are not over, by Call-ID and our tag."""
        self._ringing: dict[int, IncomingCall] = {}
        self.endpoint: Endpoint

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        media: Media,
        on_call: Callable[[IncomingCall], None],
        allowed: Collection[Network] = (),
    ) -> UserAgent:
        """Listen on an IP address and UDP port (0: any); `allowed` limits the sources. Raises PortTaken."""
        agent = cls(media, on_call)
        agent.endpoint = await Endpoint.open(host, port, Handlers(agent._request, agent._cancelled), allowed)
        return agent

    def adopt(self, leg: Leg) -> None:
        """Give requests of that leg's dialog to it."""
        self.legs[leg.call_id, leg.local_tag] = leg

    def forget(self, leg: Leg) -> None:
        """The leg is over."""
        self.legs.pop((leg.call_id, leg.local_tag), None)
        if isinstance(leg, IncomingCall):
            self._ringing.pop(leg.request.key, None)

    async def close(self) -> None:
        """Hang up every call, wait briefly for the answers, and stop listening."""
        legs = list(self.legs.values())
        for leg in legs:
            leg.hang_up("shutdown")
        await asyncio.gather(*(leg.goodbye() for leg in legs))
        await self.endpoint.close()

    def _request(self, request: Request) -> None:
        tag = request.receiver.tag
        if tag:
            leg = self.legs.get((request.call_id, tag))
            if leg is not None and leg.remote_tag == request.sender.tag:
                leg.take_request(request)
            else:
                self.endpoint.respond(request, 481, "Call/Transaction Does Not Exist")
            return
        missing = unsupported(request)
        if missing:
            headers = (("Unsupported", ", ".join(missing)),)
            self.endpoint.respond(request, 420, "Bad Extension", headers=headers)
        elif request.method == "INVITE":
            self._invite(request)
        elif request.method == "OPTIONS":
            accept = (("Accept", "application/sdp"),)
            self.endpoint.respond(request, 200, "OK", headers=ALLOW + accept)
        elif request.method in METHODS:
            self.endpoint.respond(request, 481, "Call/Transaction Does Not Exist")
        else:
            self.endpoint.respond(request, 405, "Method Not Allowed", headers=ALLOW)

    def _invite(self, request: Request) -> None:
        if not (request.call_id and request.sender.tag and usable_dialog(request) and request.cseq >= 0):
            self.endpoint.respond(request, 400, "Bad Request")
            return
        if too_short(request):
            headers = (("Min-SE", str(SHORTEST)),)
            self.endpoint.respond(request, 422, "Session Interval Too Small", headers=headers)
            return
        if request.body and not request.content_type.lower().startswith("application/sdp"):
            accept = (("Accept", "application/sdp"),)
            self.endpoint.respond(request, 415, "Unsupported Media Type", headers=accept)
            return
        call = IncomingCall(self.endpoint, self._media, self.forget, request)
        self.adopt(call)
        self._ringing[request.key] = call
        self._on_call(call)

    def _cancelled(self, request: Request) -> None:
        call = self._ringing.pop(request.key, None)
        if call is not None:
            call.cancelled()
