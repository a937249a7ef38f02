"""What a page wishes of the phone beside it: dial, answer, hang up (R6.2). Voice carries it out and says how it went.

A wish never makes a call by itself: voice asks the *phone* to dial (RFC 3515), so that Kamailio judges the phone's own
INVITE by its occupant's rights, with its location in an emergency, as if somebody had dialled there (R3.5, R4.7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from freeseat.domain.errors import IllegalTransition


class WishKind(StrEnum):
    """What is wished."""

    DIAL = "dial"
    ANSWER = "answer"
    HANG_UP = "hang_up"


class WishState(StrEnum):
    """How far it has come."""

    WISHED = "wished"
    RINGING = "ringing"
    """The phone is being asked: it rings, or dials."""
    CONNECTED = "connected"
    """It is done: the call is up, or over as was wished."""
    FAILED = "failed"


TRANSITIONS: dict[WishState, frozenset[WishState]] = {
    WishState.WISHED: frozenset({WishState.RINGING, WishState.CONNECTED, WishState.FAILED}),
    WishState.RINGING: frozenset({WishState.RINGING, WishState.CONNECTED, WishState.FAILED}),
    WishState.CONNECTED: frozenset(),
    WishState.FAILED: frozenset(),
}

LIFE = {WishState.WISHED: timedelta(seconds=10), WishState.RINGING: timedelta(minutes=3)}
"""A wish that nobody takes up, or that hangs, has failed after this: a phone must not dial minutes later."""

EXPIRED = "expired"
"""The reason of such a failure."""


@dataclass(frozen=True, slots=True)
class CallWish:
    """A wish of `user` (a number) at `phone` (an AoR), who was its occupant then.

    `number` is what to dial; `call_id` the SIP Call-ID of the call to answer or hang up ('' = the phone's only one).
    `reason` says in a word why it failed. The database holds: one undone wish of a kind at a phone.
    """

    id: int
    kind: WishKind
    phone: str
    user: str
    at: datetime
    changed_at: datetime
    number: str = ""
    call_id: str = ""
    state: WishState = WishState.WISHED
    reason: str = ""
    done_at: datetime | None = None

    def going(self, state: WishState, reason: str, now: datetime) -> CallWish:
        """The wish after it went on to a state. Raises IllegalTransition once it is done."""
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(self.state, state)
        done = now if not TRANSITIONS[state] else None
        return replace(self, state=state, reason=reason[:80], changed_at=now, done_at=done)

    def expired(self, now: datetime) -> bool:
        """Whether it has stood in its state for too long."""
        life = LIFE.get(self.state)
        return life is not None and now - self.changed_at >= life
