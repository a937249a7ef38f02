"""What the waiting room asks of the rest of the system: every decision is a use case in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from freeseat.application.queues.offers import OfferMade
from freeseat.application.queues.ports import OfferEnd, Outcome, QueueCall
from freeseat.application.queues.serving import Served
from freeseat.application.queues.waiting import LeftOver, Sent, Standing
from freeseat.domain.queues import Queue

__all__ = ["LeftOver", "OfferMade", "QueueActions", "Served"]


class QueueActions(Protocol):
    """The operations behind the waiting room, for the callers of one voice process.

    Each raises Unavailable while the database cannot be used; then nothing has been done.
    """

    async def enter(self, queue: str, number: str, name: str, call_id: str, leg: str) -> tuple[Queue, QueueCall | Sent]:
        """A caller of that number and name enters a queue; `leg` restores him. Raises NotFound, or Clash if known."""

    async def serve(self, queue: str) -> Served | None:
        """Decide what is to be done for the queue's callers now; None if the queue is gone."""

    async def answered(self, offer: int, leg: str) -> QueueCall | None:
        """A member answered an offer; gives the call if he has won it, whose legs are `leg` from now on."""

    async def failed(self, offer: int, end: OfferEnd) -> None:
        """An offer came to nothing."""

    async def put_back(self, call: int) -> None:
        """Caller and member could not be joined: the caller waits again, at his old place."""

    async def ended(self, call: int, outcome: Outcome, *, carried: bool = False) -> None:
        """A call is over for the queue; `carried` if the caller is with somebody else now."""

    async def remember(self, call: int, leg: str) -> None:
        """Keep what restores a call's legs."""

    async def forget(self, call: int) -> None:
        """Nothing of a call is carried any more."""

    async def standings(self, queue: str) -> Mapping[int, Standing]:
        """How the queue's callers stand, by call."""

    async def left_over(self) -> list[LeftOver]:
        """What this process carried when it ended last."""

    async def changed(self, seconds: float) -> bool:
        """Wait, at most that long, until something may have changed; whether something has."""
