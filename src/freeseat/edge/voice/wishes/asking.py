"""The call by which a phone is asked to make a call: it picks up, by itself if it can, and gets a REFER (RFC 3515)."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote

from freeseat.application.ports import Binding
from freeseat.domain.call_wishes import CallWish
from freeseat.edge.voice.leg import End
from freeseat.edge.voice.messages import Headers, Request, Response, contact_uri, host_and_port
from freeseat.edge.voice.queueing.inviting import Callee, Invitation, Marks
from freeseat.edge.voice.wishes.actions import WishSettings

_FRAGMENT = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})")
_TALKS = re.compile(r"yealink|polycom|poly[ /-]|snom", re.IGNORECASE)
"""User-Agents of phones that take the event `talk` and do not all say so in Allow-Events."""


class AskedPhone(Invitation):
    """A call to a phone that is to make a call; `progress` holds the responses to that, as it tells them.

    `told` is set whenever it does.
    """

    def ask(self, settings: WishSettings, wish: CallWish, peer: str) -> None:
        """Ring the phone, which shows the number that was wished; `peer` is its IP address. Raises NoPortFree."""
        self.progress: asyncio.Queue[int] = asyncio.Queue()
        self.told = asyncio.Event()
        self.user = wish.phone
        self.trusted = frozenset({peer})
        self.pass_on = self._take
        headers: Headers = (
            ("X-Freeseat-Service", settings.secret),
            ("X-Freeseat-Kind", "ask"),
            ("X-Freeseat-Ring", str(int(settings.pick_up_seconds))),
            ("Call-Info", f"<sip:{settings.realm}>;answer-after=0"),
            ("Alert-Info", settings.alert_info),
            ("Answer-Mode", "Auto"),
        )
        callee, sender = shown(settings, wish)
        self.start(callee, marks_of(settings, wish), sender, self.offer_to(peer), headers)

    async def refer(self, uri: str, referrer: str) -> Response:
        """Have the phone call a SIP URI; gives what it says to that, 487 if it ends the call meanwhile."""
        final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def responded(response: Response) -> None:
            if response.code >= 200 and not final.done():
                final.set_result(response)

        self.send("REFER", responded, headers=(("Refer-To", f"<{uri}>"), ("Referred-By", f"<{referrer}>")))
        either: tuple[asyncio.Future[Response] | asyncio.Future[End], ...] = (final, self.ended)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return final.result() if final.done() else Response((), "", "", self.endpoint.address, code=487, reason="ended")

    def _take(self, request: Request) -> bool:
        """Take what the phone tells of its call (RFC 3515, 2.4.4)."""
        if request.method != "NOTIFY":
            return False
        self.endpoint.respond(request, 200, "OK", tag=self.local_tag)
        fragment = _FRAGMENT.match(request.body)
        if fragment is not None and request.content_type.lower().startswith("message/sipfrag"):
            self.progress.put_nowait(int(fragment.group(1)))
            self.told.set()
        return True


def shown(settings: WishSettings, wish: CallWish) -> tuple[Callee, tuple[str, str]]:
    """Whom to ring for a wish, and display name and URI that he sees: the number he has wished."""
    return settings.route(wish.phone), (wish.number, f"sip:{_escaped(wish.number)}@{settings.realm}")


def marks_of(settings: WishSettings, wish: CallWish) -> Marks:
    """What marks the INVITE to the phone, so that it is known again after a restart."""
    return Marks.of(settings.secret, f"{wish.phone} {wish.at.isoformat()}", f"wish {wish.id}")


def target_of(wish: CallWish, binding: Binding, realm: str) -> str:
    """What the phone is to call: the number, at the address where that phone is registered, which it surely reaches."""
    transport, _, host = binding.socket.partition(":")
    if not host:
        return f"sip:{_escaped(wish.number)}@{realm}"
    suffix = f";transport={transport}" if transport != "udp" else ""
    return f"sip:{_escaped(wish.number)}@{host}{suffix}"


def binding_of(bindings: tuple[Binding, ...], message: Response) -> Binding | None:
    """Which of these a response comes from, by its Contact; None if it is another's."""
    for binding in bindings:
        try:
            if host_and_port(contact_uri(message)) == host_and_port(binding.contact):
                return binding
        except ValueError:
            continue
    return bindings[0] if len(bindings) == 1 else None


def talks(ringing: Response, user_agent: str) -> bool:
    """Whether a phone that rings takes the event `talk`, by which it picks up."""
    return "talk" in ringing.tokens("allow-events") or _TALKS.search(user_agent) is not None


def _escaped(number: str) -> str:
    """A number as the user part of a SIP URI (RFC 3261, 25.1)."""
    return quote(number, safe="*+")
