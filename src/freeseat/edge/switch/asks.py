"""Kamailio asks about a REGISTER by a person; the answer is the same use case as everywhere (R2.2, R2.15)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from freeseat.application.log_in import LoggedIn, LogIn, Registration, log_in
from freeseat.application.log_out import LoggedOut, log_out_registration
from freeseat.application.ports import Database, Transaction
from freeseat.application.proving import DigestProof, Refusal, prove
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import Method
from freeseat.domain.errors import Unavailable
from freeseat.edge.switch.applied import Applied
from freeseat.edge.switch.channel import Answer, Ask, WrongPin

log = structlog.get_logger(__name__)

_APPLIED_SECONDS = 1.0
_RETRY_AFTER_SECONDS = 5
_FORBIDDEN = Answer(403, "Forbidden")
"""The one shape of every refusal of somebody who has not proved the PIN (R2.15)."""
_MAC = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{2}[:-]?){5}[0-9a-f]{2}(?![0-9a-f])", re.IGNORECASE)
_UUID_WITH_MAC = re.compile(r"urn:uuid:[0-9a-f-]{24}([0-9a-f]{12})", re.IGNORECASE)

Outcome = LoggedIn | LoggedOut | Refusal


class RegisterAsks:
    """Answers asks from the database, and tells success only once the tables carry it."""

    def __init__(self, database: Database, applied: Applied, granted_seconds: int) -> None:
        self._database, self._applied, self._granted = database, applied, granted_seconds

    async def answer(self, ask: Ask) -> Answer:
        """The answer to one ask. A database that cannot be reached gives 503 with Retry-After; nothing is done."""
        try:
            outcome = await asyncio.wrap_future(self._database.submit(_use_case(ask)))
        except Unavailable as error:
            log.error("register.unavailable", user=ask.user, error=str(error))
            return Answer(503, "Service Unavailable", retry_after=_RETRY_AFTER_SECONDS)
        if isinstance(outcome, Refusal):
            log.warning(
                "register.refused", user=ask.user, source=ask.source, reason=outcome.reason, detail=outcome.detail
            )
            return refusal_answer(outcome)
        await self._carried(outcome.position)
        return Answer(200, expires=min(ask.expires, self._granted))

    async def count(self, wrong: WrongPin) -> None:
        """A person's wrong digest outside REGISTER counts like any wrong PIN (R2.15)."""
        actor = Actor(wrong.user, wrong.source, Channel.REGISTER)
        proof = DigestProof(False, wrong.fingerprint)
        await asyncio.wrap_future(
            self._database.submit(lambda tx: prove(tx, wrong.user, proof, actor, datetime.now(UTC)))
        )

    async def _carried(self, position: int) -> None:
        try:
            async with asyncio.timeout(_APPLIED_SECONDS):
                await self._applied.wait(position)
        except TimeoutError:
            log.warning("register.tables_late", position=position)


def refusal_answer(refusal: Refusal) -> Answer:
    """What the phone is told: the reason in words only to somebody who has proved the PIN."""
    return Answer(403, refusal.reason.text) if refusal.reason.proved else _FORBIDDEN


def devices_of(instance: str, user_agent: str) -> tuple[str, ...]:
    """What in a REGISTER may name the device: the instance id, the MAC within it, a MAC in the User-Agent."""
    instance = instance.strip("<>").lower()
    found = [instance] if instance else []
    if match := _UUID_WITH_MAC.fullmatch(instance):
        found.append(match[1])
    if match := _MAC.search(user_agent):
        found.append(re.sub(r"[:-]", "", match[0]).lower())
    return tuple(dict.fromkeys(found))


def _use_case(ask: Ask) -> Callable[[Transaction], Outcome]:
    actor = Actor(ask.user, ask.source, Channel.REGISTER)
    proof = DigestProof(ask.verdict == "right", ask.fingerprint)
    now = datetime.now(UTC)
    if ask.expires == 0:
        return lambda tx: log_out_registration(tx, ask.user, proof, ask.call_id, actor, now)
    registration = Registration(ask.call_id, ask.contact, devices_of(ask.instance, ask.user_agent))
    wish = LogIn(ask.user, None, proof, Method.REGISTER, actor, registration)
    return lambda tx: log_in(tx, wish, now)
