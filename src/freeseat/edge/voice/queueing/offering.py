"""Carrying out what the database decides for one queue: ring members, join, reconcile (R5.8)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import structlog

from freeseat.application.queues.offers import OfferMade
from freeseat.application.queues.ports import OfferEnd
from freeseat.application.queues.serving import Served
from freeseat.application.queues.waiting import Sent, Standing
from freeseat.domain.errors import Unavailable
from freeseat.domain.queues import Queue
from freeseat.edge.voice.messages import Headers
from freeseat.edge.voice.queueing.actions import QueueActions
from freeseat.edge.voice.queueing.callers import Caller, written
from freeseat.edge.voice.queueing.inviting import ELSEWHERE, Invitation, InviteFailed

log = structlog.get_logger("freeseat.voice.queue")

_LOOK_SECONDS = 0.5
_PAUSE_SECONDS = 0.02
_STANDINGS_SECONDS = 2.0
_CONFIRMED_SECONDS = 60.0
_BUSY = frozenset({486, 600, 603})
_UNANSWERED = frozenset({408, 480, 487})
_WITHDRAWN: Headers = (("Reason", 'SIP;cause=487;text="Withdrawn"'),)


class Ringing:
    """A member being rung for a caller."""

    def __init__(self, made: OfferMade, caller: Caller, invitation: Invitation, offered: str) -> None:
        self.made, self.caller, self.invitation, self.offered = made, caller, invitation, offered
        self.settling = False
        """The member has answered and the database is deciding."""
        self.task: asyncio.Task[None] | None = None

    def stop(self, headers: Headers) -> None:
        """Ring no longer; the offer is over in the database already."""
        if self.task is not None and not self.settling:
            self.task.cancel()
            self.invitation.cancel(headers)


@dataclass(slots=True)
class Early:
    """What was decided for a caller who is in the database already but not yet here; `at` on the monotonic clock."""

    at: float
    ring_seconds: float
    offers: list[OfferMade] = field(default_factory=list)
    sent: Sent | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    """What a desk has done by others: `know` the queue as it is now, `invite` the user of an offer.

    `joined` and `sent` are told where a caller goes; `gone` that he waits no more for a reason of somebody else's.
    """

    know: Callable[[Queue], None]
    invite: Callable[[OfferMade, Caller], Invitation]
    joined: Callable[[Ringing], None]
    sent: Callable[[Caller, Sent], None]
    gone: Callable[[Caller], None]


class Desk:
    """The callers of one queue in this process, and who is rung for them. It runs while there are any."""

    def __init__(self, queue: str, actions: QueueActions, doing: Doing) -> None:
        self.queue, self._actions, self._do = queue, actions, doing
        self.callers: dict[int, Caller] = {}
        self.ringing: dict[int, Ringing] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._again_at: datetime | None = None
        self._standings: tuple[float, Mapping[int, Standing]] = (0.0, {})
        self._missed: set[int] = set()
        self._early: dict[int, Early] = {}

    def add(self, caller: Caller) -> None:
        """A caller waits. What was decided for him while his phone had not yet confirmed our answer is done now."""
        self.callers[caller.call] = caller
        early = self._early.pop(caller.call, None)
        if early is not None and early.sent is not None:
            self.leave(caller)
            self._do.sent(caller, early.sent)
            return
        if early is not None:
            for made in early.offers:
                self._ring(made, early.ring_seconds)
        self.wake()

    def leave(self, caller: Caller, headers: Headers = _WITHDRAWN) -> None:
        """A caller waits no more: nobody is rung for him any longer."""
        self._early.pop(caller.call, None)
        if self.callers.pop(caller.call, None) is None:
            return
        for ringing in list(self.ringing.values()):
            if ringing.caller is caller:
                self._stop(ringing, headers)

    def wake(self) -> None:
        """Something may have changed: look."""
        self._wake.set()
        if self._task is None and self.callers:
            self._task = asyncio.create_task(self._run())

    async def standing(self, caller: Caller) -> Standing | None:
        """How a caller stands; read for all callers at once, and at most every two seconds."""
        read_at, standings = self._standings
        if time.monotonic() - read_at > _STANDINGS_SECONDS:
            self._standings = (time.monotonic(), standings)  # others need not ask meanwhile
            standings = await self._actions.standings(self.queue)
            self._standings = (time.monotonic(), standings)
        return standings.get(caller.call)

    def close(self) -> None:
        """Ring nobody any more; callers are left as they are."""
        if self._task is not None:
            self._task.cancel()
        for ringing in list(self.ringing.values()):
            self._stop(ringing, _WITHDRAWN)

    # --- what the database decided ------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while self.callers:
                await self._wait()
                self._wake.clear()
                try:
                    served = await self._actions.serve(self.queue)
                except Unavailable as error:
                    log.warning("queue waits for the database", queue=self.queue, error=str(error))
                    await asyncio.sleep(_LOOK_SECONDS)
                    continue
                self._apply(served)
                await asyncio.sleep(_PAUSE_SECONDS)
        except Exception:
            log.exception("queue not served", queue=self.queue)
            await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._task = None
            if self.callers and not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                self.wake()

    async def _wait(self) -> None:
        """Wait until something may have changed, or time has come."""
        seconds = _LOOK_SECONDS
        if self._again_at is not None:
            seconds = min(seconds, max(0.0, (self._again_at - datetime.now(UTC)).total_seconds()))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _apply(self, served: Served | None) -> None:
        if served is None:
            for caller in list(self.callers.values()):
                self._do.gone(caller)
            return
        self._do.know(served.queue)
        self._again_at = served.again_at
        for sent in served.sent:
            leaving = self.callers.get(sent.call.id)
            if leaving is None:
                self._early_for(sent.call.id, served).sent = sent
            else:
                self.leave(leaving)
                self._do.sent(leaving, sent)
        for ringing in list(self.ringing.values()):
            if ringing.made.offer.id not in served.open_offers:
                self._stop(ringing, _WITHDRAWN)
        for made in served.offers:
            if made.call.id in self.callers:
                self._ring(made, served.queue.ring_seconds)
            else:
                self._early_for(made.call.id, served).offers.append(made)
        self._forget_early(served.open_offers)
        self._reconcile(served.waiting)

    def _early_for(self, call: int, served: Served) -> Early:
        return self._early.setdefault(call, Early(time.monotonic(), served.queue.ring_seconds))

    def _forget_early(self, open_offers: frozenset[int]) -> None:
        """Offers that are over, and callers who never came: who does not confirm an answer in 32 s is gone."""
        for call, early in list(self._early.items()):
            early.offers = [made for made in early.offers if made.offer.id in open_offers]
            if time.monotonic() - early.at > _CONFIRMED_SECONDS:
                del self._early[call]

    def _reconcile(self, waiting: frozenset[int]) -> None:
        """Who waits here but not in the database, seen twice, was taken out by somebody else."""
        settling = {ringing.caller.call for ringing in self.ringing.values() if ringing.settling}
        missed = self.callers.keys() - waiting - settling
        for call in missed & self._missed:
            self._do.gone(self.callers[call])
        self._missed = missed

    # --- ringing ------------------------------------------------------------------------------------------------------

    def _ring(self, made: OfferMade, seconds: float) -> None:
        caller = self.callers[made.call.id]
        if caller.leg.ended.done():
            return  # he has gone since; his end withdraws the offer
        offered = caller.media
        ringing = Ringing(made, caller, self._do.invite(made, caller), offered)
        self.ringing[made.offer.id] = ringing
        ringing.task = asyncio.create_task(self._follow(ringing, seconds))

    def _stop(self, ringing: Ringing, headers: Headers) -> None:
        ringing.stop(headers)
        if not ringing.settling:
            self.ringing.pop(ringing.made.offer.id, None)

    async def _follow(self, ringing: Ringing, seconds: float) -> None:
        """Wait for what becomes of an offer."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(ringing.invitation.answered)
        except TimeoutError:
            ringing.invitation.cancel()
            await self._failed(ringing, OfferEnd.MISSED, "no answer")
        except InviteFailed as failed:
            await self._failed(ringing, end_of(failed), str(failed))
        else:
            ringing.settling = True
            await self._answered(ringing)

    async def _failed(self, ringing: Ringing, end: OfferEnd, why: str) -> None:
        offer = ringing.made.offer.id
        ringing.settling = True
        log.info("offer failed", queue=self.queue, call=ringing.caller.call, user=ringing.made.user, end=end, why=why)
        await insist(lambda: self._actions.failed(offer, end))
        self.ringing.pop(offer, None)
        self.wake()

    async def _answered(self, ringing: Ringing) -> None:
        caller, offer, invitation = ringing.caller, ringing.made.offer.id, ringing.invitation
        state = written(caller.leg, invitation.state(), replace(caller.who, member=ringing.made.user))
        try:
            won = await self._actions.answered(offer, state)
        except Unavailable as error:
            log.error("answer not taken", queue=self.queue, call=caller.call, error=str(error))
            invitation.hang_up("unavailable", 503)
            await self._failed(ringing, OfferEnd.WITHDRAWN, str(error))
            return
        self.ringing.pop(offer, None)
        if won is None or caller.leg.ended.done():
            invitation.hang_up("Call completed elsewhere")
            self.wake()
            return
        caller.with_member(ringing.made.user)
        log.info("offer answered", queue=self.queue, call=caller.call, user=ringing.made.user)
        self.leave(caller, ELSEWHERE)
        self._do.joined(ringing)


def end_of(failed: InviteFailed) -> OfferEnd:
    """What a final response says about a member: busy is a refusal, a phone that rang in vain was missed."""
    if failed.code in _BUSY:
        return OfferEnd.REFUSED
    if failed.rang and failed.code in _UNANSWERED:
        return OfferEnd.MISSED
    return OfferEnd.UNREACHABLE


async def insist(what: Callable[[], Awaitable[object]]) -> None:
    """Do what must be written down in the end, however long the database cannot be used."""
    while True:
        try:
            await what()
        except Unavailable as error:
            log.warning("waits for the database", error=str(error))
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            return
