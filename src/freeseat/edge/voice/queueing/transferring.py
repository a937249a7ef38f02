"""Transfers of a queue's call by one of its sides: REFER, blind or attended (RFC 3515, RFC 5589, RFC 3891)."""

from __future__ import annotations

import asyncio
import re
import secrets
from dataclasses import replace
from urllib.parse import unquote

import structlog

from freeseat.application.queues.ports import Outcome
from freeseat.edge.voice import sdp
from freeseat.edge.voice.leg import End, Leg
from freeseat.edge.voice.messages import Headers, Request, Response, user_part
from freeseat.edge.voice.queueing.callers import Caller
from freeseat.edge.voice.queueing.inviting import ELSEWHERE, Invitation, InviteFailed, Marks
from freeseat.edge.voice.queueing.joining import Join
from freeseat.edge.voice.queueing.offering import insist
from freeseat.edge.voice.queueing.room import Room

log = structlog.get_logger("freeseat.voice.queue")

_RING_SECONDS = 60.0
_BYE_SECONDS = 2.0


class Transfer:
    """One transfer: `leg` of a join wants its partner to be with somebody else."""

    def __init__(self, room: Room, caller: Caller, join: Join, leg: Leg, request: Request) -> None:
        self._room, self._caller, self._join, self._leg, self._request = room, caller, join, leg, request
        self._partner = join.partner(leg)

    async def run(self) -> None:
        """Accept the REFER, call the target, tell how it goes, and join."""
        number, replaces = refer_to(self._request)
        behalf = self._caller.who.member if self._leg is self._join.other else self._caller.who.phone
        if not number:
            self._respond(400, "Bad Refer-To")
        elif not behalf:
            self._respond(403, "Transfers are not allowed from here")
        elif self._join.stays is not None:
            self._respond(491, "Request Pending")
        else:
            self._respond(202, "Accepted")
            self._join.stays = self._partner
            await self._carry_out(number, replaces, behalf)

    async def _carry_out(self, number: str, replaces: str, behalf: str) -> None:
        log.info("transfer", call=self._caller.call, by=behalf, to=number, attended=bool(replaces))
        self._tell("SIP/2.0 100 Trying", "active")
        invitation = self._invite(number, replaces, behalf)
        offered = sdp.opened(self._partner.remote_sdp)
        try:
            await self._answered(invitation)
        except InviteFailed as failed:
            log.info("transfer failed", call=self._caller.call, to=number, why=str(failed))
            self._tell(f"SIP/2.0 {failed.code} {failed.reason}", "terminated;reason=noresource")
            await self._failed()
            return
        self._tell("SIP/2.0 200 OK", "terminated;reason=noresource")
        await self._hand_over(invitation, offered)

    def _invite(self, number: str, replaces: str, behalf: str) -> Invitation:
        headers: Headers = (("X-Freeseat-Kind", "transfer"), ("X-Freeseat-Behalf", behalf))
        if replaces:
            headers += (("Replaces", replaces),)
        marks = Marks(secrets.token_hex(16), secrets.token_hex(8), "")
        who = self._caller.who
        if self._partner is not self._caller.leg:
            who = replace(who, number=who.member, name="")  # it is the member who is passed on
        return self._room.invite(who, sdp.opened(self._partner.remote_sdp), number, marks, headers)

    async def _answered(self, invitation: Invitation) -> None:
        """Wait for the target's answer; the partner may leave meanwhile. Raises InviteFailed."""
        answered = asyncio.ensure_future(asyncio.shield(invitation.answered))
        either: tuple[asyncio.Future[Response] | asyncio.Future[End], ...] = (answered, self._partner.ended)
        await asyncio.wait(either, timeout=_RING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not answered.done():
            answered.cancel()
            invitation.cancel(ELSEWHERE)
            raise InviteFailed(487 if self._partner.ended.done() else 408, "no answer", rang=True)
        answered.result()

    async def _failed(self) -> None:
        """Both are as before; a caller whom the member has left already waits in the queue again."""
        self._join.stays = None
        if not self._leg.ended.done():
            return
        if self._partner.ended.done() or self._partner is not self._caller.leg:
            self._partner.hang_up("transfer failed", 480)
            self._room.finish(self._caller)
        else:
            await self._room.wait_again(self._caller)

    async def _hand_over(self, target: Invitation, offered: str) -> None:
        room, caller = self._room, self._caller
        if self._partner.ended.done():
            target.hang_up("gone")
            return
        self._join.release()
        if self._partner is caller.leg:
            await self._leave_queue()
            room.joined(caller, target)
        else:  # the caller passes the member on to somebody else
            caller.leg = target
            room.carry(caller)
            room.joined(caller, self._partner)
            offered = ""
        room.spawn(room.connect(caller, offered))
        await insist(lambda: room.actions.remember(caller.call, caller.state()))
        await asyncio.wait([self._leg.ended], timeout=_BYE_SECONDS)
        self._leg.hang_up("transferred")

    async def _leave_queue(self) -> None:
        """For the queue the call is over: its member has passed it on."""
        if self._caller.in_queue:
            self._caller.in_queue = False
            await insist(lambda: self._room.actions.ended(self._caller.call, Outcome.ANSWERED, carried=True))

    def _respond(self, code: int, reason: str) -> None:
        leg = self._leg
        leg.endpoint.respond(self._request, code, reason, tag=leg.local_tag, contact=leg.contact)

    def _tell(self, status: str, state: str) -> None:
        """How the transfer goes (RFC 3515, 2.4.5)."""
        if self._leg.ended.done():
            return
        headers: Headers = (("Event", "refer"), ("Subscription-State", state))
        self._leg.send("NOTIFY", _ignored, headers=headers, body=f"{status}\r\n", kind="message/sipfrag;version=2.0")


def refer_to(request: Request) -> tuple[str, str]:
    """Whom a REFER names, as a dialable number, and the Replaces header it asks for (RFC 3891); empty if unusable."""
    found = re.search(r"<([^>]*)>", request.header("refer-to"))
    uri = found.group(1) if found else request.header("refer-to").partition(";")[0].strip()
    address, _, headers = uri.partition("?")
    fields = dict(each.partition("=")[::2] for each in headers.split("&"))
    replaces = next((unquote(value) for name, value in fields.items() if name.lower() == "replaces"), "")
    return user_part(address), replaces if replaces.isprintable() else ""


def _ignored(_response: Response) -> None:
    """A phone that does not want to know how its transfer goes is no concern."""
