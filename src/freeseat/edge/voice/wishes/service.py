"""Takes up what pages wish of the phones of this node, and carries it out, each wish once (R6.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

from freeseat.domain.call_wishes import CallWish, WishFailure, WishKind, WishState
from freeseat.domain.errors import Unavailable
from freeseat.edge.voice.leg import Media
from freeseat.edge.voice.queueing.offering import insist
from freeseat.edge.voice.queueing.service import QueueService
from freeseat.edge.voice.ua import UserAgent
from freeseat.edge.voice.wishes.actions import Taken, WishActions, WishSettings
from freeseat.edge.voice.wishes.dialling import Dialling, NotDone, end_before, follow_record
from freeseat.edge.voice.wishes.keys import Keys

log = structlog.get_logger("freeseat.voice.wish")

_LOOK_SECONDS = 2.0
_PAUSE_SECONDS = 0.02
_RETRY_SECONDS = 0.5


class WishService:
    """Carries out wishes in one voice process, until it is closed."""

    def __init__(self, settings: WishSettings, actions: WishActions) -> None:
        self.settings, self.actions = settings, actions
        self.diallings: dict[str, Dialling] = {}
        """The phones that are being asked to dial, by AoR."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._agent: UserAgent
        self._media: Media
        self._keys: Keys

    def open(self, agent: UserAgent, media: Media, queues: QueueService | None, before: list[CallWish]) -> None:
        """Carry wishes out by that user agent; `before` is what an earlier process had taken up."""
        self._agent, self._media = agent, media
        self._keys = Keys(agent, queues, self.diallings)
        for wish in before:
            self._spawn(self._bring_to_end(wish))
        self._spawn(self._listen())

    async def close(self) -> None:
        """Take up nothing more; phones that were asked are rung no longer. What they dialled goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                for wish in await self.actions.to_take():
                    taken = await self.actions.take(wish.id)
                    if taken is not None:
                        self._spawn(self._carry_out(taken))
            except Unavailable as error:
                log.warning("wishes wait for the database", error=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
            await asyncio.sleep(_PAUSE_SECONDS)
            await self.actions.changed(_LOOK_SECONDS)

    async def _carry_out(self, taken: Taken) -> None:
        wish = taken.wish
        try:
            match wish.kind:
                case WishKind.DIAL:
                    await self._dial(taken)
                case WishKind.ANSWER:
                    await self._keys.answer(taken)
                case WishKind.HANG_UP:
                    self._keys.hang_up(taken)
        except NotDone as failure:
            await self._over(wish, failure.why)
        except Exception:
            log.exception("wish not carried out", wish=wish.id)
            await self._over(wish, WishFailure.UNAVAILABLE)
        else:
            await self._over(wish)

    async def _dial(self, taken: Taken) -> None:
        dialling = Dialling(self._agent, self._media, self.settings, self.actions, taken)
        self.diallings[taken.wish.phone] = dialling
        try:
            await dialling.run()
        finally:
            del self.diallings[taken.wish.phone]

    async def _bring_to_end(self, wish: CallWish) -> None:
        """A wish is never carried out twice: the phone is rung no longer, and followed if it has dialled already."""
        if wish.kind is not WishKind.DIAL:
            await self._over(wish, WishFailure.INTERRUPTED)
            return
        try:
            end_before(self._agent, self._media, self.settings, wish)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            log.error("leg not restored", wish=wish.id, error=f"{type(error).__name__}: {error}")
        try:
            async with asyncio.timeout(self.settings.most_seconds):
                await follow_record(self.actions, self.settings, wish, None)
        except NotDone as failure:
            await self._over(wish, failure.why)
        except TimeoutError:
            await self._over(wish, WishFailure.NO_ANSWER)
        else:
            await self._over(wish)

    async def _over(self, wish: CallWish, why: WishFailure | None = None) -> None:
        state = WishState.CONNECTED if why is None else WishState.FAILED
        log.info("wish over", wish=wish.id, kind=wish.kind, phone=wish.phone, state=state, why=why or "")
        await insist(lambda: self.actions.went(wish.id, state, why or ""))

    def _spawn(self, what: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("wishes failed", exc_info=task.exception())
