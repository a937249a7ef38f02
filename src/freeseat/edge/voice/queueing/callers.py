"""A caller of a queue as voice carries him: his leg, music and announcements, and what restores him (R5.8)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from freeseat.application.queues.waiting import Standing
from freeseat.domain.menus import Digits, Prompt, Say
from freeseat.edge.voice import sdp
from freeseat.edge.voice.g711 import RATE
from freeseat.edge.voice.leg import End, Leg
from freeseat.edge.voice.prompts import PromptLibrary
from freeseat.edge.voice.queueing.joining import Join

log = structlog.get_logger("freeseat.voice.queue")

_MOST_SAID = 20
_ROUND_MINUTES = (30, 40, 50, 60)


@dataclass(frozen=True, slots=True)
class Who:
    """A caller: number and name shown to members, language, how often he was sent on, on whose behalf he transfers.

    `queue` is the queue he called, `member` the user number of who answered him there, or empty.
    """

    number: str
    name: str
    language: str
    queue: str
    hops: int = 0
    phone: str = ""
    member: str = ""


class Caller:
    """A caller of a queue, from his INVITE to the end, also while he is with somebody."""

    def __init__(self, call: int, leg: Leg, who: Who) -> None:
        self.call, self.leg, self.who = call, leg, who
        self.join: Join | None = None
        self.in_queue = True
        """Whether the queue still counts him: he waits there, or talks to a member."""
        self.task: asyncio.Task[None] | None = None
        """What is being done for him now: music, an announcement, a call to where he is sent."""
        self.connected = False

    @property
    def media(self) -> str:
        """His media, as it is offered to who is to talk to him: whoever has held him, he can be heard."""
        return sdp.opened(self.leg.remote_sdp)

    def now(self, what: Awaitable[None] | None) -> None:
        """Do this for him from now on, instead of what was done before."""
        if self.task is not None:
            self.task.cancel()
        self.task = None
        if what is not None:
            self.task = asyncio.ensure_future(what)
            self.task.add_done_callback(_tell_failure)

    def with_member(self, number: str) -> None:
        """A member answered him."""
        self.who = replace(self.who, member=number)

    def state(self) -> str:
        """What restores him, as JSON text: both legs while he talks."""
        other = self.join.other.state() if self.join is not None else None
        return written(self.leg, other, self.who, connected=self.connected)


def written(leg: Leg, other: dict[str, object] | None, who: Who, *, connected: bool = False) -> str:
    """The text that `Caller.state` gives."""
    about = [who.number, who.name, who.language, who.queue, who.hops, who.phone, who.member]
    return json.dumps({"caller": leg.state(), "other": other, "who": about, "connected": connected})


def _tell_failure(done: asyncio.Future[None]) -> None:
    if not done.cancelled() and done.exception() is not None:
        log.error("caller not served", exc_info=done.exception())


class Music:
    """Music and announcements for waiting callers. `standing` gives how a caller stands, or None."""

    def __init__(self, library: PromptLibrary, standing: Callable[[Caller], Awaitable[Standing | None]]) -> None:
        self._library, self._standing = library, standing

    def play(self, caller: Caller) -> None:
        """Music, where everybody else hears it too, as from one radio."""
        stream = caller.leg.stream
        if stream is None or stream.closed:
            return
        audio = self._library.music(caller.who.queue, stream.codec)
        if audio:
            stream.loop(audio, int(time.monotonic() * RATE) % len(audio))

    async def entertain(self, caller: Caller, every: float) -> None:
        """Music, and each so many seconds (0: never) how the caller stands; until cancelled."""
        self.play(caller)
        while every > 0:
            await asyncio.sleep(every)
            standing = await self._standing(caller)
            if standing is not None:
                await self.say(caller, prompts_of(standing))
                self.play(caller)

    async def say(self, caller: Caller, prompts: tuple[Prompt, ...]) -> None:
        """Say something, and wait until it is said or the caller has gone."""
        stream = caller.leg.stream
        if stream is None or stream.closed:
            return
        played = stream.play(self._library.audio(prompts, caller.who.language, stream.codec))
        either: tuple[asyncio.Future[None] | asyncio.Future[End], ...] = (played, caller.leg.ended)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)


def prompts_of(standing: Standing) -> tuple[Prompt, ...]:
    """Position and estimated wait in words (R5.8)."""
    if standing.position == 1:
        said: tuple[Prompt, ...] = (Say("you_are_next"),)
    else:
        said = (Say("you_are_number"), _number(standing.position), Say("in_the_queue"))
    if standing.estimated_seconds is None:
        return said
    minutes = -(-int(standing.estimated_seconds) // 60)
    if minutes <= 1:
        return (*said, Say("wait_is_less_than_a_minute"))
    if minutes > _ROUND_MINUTES[-1]:
        return (*said, Say("wait_is_more_than"), Say(f"number_{_ROUND_MINUTES[-1]}"), Say("minutes"))
    rounded = minutes if minutes <= _MOST_SAID else next(each for each in _ROUND_MINUTES if each >= minutes)
    return (*said, Say("wait_is_about"), Say(f"number_{rounded}"), Say("minutes"))


def _number(number: int) -> Prompt:
    return Say(f"number_{number}") if number <= _MOST_SAID else Digits(str(number))
