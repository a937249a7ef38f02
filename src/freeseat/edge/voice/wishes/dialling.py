"""One wish to dial: the phone picks up, is told to call, and is followed until the called has answered (R6.2).

The phone's own INVITE is judged like any call of its occupant. What becomes of it is told by the phone (NOTIFY), and by
the switch's records where the phone tells nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import structlog

from freeseat.application.ports import CallRecord
from freeseat.domain.call_wishes import DIALLING, RINGS, CallWish, WishFailure, WishState, failure_of
from freeseat.domain.errors import Unavailable
from freeseat.edge.voice import sdp
from freeseat.edge.voice.leg import Leg, Media
from freeseat.edge.voice.messages import Response
from freeseat.edge.voice.queueing.inviting import ELSEWHERE, InviteFailed, cancel_of
from freeseat.edge.voice.ua import UserAgent
from freeseat.edge.voice.wishes.actions import Taken, WishActions, WishSettings
from freeseat.edge.voice.wishes.asking import AskedPhone, binding_of, marks_of, shown, talks, target_of

log = structlog.get_logger("freeseat.voice.wish")

_BY_ITSELF_SECONDS = 1.0
"""A phone that answers by itself has done so by then; another may be told to talk."""
_BUSY = frozenset({486, 600, 603})
_AWAY = frozenset({404, 408, 480})


class NotDone(Exception):
    """A wish came to nothing, for that reason."""

    def __init__(self, why: WishFailure) -> None:
        self.why = why
        super().__init__(why)


class Dialling:
    """A phone that is being asked to dial."""

    def __init__(self, agent: UserAgent, media: Media, settings: WishSettings, actions: WishActions, taken: Taken):
        self.wish, self._bindings = taken.wish, taken.bindings
        self._settings, self._actions = settings, actions
        self._leg = AskedPhone(agent.endpoint, media, agent.forget)
        self._agent = agent
        self._given_up = False
        self._referred = False

    @property
    def ringing(self) -> AskedPhone | None:
        """The call to the phone, while nobody has picked up."""
        return None if self._leg.answered.done() else self._leg

    def give_up(self) -> bool:
        """The occupant wants it no more; false once the phone itself dials, for then the call is the phone's."""
        if self._referred:
            return False
        self._given_up = True
        self._end()
        return True

    async def run(self) -> None:
        """Carry the wish out. Raises NotDone."""
        try:
            self._leg.ask(self._settings, self.wish, self._bindings[0].source)
        except OSError as error:
            log.error("no rtp port", wish=self.wish.id, error=str(error))
            raise NotDone(WishFailure.UNAVAILABLE) from error
        self._agent.adopt(self._leg)
        try:
            answer = await self._picked_up()
            await self._keep()
            await self._refer(answer)
            async with asyncio.timeout(self._settings.most_seconds):
                await self._follow()
        except TimeoutError:
            raise NotDone(WishFailure.NO_ANSWER) from None
        finally:
            self._end()

    def _end(self) -> None:
        """The phone rings no longer, or leaves the call by which it was asked."""
        if self._leg.remote_tag:
            self._leg.hang_up()
        else:
            self._leg.cancel(ELSEWHERE)

    async def _picked_up(self) -> Response:
        """Wait until the phone is picked up, or picks up by itself."""
        answered = self._leg.answered
        try:
            await asyncio.wait([answered], timeout=_BY_ITSELF_SECONDS)
            if not answered.done():
                self._tell_to_talk()
            async with asyncio.timeout(self._settings.pick_up_seconds - _BY_ITSELF_SECONDS):
                answer = await asyncio.shield(answered)
            self._leg.take_answer(answer.body)
        except TimeoutError:
            raise NotDone(WishFailure.NO_PICKUP) from None
        except InviteFailed as failed:
            raise NotDone(self._why(failed.code)) from failed
        except sdp.NotAcceptable as failure:
            raise NotDone(WishFailure.PHONE_CANNOT) from failure
        return answer

    def _why(self, code: int) -> WishFailure:
        if self._given_up:
            return WishFailure.HUNG_UP
        if code in _BUSY:
            return WishFailure.PHONE_BUSY
        return WishFailure.UNREGISTERED if code in _AWAY else WishFailure.PHONE_CANNOT

    def _tell_to_talk(self) -> None:
        """A phone that rings may be one that picks up when it is told so."""
        for ringing in self._leg.early.values():
            binding = binding_of(self._bindings, ringing)
            if talks(ringing, binding.user_agent if binding else ""):
                self._leg.notify(ringing, "talk", lambda _response: None)

    async def _keep(self) -> None:
        try:
            await self._actions.keep(self.wish.id, json.dumps(self._leg.state()))
        except Unavailable as error:
            log.warning("leg not kept", wish=self.wish.id, error=str(error))

    async def _refer(self, answer: Response) -> None:
        binding = binding_of(self._bindings, answer) or self._bindings[0]
        if self._given_up:
            raise NotDone(WishFailure.HUNG_UP)
        self._referred = True
        realm = self._settings.realm
        said = await self._leg.refer(target_of(self.wish, binding, realm), f"sip:{self.wish.phone}@{realm}")
        log.info("phone asked to dial", wish=self.wish.id, phone=self.wish.phone, code=said.code)
        if said.code == 487:
            raise NotDone(WishFailure.HUNG_UP)
        if said.code >= 300:
            raise NotDone(WishFailure.PHONE_CANNOT)
        await _tell(self._actions, self.wish, DIALLING)

    async def _follow(self) -> None:
        """Wait for the answer of the called. Raises NotDone."""
        await _first(self._told(), follow_record(self._actions, self._settings, self.wish, self._leg))

    async def _told(self) -> None:
        """What the phone says of its call: of failures it knows most.

        That the called has answered is believed only where the switch has not seen the call, for some phones say so as
        soon as they dial. Raises NotDone.
        """
        while (code := await self._leg.progress.get()) < 200:
            if code in (180, 183):
                await _tell(self._actions, self.wish, RINGS)
        if code >= 300:
            raise NotDone(failure_of(code))
        await asyncio.sleep(self._settings.unseen_seconds)
        if await _seen(self._actions, self.wish) is not None:
            await asyncio.get_running_loop().create_future()


async def follow_record(
    actions: WishActions, settings: WishSettings, wish: CallWish, leg: AskedPhone | None = None
) -> None:
    """Wait for the answer of the called by what the switch has seen. Raises NotDone.

    `leg` is the call by which the phone was asked (None: that is over, and was an earlier process's).
    """
    loop, gone_at = asyncio.get_running_loop(), 0.0
    while True:
        record = await _seen(actions, wish)
        if record is not None and record.answered_at is not None:
            return
        if record is not None and record.ended_at is not None:
            raise NotDone(failure_of(record.code))
        if record is None and (leg is None or leg.ended.done()):
            gone_at = gone_at or loop.time()
            if loop.time() - gone_at > settings.unseen_seconds:
                raise NotDone(WishFailure.INTERRUPTED if leg is None else WishFailure.HUNG_UP)
        await _pause(settings.look_seconds, leg)


async def _seen(actions: WishActions, wish: CallWish) -> CallRecord | None:
    try:
        return await actions.call_made(wish)
    except Unavailable:
        return None  # asked again


async def _pause(seconds: float, leg: AskedPhone | None) -> None:
    """Wait so long, or until the phone tells something."""
    if leg is None:
        await asyncio.sleep(seconds)
        return
    leg.told.clear()
    try:
        async with asyncio.timeout(seconds):
            await leg.told.wait()
    except TimeoutError:
        return


def end_before(agent: UserAgent, media: Media, settings: WishSettings, wish: CallWish) -> None:
    """End the call to a phone by which an earlier process asked it to dial, ringing or picked up."""
    if wish.leg:
        leg = Leg(agent.endpoint, media, agent.forget)
        state: dict[str, Any] = json.loads(wish.leg)
        leg.take_up(state)
        agent.adopt(leg)
        leg.hang_up("restarted")
    else:
        callee, sender = shown(settings, wish)
        agent.endpoint.send_alone(cancel_of(callee, marks_of(settings, wish), sender))


async def _tell(actions: WishActions, wish: CallWish, how_far: str) -> None:
    try:
        await actions.went(wish.id, WishState.RINGING, how_far)
    except Unavailable as error:
        log.warning("progress not told", wish=wish.id, error=str(error))


async def _first(*ways: Coroutine[object, object, None]) -> None:
    """Run all; the first to end decides. Raises what it raises."""
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
