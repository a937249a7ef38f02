"""A SIP user agent: answers and makes calls with audio over one endpoint (RFC 3261)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

import structlog

from freeseat.edge.voice import sdp
from freeseat.edge.voice.endpoint import Endpoint, Handlers, Network
from freeseat.edge.voice.leg import End, Leg, Media
from freeseat.edge.voice.messages import METHODS, Outgoing, Request, Response, contact_uri, host_and_port, usable_dialog
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
        self.replaces: Leg | None = None
        """The call whose place this one takes (RFC 3891)."""

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
        if self._decided or self.ended.done():
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
            headers=self.allow + session_timer(self.request),
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
        handlers = Handlers(agent._request, agent._cancelled, agent._stray)
        agent.endpoint = await Endpoint.open(host, port, handlers, allowed)
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
        """Hang up every call that nobody will take up again, wait briefly for the answers, and stop listening."""
        legs = [leg for leg in self.legs.values() if not leg.kept]
        for leg in legs:
            leg.hang_up("shutdown")
        await asyncio.gather(*(leg.goodbye() for leg in legs))
        await self.endpoint.close()
        for leg in self.legs.values():
            leg.free_audio()  # of those that are kept, and of who came or asked for audio meanwhile

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
        replaced = self._replaced(request)
        if request.header("replaces") and (replaced is None or replaced.replaced_by is None):
            self.endpoint.respond(request, 481, "Call/Transaction Does Not Exist")
            return
        call = IncomingCall(self.endpoint, self._media, self.forget, request)
        call.replaces = replaced
        self.adopt(call)
        self._ringing[request.key] = call
        self._on_call(call)

    def _replaced(self, request: Request) -> Leg | None:
        """The leg that the caller wants to take the place of (RFC 3891); None if unknown."""
        call_id, *rest = (part.strip() for part in request.header("replaces").split(";"))
        tags = dict(part.partition("=")[::2] for part in rest)
        leg = self.legs.get((call_id, tags.get("to-tag", "")))
        return leg if leg is not None and leg.remote_tag == tags.get("from-tag", "") else None

    def _cancelled(self, request: Request) -> None:
        call = self._ringing.pop(request.key, None)
        if call is not None:
            call.cancelled()
            return
        leg = self.legs.get((request.call_id, request.receiver.tag))
        if leg is not None and leg.on_cancel is not None:
            leg.on_cancel(request)

    def _stray(self, response: Response) -> None:
        """End a dialog that nobody wants (RFC 3261, 13.2.2.4): another branch was quicker, or we were restarted."""
        leg = self.legs.get((response.call_id, response.sender.tag))
        if (leg is not None and leg.remote_tag == response.receiver.tag) or not usable_dialog(response):
            return
        log.info("answer to nobody", call_id=response.call_id)
        route = tuple(reversed(response.every("record-route")))
        ack = Outgoing(
            method="ACK",
            uri=contact_uri(response),
            sender=response.header("from"),
            receiver=response.header("to"),
            call_id=response.call_id,
            cseq=response.cseq,
            target=host_and_port(route[0]) if route else host_and_port(contact_uri(response)),
            route=route,
        )
        self.endpoint.send_alone(ack)
        self.endpoint.send(replace(ack, method="BYE", cseq=ack.cseq + 1), lambda _response: None)
