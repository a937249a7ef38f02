"""What carrying out wishes asks of the rest of the system, and what it needs to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from freeseat.application.ports import CallRecord
from freeseat.application.workplaces.carrying_out import Taken
from freeseat.domain.call_wishes import CallWish, WishState
from freeseat.edge.voice.queueing.inviting import Callee

__all__ = ["Taken", "WishActions", "WishSettings"]


@dataclass(frozen=True, slots=True)
class WishSettings:
    """What a voice process needs to know to carry wishes out.

    `route` tells for an AoR whom to INVITE where; `realm` is the host in the URI of the number shown, `secret` lets
    our INVITEs pass (docs/switch-contract.md, "Calls from voice"). `alert_info` is the Alert-Info header by which a
    phone answers by itself. `pick_up_seconds` is how long a phone may ring that does not; `most_seconds` how long its
    own call may ring then; `look_seconds` how often the records are asked whether it has made that, `unseen_seconds`
    by when they have it.
    """

    route: Callable[[str], Callee]
    realm: str
    secret: str
    alert_info: str = "<http://127.0.0.1/>;info=alert-autoanswer;delay=0"
    pick_up_seconds: float = 25.0
    most_seconds: float = 150.0
    look_seconds: float = 0.5
    unseen_seconds: float = 5.0


class WishActions(Protocol):
    """The operations behind it, for the voice process of one node.

    Each raises Unavailable while the database cannot be used; then nothing has been done.
    """

    async def to_take(self) -> Sequence[CallWish]:
        """What nobody has taken up yet and this process may."""

    async def take(self, wish: int) -> Taken | None:
        """Take a wish up; None if there is nothing to do about it any more."""

    async def taken_before(self) -> Sequence[CallWish]:
        """What an earlier process had taken up and not brought to an end."""

    async def keep(self, wish: int, leg: str) -> None:
        """Keep what restores the dialog with the phone that is to dial."""

    async def call_made(self, wish: CallWish) -> CallRecord | None:
        """The call that the phone has made as it was wished; None if there is none yet."""

    async def went(self, wish: int, state: WishState, reason: str = "") -> None:
        """How a wish goes on."""

    async def changed(self, seconds: float) -> bool:
        """Wait, at most that long, until something may have changed; whether something has."""
