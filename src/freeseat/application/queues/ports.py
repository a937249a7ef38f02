"""What the use cases of queues need from the store, beyond plain rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from freeseat.domain.queues import Attendance, Queue, QueueMember


class WaitState(StrEnum):
    """Where a caller of a queue stands."""

    WAITING = "waiting"
    ANSWERED = "answered"
    ENDED = "ended"


class Outcome(StrEnum):
    """What became of a caller of a queue."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    OVERFLOW = "overflow"
    MAX_WAIT = "max_wait"
    NO_AGENTS = "no_agents"
    FULL = "full"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class QueueCall:
    """A caller of a queue, from his INVITE to the end.

    `node` is the voice process that carries the call. `call_id` is the SIP Call-ID of his leg, `leg` what that process
    needs to take the call up again after a restart (opaque JSON text), empty once it carries nothing of it any more.
    `user_id` is who answered.
    """

    id: int
    queue_id: int
    node: str
    call_id: str
    caller: str
    caller_name: str
    entered_at: datetime
    state: WaitState = WaitState.WAITING
    user_id: int | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    leg: str = ""


class OfferEnd(StrEnum):
    """How an offer ended."""

    ANSWERED = "answered"
    MISSED = "missed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A caller offered to a member. The database holds: one open offer a member."""

    id: int
    queue_call_id: int
    queue_id: int
    user_id: int
    at: datetime
    ended_at: datetime | None = None
    end: OfferEnd | None = None


@dataclass(frozen=True, slots=True)
class MemberState:
    """A member of a queue with the independent inputs of his readiness, read at one moment."""

    member: QueueMember
    attendance: Attendance | None
    user: str
    name: str
    at_desk: bool
    reachable: bool
    on_call: bool
    offered: bool


class Waiting(Protocol):
    """The callers of queues, and who they are offered to."""

    def of_queue(self, queue_id: int) -> Sequence[QueueCall]:
        """The waiting callers, first come first."""
        ...

    def entered(self, queue_id: int, owner: str | None = None) -> Sequence[tuple[int, datetime]]:
        """Waiting callers and when they came, first come first; only those of one voice process, or all."""
        ...

    def carried(self, owner: str) -> Sequence[QueueCall]:
        """What a voice process carries: calls that are not over, or are with somebody outside of the queue."""
        ...

    def open_since_before(self, entered: datetime) -> Sequence[QueueCall]:
        """The calls of all queues that are not over and came before then."""
        ...

    def offered(self, queue_id: int) -> Sequence[OfferRow]:
        """The open offers of a queue's callers."""
        ...

    def declined(self, queue_id: int) -> dict[int, dict[int, int]]:
        """For each waiting caller the users who have missed or refused him, and how often."""
        ...

    def mean_call_seconds(self, queue_id: int, last: int) -> float | None:
        """The mean length of the last answered calls; None if there were none."""
        ...


class QueueStates(Protocol):
    """Reading model: all members of a queue at once."""

    def of_queue(self, queue: Queue, *, logged_in: bool = False, user: str = "") -> Sequence[MemberState]:
        """Every member, or only those who are queue-logged-in, or only that user (a number), by user number."""
        ...
