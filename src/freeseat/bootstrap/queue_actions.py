"""What the waiting room asks for, over the same use cases as everything else (R5.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

from freeseat.application.ports import Database, Listener, Transaction
from freeseat.application.queues.attendance import queue_of
from freeseat.application.queues.offers import end_call, offer_answered, offer_failed, put_back
from freeseat.application.queues.ports import OfferEnd, Outcome, QueueCall
from freeseat.application.queues.serving import Served, serve
from freeseat.application.queues.waiting import (
    Caller,
    LeftOver,
    Sent,
    Standing,
    enter,
    forget_leg,
    left_over,
    remember_leg,
    standings,
)
from freeseat.domain.queues import Queue

T = TypeVar("T")


class UseCaseQueues:
    """`edge.voice.queueing.actions.QueueActions` over a database, for the voice process called `owner`."""

    def __init__(self, database: Database, listener: Listener, owner: str) -> None:
        self._database, self._listener, self._owner = database, listener, owner

    async def enter(self, queue: str, number: str, name: str, call_id: str, leg: str) -> tuple[Queue, QueueCall | Sent]:
        """A caller enters a queue."""
        caller = Caller(number, name, self._owner, call_id, leg)

        def entering(tx: Transaction) -> tuple[Queue, QueueCall | Sent]:
            found = queue_of(tx, queue)
            return found, enter(tx, found, caller, _now())

        return await self._do(entering)

    async def serve(self, queue: str) -> Served | None:
        """Decide what is to be done for the queue's callers now."""
        return await self._do(lambda tx: serve(tx, queue, self._owner, _now()))

    async def answered(self, offer: int, leg: str) -> QueueCall | None:
        """A member answered an offer."""

        def answering(tx: Transaction) -> QueueCall | None:
            won = offer_answered(tx, offer, _now())
            if won is not None:
                remember_leg(tx, won.id, leg)
            return won

        return await self._do(answering)

    async def failed(self, offer: int, end: OfferEnd) -> None:
        """An offer came to nothing."""
        await self._do(lambda tx: offer_failed(tx, offer, end, _now()))

    async def put_back(self, call: int) -> None:
        """Caller and member could not be joined."""
        await self._do(lambda tx: put_back(tx, call, _now()))

    async def ended(self, call: int, outcome: Outcome, *, carried: bool = False) -> None:
        """A call is over for the queue."""
        await self._do(lambda tx: end_call(tx, call, outcome, _now(), carried=carried))

    async def remember(self, call: int, leg: str) -> None:
        """Keep what restores a call's legs."""
        await self._do(lambda tx: remember_leg(tx, call, leg))

    async def forget(self, call: int) -> None:
        """Nothing of a call is carried any more."""
        await self._do(lambda tx: forget_leg(tx, call))

    async def standings(self, queue: str) -> Mapping[int, Standing]:
        """How the queue's callers stand."""

        def asked(tx: Transaction) -> Mapping[int, Standing]:
            found = tx.queues.get(number=queue)
            return standings(tx, found, _now()) if found is not None else {}

        return await asyncio.to_thread(self._database.read, asked)

    async def left_over(self) -> list[LeftOver]:
        """What this process carried when it ended last."""
        return await self._do(lambda tx: left_over(tx, self._owner, _now()))

    async def changed(self, seconds: float) -> bool:
        """Wait until something may have changed."""
        return await self._listener.wait(seconds)

    async def _do(self, use_case: Callable[[Transaction], T]) -> T:
        return await asyncio.wrap_future(self._database.submit(use_case))


def _now() -> datetime:
    return datetime.now(UTC)
