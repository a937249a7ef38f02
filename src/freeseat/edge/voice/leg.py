"""One call leg: a SIP dialog with one audio stream (RFC 3261, 12 to 15; RFC 3264 for offers within the dialog)."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from freeseat.edge.voice import dtmf, sdp
from freeseat.edge.voice.addresses import bindable, local_address
from freeseat.edge.voice.endpoint import ClientTransaction, Endpoint
from freeseat.edge.voice.inband import ToneReceiver
from freeseat.edge.voice.messages import (
    Address,
    Headers,
    Message,
    Outgoing,
    Request,
    Response,
    contact_uri,
    host_and_port,
    usable_dialog,
)
from freeseat.edge.voice.rtp import Pacer, PortRange, RtpStream
from freeseat.edge.voice.timers import ALLOW, session_timer

log = structlog.get_logger("freeseat.voice.call")

_BYE_ANSWERED = 2.0
_AHEAD = 10_000
"""By how much CSeq and SDP version jump when a dialog is taken up: more than a call has requests."""


@dataclass(frozen=True, slots=True)
class Media:
    """How audio is set up.

    `address` is the one to bind and to announce (empty: the one that routes to the peer), `codecs` and `events`
    (telephone-event) are what our own offers hold.
    """

    ports: PortRange
    pacer: Pacer
    address: str = ""
    codecs: tuple[str, ...] = (sdp.PCMU, sdp.PCMA)
    events: bool = True


@dataclass(frozen=True, slots=True)
class End:
    """How a leg ended: by `local` or `remote`, SIP code (200 for a normal end) and a word or phrase for why."""

    by: str
    code: int
    reason: str


class CallOver(OSError):
    """The call has ended meanwhile: no port is bound for it any more."""


class Leg:
    """What incoming and outgoing calls share once there is a dialog. Belongs to one event loop."""

    def __init__(self, endpoint: Endpoint, media: Media, forget: Callable[[Leg], None]) -> None:
        self.endpoint = endpoint
        self.user = "freeseat"
        """User part of the Contact header."""
        self._media = media
        self._forget = forget
        self.call_id = ""
        self.local_tag = secrets.token_hex(8)
        self.remote_tag = ""
        self._local, self._remote, self._target = "", "", ""
        self._route: tuple[str, ...] = ()
        self._next_hop: Address = ("", 0)
        self._local_cseq, self._remote_cseq = 0, -1
        self._serial, self._version = secrets.randbits(31), 1
        self._sdp = ""
        self.stream: RtpStream | None = None
        self._address = ""
        self.trusted: frozenset[str] = frozenset()
        """IP addresses besides the one in the peer's SDP that audio may come from (phones behind NAT)."""
        self._key_source = ""
        self._tones = ToneReceiver()
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        """Keys pressed by the other side."""
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        """Done when the leg is over, whoever ended it."""
        self.on_audio: Callable[[str, bytes], None] | None = None
        self.allow: Headers = ALLOW
        """What we say we can do (Allow, Supported)."""
        self.kept = False
        """Whether another process takes this leg up when this one ends, so that it is not hung up."""
        self.remote_sdp = ""
        """What the other side last said about its media."""
        self.pass_on: Callable[[Request], bool] | None = None
        """Asked first about each request of the dialog but BYE; true if it has been taken care of."""
        self.on_cancel: Callable[[Request], None] | None = None
        """Told when a request that `pass_on` has taken is cancelled."""
        self.replaced_by: Callable[[Leg], None] | None = None
        """Told of the call that takes this one's place (RFC 3891); None: it cannot be replaced."""
        self._agreed: sdp.Agreement | None = None
        self._bye_answered: asyncio.Future[None] | None = None

    @property
    def contact(self) -> str:
        """The Contact header we give."""
        host, port = self.endpoint.address
        return f"<sip:{self.user}@{host}:{port}>"

    @property
    def held(self) -> bool:
        """Whether the other side holds the call: it sends nothing worth hearing, or does not listen."""
        peer = self._agreed.peer if self._agreed else None
        return peer is not None and (peer.held or peer.direction == "recvonly")

    # --- media -----------------------------------------------------------------------------------------------------

    def open_stream(self, peer: str) -> RtpStream:
        """Bind the RTP port, for audio with that IP address.

        Raises NoPortFree, CallOver, or another OSError without a route there.
        """
        if self.ended.done():
            raise CallOver("the call is over")
        if self.stream is None:
            self._address = self._media.address or local_address(peer)
            self.stream = RtpStream(self._media.ports.bind(bindable(self._address)), self._media.pacer)
            self.stream.on_key = lambda key: self._key(key, "rtp")
            self.stream.on_audio = self._hear
        return self.stream

    def _hear(self, codec: str, payload: bytes) -> None:
        """Pass audio on; without telephone-event, keys are listened for in it."""
        if self._agreed is not None and self._agreed.receive_event is None:
            for key in self._tones.take(codec, payload):
                self._key(key, "tones")
        if self.on_audio is not None:
            self.on_audio(codec, payload)

    def _audio_peer(self, announced: str) -> str:
        """Where audio will really come from: a private address in the SDP of a phone elsewhere is behind its NAT."""
        seen = next(iter(self.trusted), announced)
        return seen if ipaddress.ip_address(announced).is_private else announced

    def answer_to(self, offered: str) -> str:
        """Take an offer and give our answer's SDP. Raises NotAcceptable, NoPortFree."""
        agreed = sdp.agree_on_offer(sdp.parse(offered))
        stream = self.open_stream(self._audio_peer(agreed.peer.address))
        stream.agree(agreed, self.trusted)
        self._agreed, self.remote_sdp = agreed, offered
        return self._versioned(lambda: sdp.answer(agreed, self._address, stream.port, self._serial, self._version))

    def offer_to(self, peer: str, direction: str = "sendrecv") -> str:
        """Our own offer's SDP."""
        stream, media = self.open_stream(peer), self._media
        return self._versioned(
            lambda: sdp.offer(
                self._address, stream.port, self._serial, self._version, direction, media.codecs, media.events
            )
        )

    def take_answer(self, answered: str) -> None:
        """Take the other side's answer to `offer_to`. Raises NotAcceptable."""
        agreed = sdp.agree_on_answer(sdp.parse(answered))
        assert self.stream is not None
        self._agreed, self.remote_sdp = agreed, answered
        self.stream.agree(agreed, self.trusted)

    def describe(self, description: str) -> str:
        """Somebody else's SDP as ours: media flows past us, the o= line stays that of this dialog (RFC 3264, 8)."""
        address = self._address or self.endpoint.address[0].strip("[]")
        return self._versioned(lambda: sdp.under_origin(description, address, self._serial, self._version))

    def free_audio(self) -> None:
        """Release the RTP port: media flows past us from now on."""
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def _versioned(self, write: Callable[[], str]) -> str:
        """The o= version goes up exactly when the description changes (RFC 3264, 8)."""
        text = write()
        if self._sdp and text != self._sdp:
            self._version += 1
            text = write()
        self._sdp = text
        return text

    # --- keys ------------------------------------------------------------------------------------------------------

    def _key(self, key: str, source: str) -> None:
        """Take a key; the first way by which keys come is the call's way, so that no key counts twice."""
        self._key_source = self._key_source or source
        if source == self._key_source:
            self.keys.put_nowait(key)

    # --- requests within the dialog --------------------------------------------------------------------------------

    def take_request(self, request: Request) -> None:
        """Take a request that belongs to this dialog and answer it."""
        if request.cseq <= self._remote_cseq:
            self._respond(request, 500, "Server Internal Error")  # out of order (RFC 3261, 12.2.2)
            return
        self._remote_cseq = request.cseq
        if request.method != "BYE" and self.pass_on is not None and self.pass_on(request):
            return
        match request.method:
            case "BYE":
                self._respond(request, 200, "OK")
                self.over(End("remote", 200, "bye"))
            case "INVITE" | "UPDATE":
                self._take_offer(request)
            case "INFO":
                self._take_info(request)
            case "OPTIONS":
                self._respond(request, 200, "OK", headers=self.allow)
            case _:
                self._respond(request, 405, "Method Not Allowed", headers=self.allow)

    def _take_info(self, request: Request) -> None:
        if not request.body:
            self._respond(request, 200, "OK")
            return
        key = dtmf.key_of_info(request.content_type, request.body)
        if key is None:
            accept = (("Accept", "application/dtmf-relay, application/dtmf"),)
            self._respond(request, 415, "Unsupported Media Type", headers=accept)
            return
        self._respond(request, 200, "OK")
        if key:
            self._key(key, "info")

    def _take_offer(self, request: Request) -> None:
        """Answer a re-INVITE (RFC 3261, 14.2) or UPDATE (RFC 3311): hold, another address, or a timer's refresh."""
        self.refresh_target(request)
        invite = request.method == "INVITE"
        try:
            body = self._reply_to(request.body, request.source[0], invite)
        except sdp.NotAcceptable:
            self._respond(request, 488, "Not Acceptable Here")
            return
        except OSError as failure:
            log.error("no rtp port", call_id=self.call_id, error=str(failure))
            self._respond(request, 503, "Service Unavailable", headers=(("Retry-After", "5"),))
            return
        on_ack = self._late_answer if invite and not request.body else None
        self.endpoint.respond(
            request,
            200,
            "OK",
            tag=self.local_tag,
            contact=self.contact,
            headers=self.allow + session_timer(request),
            body=body,
            on_ack=on_ack,
            on_no_ack=self._not_acknowledged if invite else None,
        )

    def refresh_target(self, message: Message) -> None:
        """Requests of this dialog go to the Contact of this message from now on, if it has one (RFC 3261, 12.2)."""
        if message.header("contact") and usable_dialog(message):
            self._target = contact_uri(message)

    def _reply_to(self, offered: str, peer: str, invite: bool) -> str:
        """Our SDP for a 2xx: an answer, an offer to an INVITE without one, or none to an UPDATE without one."""
        if offered:
            return self.answer_to(offered)
        return self.offer_to(peer) if invite else ""

    def _late_answer(self, body: str) -> None:
        """The answer to our offer came in the ACK (RFC 3261, 13.2.1); one we cannot use ends the call."""
        try:
            self.take_answer(body)
        except sdp.NotAcceptable as why:
            log.info("answer not acceptable", call_id=self.call_id, why=str(why))
            self.hang_up("not acceptable", 488)

    def _not_acknowledged(self) -> None:
        if not self.ended.done():
            log.info("no ack", call_id=self.call_id)
            self.hang_up("no ACK", 408)

    def _respond(self, request: Request, code: int, reason: str, headers: Headers = ()) -> None:
        self.endpoint.respond(request, code, reason, tag=self.local_tag, headers=headers)

    # --- requests of ours ------------------------------------------------------------------------------------------

    def send(
        self,
        method: str,
        on_response: Callable[[Response], None],
        headers: Headers = (),
        body: str = "",
        kind: str = "",
        *,
        ack_later: bool = False,
    ) -> ClientTransaction:
        """Send a request within the dialog; see `Endpoint.send`."""
        self._local_cseq += 1
        outgoing = Outgoing(
            method=method,
            uri=self._target,
            sender=self._local,
            receiver=self._remote,
            call_id=self.call_id,
            cseq=self._local_cseq,
            target=host_and_port(self._route[0]) if self._route else self._next_hop,
            contact=self.contact if method in ("INVITE", "UPDATE", "REFER") else "",
            route=self._route,
            headers=headers,
            body=body,
            content_type=kind or "application/sdp",
        )
        return self.endpoint.send(outgoing, on_response, ack_later=ack_later)

    def state(self) -> dict[str, object]:
        """What `take_up` needs to go on with the dialog in another process; JSON values only."""
        return {
            "call_id": self.call_id,
            "tags": [self.local_tag, self.remote_tag],
            "parties": [self._local, self._remote],
            "target": self._target,
            "route": list(self._route),
            "next_hop": list(self._next_hop),
            "cseq": [self._local_cseq, self._remote_cseq],
            "origin": [self._address, self._serial, self._version],
            "sdp": self.remote_sdp,
            "user": self.user,
            "trusted": sorted(self.trusted),
        }

    def take_up(self, state: dict[str, Any]) -> None:
        """Go on with a dialog. What was sent since its state was kept is not known, so numbers jump ahead."""
        self.call_id, self._target, self.remote_sdp = state["call_id"], state["target"], state["sdp"]
        self.local_tag, self.remote_tag = state["tags"]
        self._local, self._remote = state["parties"]
        self._route, self._next_hop = tuple(state["route"]), (state["next_hop"][0], state["next_hop"][1])
        self._local_cseq, self._remote_cseq = state["cseq"][0] + _AHEAD, state["cseq"][1]
        self._address, self._serial, self._version = state["origin"]
        self._version += _AHEAD
        self.user, self.trusted = state["user"], frozenset(state["trusted"])

    def hang_up(self, reason: str = "normal", code: int = 200) -> None:
        """End an answered call with BYE and a Reason header (RFC 3326). Calling it twice is allowed."""
        if self.ended.done():
            return
        text = "".join(char for char in reason if char.isalnum() or char in " _-.")
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(response: Response) -> None:
            if response.code >= 200 and not answered.done():
                answered.set_result(None)

        self.send("BYE", done, headers=(("Reason", f'SIP;cause={code};text="{text}"'),))
        self._bye_answered = answered
        self.over(End("local", code, reason))

    async def goodbye(self) -> None:
        """Wait until the BYE we sent is answered, at most a few seconds."""
        if self._bye_answered is not None:
            await asyncio.wait([self._bye_answered], timeout=_BYE_ANSWERED)

    def over(self, end: End) -> None:
        """The leg is over: release everything."""
        if self.stream is not None:
            self.stream.close()
        if not self.ended.done():
            self.ended.set_result(end)
        self._forget(self)
