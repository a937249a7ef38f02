"""A call we make, as the account of a telephone, with digest authentication when asked for it (RFC 3261, 13 and 22)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from freeseat.edge.voice import sdp
from freeseat.edge.voice.digest import ALGORITHMS, best, credentials, read_challenges
from freeseat.edge.voice.leg import End, Leg
from freeseat.edge.voice.messages import Address, Headers, Outgoing, Response, contact_uri, usable_dialog

log = structlog.get_logger("freeseat.voice.softphone")

MOST_TRIES = 3
"""How often a request is sent at most, with what each challenge asks for."""


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


class OutgoingCall(Leg):
    """A call we make, with digest authentication when asked for it."""

    account: Account
    on_ringing: Callable[[Response], None]
    _tries = 0
    _given_up = False

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
        """Give up before the answer; the call ends with 487, or with BYE if the answer was quicker."""
        self._given_up = True
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
            retry = authorization(self.account, response, "INVITE", self._target) if self._tries < MOST_TRIES else ()
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
        if not usable_dialog(response):
            self.over(End("local", 400, "unusable answer"))
            self._fail(response)
            return
        self.remote_tag = response.receiver.tag
        self._remote = response.header("to")
        self._target = contact_uri(response) or self._target
        self._route = tuple(reversed(response.every("record-route")))
        if not self._take_media(response):
            self.hang_up("not acceptable", 488)
            self._fail(response)
        elif self._given_up:
            self.hang_up("cancelled", 487)
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
