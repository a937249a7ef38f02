"""What carrying out wishes asks for, over the use cases (R6.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from freeseat.application.ports import CallRecord, Database, Listener, Transaction
from freeseat.application.workplaces.carrying_out import (
    Taken,
    call_made,
    keep_leg,
    take_wish,
    taken_before,
    wishes_to_take,
)
from freeseat.application.workplaces.wishes import wish_went
from freeseat.domain.call_wishes import CallWish, WishState

T = TypeVar("T")


class UseCaseWishes:
    """`edge.voice.wishes.actions.WishActions` over a database, for the voice process of `node`."""

    def __init__(self, database: Database, listener: Listener, node: str) -> None:
        self._database, self._listener, self._node = database, listener, node

    async def to_take(self) -> Sequence[CallWish]:
        """What nobody has taken up yet and this process may."""
        return await self._read(lambda tx: wishes_to_take(tx, self._node, _now()))

    async def take(self, wish: int) -> Taken | None:
        """Take a wish up."""
        return await self._do(lambda tx: take_wish(tx, wish, self._node, _now()))

    async def taken_before(self) -> Sequence[CallWish]:
        """What an earlier process had taken up and not brought to an end."""
        return await self._read(lambda tx: taken_before(tx, self._node, _now()))

    async def keep(self, wish: int, leg: str) -> None:
        """Keep what restores the dialog with the phone."""
        await self._do(lambda tx: keep_leg(tx, wish, leg))

    async def call_made(self, wish: CallWish) -> CallRecord | None:
        """The call that the phone has made as it was wished."""
        return await self._read(lambda tx: call_made(tx, wish))

    async def went(self, wish: int, state: WishState, reason: str = "") -> None:
        """How a wish goes on."""
        await self._do(lambda tx: wish_went(tx, wish, state, reason, _now()))

    async def changed(self, seconds: float) -> bool:
        """Wait until something may have changed."""
        return await self._listener.wait(seconds)

    async def _read(self, question: Callable[[Transaction], T]) -> T:
        return await asyncio.to_thread(self._database.read, question)

    async def _do(self, use_case: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self._database.submit(use_case))


def _now() -> datetime:
    return datetime.now(UTC)
