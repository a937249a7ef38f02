"""After a restart: callers that waited hear music again, calls that were joined are followed again."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import structlog

from freeseat.application.queues.ports import Outcome, QueueCall, WaitState
from freeseat.application.queues.waiting import LeftOver, Sent
from freeseat.domain.queues import Queue
from freeseat.edge.voice.leg import Leg
from freeseat.edge.voice.queueing.callers import Caller, Who
from freeseat.edge.voice.queueing.inviting import cancel_of
from freeseat.edge.voice.queueing.joining import audio_again
from freeseat.edge.voice.queueing.offering import insist
from freeseat.edge.voice.queueing.service import QueueService
from freeseat.edge.voice.timers import CARRIED

log = structlog.get_logger("freeseat.voice.queue")

_AT_ONCE = 20


class Restoring:
    """Takes up what an earlier process of this name carried."""

    def __init__(self, service: QueueService) -> None:
        self._service = service
        self._turn = asyncio.Semaphore(_AT_ONCE)

    def take_up(self, left: list[LeftOver]) -> None:
        """Adopt the legs at once, so that nothing they say is refused; what needs an answer goes on beside."""
        for each in left:
            self._service.know(each.queue)
            self._stop_ringing(each)
            try:
                self._adopt(each)
            except (ValueError, KeyError, TypeError, IndexError) as error:
                log.error("call not restored", call=each.call.id, error=f"{type(error).__name__}: {error}")
                self._service.spawn(self._lost(each.call))
        if left:
            log.info("calls taken up", count=len(left))

    def _stop_ringing(self, left: LeftOver) -> None:
        """Cancel INVITEs whose answers nobody waits for any more."""
        service = self._service
        who = Who(left.call.caller, left.call.caller_name, "", left.queue.number)
        for offer, user in left.rung:
            callee, sender = service.settings.route(user), service.sender(who, service.shown_to_members(who))
            service.agent.endpoint.send_alone(cancel_of(callee, service.offer_marks(left.call, offer), sender))

    def _adopt(self, left: LeftOver) -> None:
        service, call, state = self._service, left.call, json.loads(left.call.leg)
        who = Who(*state["who"])
        caller = Caller(call.id, self._leg(state["caller"]), who)
        caller.in_queue = call.ended_at is None
        if state["other"] is not None:
            other = self._leg(state["other"])
            service.carry(caller)
            join = service.joined(caller, other)
            caller.connected = state["connected"]
            if not caller.connected:
                service.spawn(service.connect(caller, ""))
            log.info("joined call taken up", call=call.id, call_id=join.other.call_id)
            return
        service.carry(caller)
        service.spawn(self._hear_again(caller, call, left.queue))

    async def _hear_again(self, caller: Caller, call: QueueCall, queue: Queue) -> None:
        async with self._turn:
            heard = await audio_again(caller.leg)
        if caller.leg.ended.done():
            return
        if not heard:
            caller.leg.hang_up("not restored", 480)
        elif call.state is WaitState.ENDED:
            self._service.send(caller, Sent(call, _destination(call, queue), call.outcome or Outcome.LOST))
        elif call.state is WaitState.ANSWERED:
            await self._service.wait_again(caller)
        else:
            self._service.wait(caller)
            await insist(lambda: self._service.actions.remember(call.id, caller.state()))

    def _leg(self, state: dict[str, Any]) -> Leg:
        service = self._service
        leg = Leg(service.agent.endpoint, service.media, service.agent.forget)
        leg.take_up(state)
        leg.allow = CARRIED
        service.agent.adopt(leg)
        return leg

    async def _lost(self, call: QueueCall) -> None:
        actions = self._service.actions
        await insist(lambda: actions.ended(call.id, Outcome.LOST))
        await insist(lambda: actions.forget(call.id))


def _destination(call: QueueCall, queue: Queue) -> str:
    """Where a caller was being sent."""
    return (queue.no_agents_to if call.outcome is Outcome.NO_AGENTS else queue.overflow_to) or "reject"
