"""Answer and hang up from a page, for calls in which voice is: those of queues, and to its own services (R6.2)."""

from __future__ import annotations

import asyncio

import structlog

from freeseat.domain.call_wishes import WishFailure
from freeseat.edge.voice.leg import Leg
from freeseat.edge.voice.messages import Response
from freeseat.edge.voice.queueing.inviting import Invitation, InviteFailed
from freeseat.edge.voice.queueing.offering import Ringing
from freeseat.edge.voice.queueing.service import QueueService
from freeseat.edge.voice.ua import IncomingCall, UserAgent
from freeseat.edge.voice.wishes.actions import Taken
from freeseat.edge.voice.wishes.asking import binding_of, talks
from freeseat.edge.voice.wishes.dialling import Dialling, NotDone

log = structlog.get_logger("freeseat.voice.wish")

_ANSWER_SECONDS = 8.0


class Keys:
    """The keys of a page; `diallings` are the phones that are being asked to dial."""

    def __init__(self, agent: UserAgent, queues: QueueService | None, diallings: dict[str, Dialling]) -> None:
        self._agent, self._queues, self._diallings = agent, queues, diallings

    async def answer(self, taken: Taken) -> None:
        """Have the phone pick up what voice rings it for. Raises NotDone."""
        ringing = self._rung(taken)
        if ringing is None:
            raise NotDone(_foreign(taken))
        early = self._early(taken, ringing)
        if early is None:
            raise NotDone(WishFailure.PHONE_CANNOT)
        response: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

        def responded(said: Response) -> None:
            if said.code >= 200 and not response.done():
                response.set_result(said)

        ringing.notify(early, "talk", responded)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                said = await response
                if said.code >= 300:
                    log.info("phone does not talk", phone=taken.wish.phone, code=said.code)
                    raise NotDone(WishFailure.PHONE_CANNOT)
                await asyncio.shield(ringing.answered)
        except TimeoutError:
            raise NotDone(WishFailure.PHONE_CANNOT) from None
        except InviteFailed as failed:
            raise NotDone(WishFailure.NO_CALL) from failed

    def hang_up(self, taken: Taken) -> None:
        """End a call, or refuse the one that rings. Raises NotDone."""
        dialling = self._diallings.get(taken.wish.phone)
        if dialling is not None and dialling.give_up():
            return
        talking = self._talking(taken)
        if talking is not None:
            talking.hang_up()
            return
        offered = self._offered(taken)
        if offered is None:
            raise NotDone(_foreign(taken))
        offered.invitation.refuse()

    def _rung(self, taken: Taken) -> Invitation | None:
        dialling, offered = self._diallings.get(taken.wish.phone), self._offered(taken)
        if offered is not None:
            return offered.invitation
        return dialling.ringing if dialling is not None else None

    def _offered(self, taken: Taken) -> Ringing | None:
        """The offer for which the occupant is rung."""
        rung = self._queues.ringing if self._queues is not None else ()
        return next(
            (
                each
                for each in rung
                if each.made.user == taken.wish.user
                and _fits(taken, each.invitation)
                and not each.invitation.answered.done()
            ),
            None,
        )

    def _talking(self, taken: Taken) -> Leg | None:
        """The occupant's side of a queue's call, or of the phone's call to a service of ours."""
        wish, queues = taken.wish, self._queues
        for caller in queues.callers.values() if queues is not None else ():
            if caller.join is not None and caller.who.member == wish.user and _fits(taken, caller.join.other):
                return caller.join.other
            own = caller.who.phone in (wish.user, wish.phone) and (caller.connected or caller.leg.stream is not None)
            if own and _fits(taken, caller.leg):
                return caller.leg
        for leg in self._agent.legs.values():
            own = isinstance(leg, IncomingCall) and leg.request.header("x-freeseat-phone") == wish.phone
            if own and leg.stream is not None and _fits(taken, leg):
                return leg
        return None

    @staticmethod
    def _early(taken: Taken, ringing: Invitation) -> Response | None:
        """The phone of the wish, among those that ring, if it takes the event `talk`."""
        for early in ringing.early.values():
            binding = binding_of(taken.bindings, early)
            if binding is not None and talks(early, binding.user_agent):
                return early
        return None


def _fits(taken: Taken, leg: Leg) -> bool:
    """Whether a leg is the one that was meant; any where the page does not know."""
    return taken.wish.call_id in ("", leg.call_id) and not leg.ended.done()


def _foreign(taken: Taken) -> WishFailure:
    """Why nothing can be done: the phone has a call in which we are not, or none."""
    return WishFailure.NOT_OURS if taken.call is not None else WishFailure.NO_CALL
