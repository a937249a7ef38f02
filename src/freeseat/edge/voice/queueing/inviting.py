"""A call of ours to a person, whose media is somebody else's: an INVITE with his session description (RFC 3725)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from freeseat.edge.voice.leg import End, Leg
from freeseat.edge.voice.messages import (
    Address,
    Headers,
    Outgoing,
    Response,
    contact_uri,
    host_and_port,
    usable_dialog,
)
from freeseat.edge.voice.timers import CARRIED

log = structlog.get_logger("freeseat.voice.queue")

ELSEWHERE: Headers = (("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),)
"""Keeps a cancelled call off the phone's list of missed calls (RFC 3326)."""


class InviteFailed(Exception):
    """Nobody answered; `code` and `reason` of the final response, `rang` whether a phone rang."""

    def __init__(self, code: int, reason: str, *, rang: bool) -> None:
        self.code, self.reason, self.rang = code, reason, rang
        super().__init__(f"{code} {reason}")


@dataclass(frozen=True, slots=True)
class Callee:
    """Whom to call: request URI and where the INVITE is sent."""

    uri: str
    target: Address


@dataclass(frozen=True, slots=True)
class Marks:
    """Call-ID, tag and branch of an INVITE that are known again after a restart."""

    call_id: str
    tag: str
    branch: str

    @classmethod
    def of(cls, secret: str, caller: str, name: str) -> Marks:
        """The marks that follow from a secret of this node, the Call-ID of the caller's leg and the INVITE's name.

        The name alone would not do: ids are given anew when a queue has been deleted with its calls, and an INVITE
        with marks of one in the last half minute is no new transaction (RFC 3261, 17.1.3).
        """
        digest = hashlib.sha256(f"{secret} {caller} {name}".encode()).hexdigest()
        return cls(digest[:32], digest[32:48], f"z9hG4bK{digest[48:]}")


class Invitation(Leg):
    """A call to somebody; `answered` is done when he answers, or has InviteFailed."""

    rang = False
    _given_up = False

    def start(
        self, callee: Callee, marks: Marks, sender: tuple[str, str], description: str, headers: Headers = ()
    ) -> None:
        """Send the INVITE from that display name and URI, with somebody's session description."""
        self.answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.answered.add_done_callback(lambda done: done.exception() if not done.cancelled() else None)
        self.early: dict[str, Response] = {}
        """The phones that ring, by the tag of each: its newest 18x response (RFC 3261, 12.1)."""
        self.allow = CARRIED
        self.call_id, self.local_tag = marks.call_id, marks.tag
        name, uri = sender
        self._local = f"{_quoted(name)}<{uri}>;tag={marks.tag}"
        self._remote, self._target, self._next_hop = f"<{callee.uri}>", callee.uri, callee.target
        self._local_cseq += 1
        outgoing = Outgoing(
            method="INVITE",
            uri=callee.uri,
            sender=self._local,
            receiver=self._remote,
            call_id=marks.call_id,
            cseq=self._local_cseq,
            target=callee.target,
            contact=self.contact,
            branch=marks.branch,
            headers=(("P-Asserted-Identity", f"{_quoted(name)}<{uri}>"), *CARRIED, *headers),
            body=self.describe(description),
        )
        self._transaction = self.endpoint.send(outgoing, self._responded)

    def notify(self, ringing: Response, event: str, on_response: Callable[[Response], None]) -> None:
        """Send a NOTIFY of that event to one of the phones in `early`, within the dialog it has begun."""
        self._local_cseq += 1
        route, uri = tuple(reversed(ringing.every("record-route"))), contact_uri(ringing)
        outgoing = Outgoing(
            method="NOTIFY",
            uri=uri,
            sender=self._local,
            receiver=ringing.header("to"),
            call_id=self.call_id,
            cseq=self._local_cseq,
            target=host_and_port(route[0] if route else uri),
            contact=self.contact,
            route=route,
            headers=(("Event", event), ("Subscription-State", "active")),
        )
        self.endpoint.send(outgoing, on_response)

    def refuse(self) -> None:
        """Ring no longer, because whom we call does not want it."""
        if not self.answered.done():
            self._given_up = True
            self._transaction.cancel(ELSEWHERE)
            self._fail(603, "Decline")

    def cancel(self, headers: Headers = ()) -> None:
        """Give up; an answer that was quicker is ended with BYE."""
        if self._given_up or self.ended.done():
            return
        self._given_up = True
        if self.remote_tag:
            self.hang_up("cancelled", 487)  # answered, but nobody has taken it up yet
        else:
            self._transaction.cancel(headers)
            self._fail(487, "cancelled")

    def _responded(self, response: Response) -> None:
        if self.ended.done():
            return
        if response.code < 200:
            self.rang = self.rang or response.code > 100
            if response.receiver.tag and usable_dialog(response):
                self.early[response.receiver.tag] = response
        elif response.code < 300:
            self._established(response)
        else:
            self.over(End("remote", response.code, response.reason))
            self._fail(response.code, response.reason)

    def _established(self, response: Response) -> None:
        if not usable_dialog(response):
            self.over(End("local", 400, "unusable answer"))
            self._fail(400, "unusable answer")
            return
        self.remote_tag = response.receiver.tag
        self._remote = response.header("to")
        self._target = contact_uri(response) or self._target
        self._route = tuple(reversed(response.every("record-route")))
        self.remote_sdp = response.body
        if self._given_up:
            self.hang_up("cancelled", 487)
        elif not response.body:
            self.hang_up("no session description", 488)
            self._fail(488, "no session description")
        elif not self.answered.done():
            self.answered.set_result(response)

    def _fail(self, code: int, reason: str) -> None:
        if not self.answered.done():
            self.answered.set_exception(InviteFailed(code, reason, rang=self.rang))


def cancel_of(callee: Callee, marks: Marks, sender: tuple[str, str]) -> Outgoing:
    """The CANCEL of an INVITE that was sent before a restart: it looks the same (RFC 3261, 9.1)."""
    name, uri = sender
    return Outgoing(
        method="CANCEL",
        uri=callee.uri,
        sender=f"{_quoted(name)}<{uri}>;tag={marks.tag}",
        receiver=f"<{callee.uri}>",
        call_id=marks.call_id,
        cseq=1,
        target=callee.target,
        branch=marks.branch,
        headers=ELSEWHERE,
    )


def _quoted(name: str) -> str:
    """A display name as a quoted string (RFC 3261, 25.1), with a blank after it; empty for none."""
    kept = "".join(char for char in name if char.isprintable())
    escaped = kept.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" ' if kept else ""
