"""Runs a menu of `freeseat.domain.menus` on an answered call: keys in, prompts out, actions asked (R2.1)."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

import structlog

from freeseat.domain.menus import (
    Action,
    Answer,
    Answered,
    Ask,
    BeReachedAt,
    ChangePin,
    Collect,
    Conversation,
    Effect,
    HangUp,
    Identify,
    Input,
    Key,
    Locate,
    LogIn,
    LogOut,
    Menu,
    Occupant,
    Pause,
    Play,
    Prompt,
    RemoteLogOut,
    Speak,
    TakePart,
    Terms,
    Verify,
    begin,
    step,
)
from freeseat.edge.voice.actions import CallContext, VoiceActions
from freeseat.edge.voice.leg import Leg
from freeseat.edge.voice.prompts import PromptLibrary

log = structlog.get_logger("freeseat.voice.menu")

_TAIL = 0.3


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a menu ended: `normal`, `gave_up`, the stable word of a refusal, `hung_up` or `too_long`."""

    reason: str


class CallerGone(Exception):
    """The caller hung up while the menu ran."""


class MenuRun:
    """One menu on one call."""

    def __init__(
        self, leg: Leg, context: CallContext, actions: VoiceActions, library: PromptLibrary, terms: Terms
    ) -> None:
        self._leg = leg
        self._context = context
        self._actions = actions
        self._library = library
        self._terms = terms
        self._language = context.language
        self._waiting: deque[Prompt] = deque()

    async def run(self, menu: Menu) -> Outcome:
        """Run the menu to its end; gives how it ended. The call is left for the caller of this to hang up."""
        talk, effects = begin(menu, self._context.digits, self._context.language, self._terms)
        try:
            while True:
                given = await self._perform(talk, effects)
                if isinstance(given, Outcome):
                    return given
                talk, effects = step(talk, given)
        except CallerGone:
            return Outcome("hung_up")

    async def _perform(self, talk: Conversation, effects: tuple[Effect, ...]) -> Input | Outcome:
        """Do the effects in order; gives the next input, or the outcome. Raises CallerGone."""
        for effect in effects:
            match effect:
                case Play(prompts):
                    self._waiting.extend(prompts)
                case Speak(language):
                    self._language = language
                case HangUp(reason):
                    await self._play_out()
                    return Outcome(reason)
                case Ask(action):
                    return Answered(await self._ask(action))
                case Collect():
                    return await self._key(effect.timeout)
        raise AssertionError(f"menu {talk.menu.name} has nothing to wait for")

    def _start_prompts(self) -> asyncio.Future[None] | None:
        """Start the waiting prompts; gives the future of their end, or None if there are none."""
        stream = self._leg.stream
        if not self._waiting or stream is None:
            return None
        audio = self._library.audio(self._waiting, self._language, stream.codec)
        self._waiting.clear()
        return stream.play(audio)

    async def _play_out(self) -> None:
        """Play the waiting prompts to their end, with a moment of silence, whatever is pressed."""
        played = self._start_prompts()
        if played is not None:
            await self._or_gone(played)
        done, _ = await asyncio.wait([self._leg.ended], timeout=_TAIL)
        if done:
            raise CallerGone

    async def _key(self, timeout: float) -> Key | Pause:
        """Wait for a key, at most `timeout` seconds from the end of the prompts; a key cuts them short (barge-in)."""
        if self._leg.ended.done():
            raise CallerGone  # keys typed ahead by somebody who left do nothing more
        keys = self._leg.keys
        if not keys.empty():
            return self._pressed(keys.get_nowait())
        playing = self._start_prompts()
        getting = asyncio.ensure_future(keys.get())
        try:
            if playing is not None:
                await self._or_gone(playing, getting)
            if not getting.done():
                await self._or_gone(getting, timeout=timeout)
            return self._pressed(getting.result()) if getting.done() else Pause()
        finally:
            getting.cancel()

    def _pressed(self, key: str) -> Key:
        self._waiting.clear()
        if self._leg.stream is not None:
            self._leg.stream.stop()
        return Key(key)

    async def _or_gone(self, *events: asyncio.Future[Any], timeout: float | None = None) -> None:
        """Wait until one of the events happens or the time is over. Raises CallerGone if the call ends first."""
        await asyncio.wait((*events, self._leg.ended), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if self._leg.ended.done():
            raise CallerGone

    async def _ask(self, action: Action) -> Answer:
        """Run an action; a hang-up meanwhile does not stop it, for it may have been committed already."""
        try:
            return await self._act(action)
        except Exception:
            log.exception("action failed", call_id=self._context.call_id, action=type(action).__name__)
            return Answer(ok=False, reason="unavailable")

    async def _act(self, action: Action) -> Answer:
        call, actions = self._context, self._actions
        match action:
            case Verify(extension, pin):
                return await actions.verify(call, extension, pin.reveal())
            case LogIn(extension, pin):
                return await actions.log_in(call, extension, pin.reveal())
            case Occupant():
                return await actions.occupant(call)
            case LogOut(pin):
                return await actions.log_out(call, pin.reveal())
            case RemoteLogOut(extension):
                return await actions.remote_log_out(call, extension)
            case Locate(extension):
                return await actions.locate(call, extension)
            case ChangePin(old, new):
                return await actions.change_pin(call, old.reveal(), new.reveal())
            case TakePart(verb, queue):
                return await actions.take_part(call, verb, queue)
            case Identify(extension, pin):
                return await actions.identify(call, extension, pin.reveal())
            case BeReachedAt(extension, pin, choice):
                return await actions.be_reached_at(call, extension, pin.reveal(), choice)
