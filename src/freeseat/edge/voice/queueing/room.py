"""What sending callers elsewhere and transferring them need of the waiting room (R5.8)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Protocol

from freeseat.edge.voice.leg import Leg
from freeseat.edge.voice.messages import Headers
from freeseat.edge.voice.queueing.actions import QueueActions
from freeseat.edge.voice.queueing.callers import Caller, Music, Who
from freeseat.edge.voice.queueing.inviting import Callee, Invitation, Marks
from freeseat.edge.voice.queueing.joining import Join


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What the waiting room needs to know.

    `route` tells for a dialable number whom to INVITE where; `realm` is the host in callers' URIs, `secret` lets our
    INVITEs pass (docs/switch-contract.md, "Calls from voice"). `queue_in_name` puts the queue's name before the
    caller's on members' phones. `destination_seconds` is how long a destination may ring, `check_seconds` how often
    a silent dialog is asked whether it is still there (0: never), `most_hops` how often a caller is sent on.
    """

    route: Callable[[str], Callee]
    realm: str
    secret: str
    queue_in_name: bool = True
    destination_seconds: float = 60.0
    check_seconds: float = 120.0
    most_hops: int = 5


class Room(Protocol):
    """The waiting room, to those who work in it."""

    settings: QueueSettings
    actions: QueueActions
    music: Music

    def spawn(self, what: Coroutine[object, object, None]) -> None:
        """Run a coroutine beside; a failure is logged."""

    def invite(
        self, who: Who, description: str, number: str, marks: Marks, headers: Headers, name: str | None = None
    ) -> Invitation:
        """Call somebody with the media of a person who is shown as `who`, or by another name."""

    def carry(self, caller: Caller) -> None:
        """From now on what happens to this caller's leg is the waiting room's to follow."""

    def joined(self, caller: Caller, other: Leg) -> Join:
        """A caller is with somebody now."""

    async def connect(self, caller: Caller, offered: str) -> None:
        """Make the media of a caller and who he was joined with flow directly; see `Join.connect`."""

    async def wait_again(self, caller: Caller) -> None:
        """A caller whom a member has left without his doing waits on, at his old place."""

    def finish(self, caller: Caller) -> None:
        """Nothing of a caller is left: write down what became of him."""
