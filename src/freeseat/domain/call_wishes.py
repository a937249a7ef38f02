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


class WishFailure(StrEnum):
    """Why voice could not carry out a wish: what stood in the way at the phone, then at the called."""

    NOT_THERE = "not_there"
    """Somebody else is at the phone now."""
    UNREGISTERED = "unregistered"
    """The phone cannot be reached."""
    PHONE_BUSY = "phone_busy"
    """It has a call already, or wants none."""
    NO_PICKUP = "no_pickup"
    """It rang, and nobody picked up."""
    PHONE_CANNOT = "phone_cannot"
    """It does not do what it is asked from afar."""
    NO_CALL = "no_call"
    """There is no call to answer or to end."""
    NOT_OURS = "not_ours"
    """The call does not pass through us: only the phone itself can do that."""
    INTERRUPTED = "interrupted"
    """We were restarted in the middle."""
    HUNG_UP = "hung_up"
    """The caller gave up himself."""
    NOT_ALLOWED = "not_allowed"
    """The occupant may not call that number."""
    UNKNOWN_NUMBER = "unknown_number"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


DIALLING, RINGS = "dialling", "rings"
"""How far a wish to dial has come while its state is `ringing`: the phone dials, it rings at the called."""

_FAILURES = {
    403: WishFailure.NOT_ALLOWED,
    404: WishFailure.UNKNOWN_NUMBER,
    484: WishFailure.UNKNOWN_NUMBER,
    486: WishFailure.BUSY,
    600: WishFailure.BUSY,
    408: WishFailure.NO_ANSWER,
    480: WishFailure.NO_ANSWER,
    487: WishFailure.HUNG_UP,
    603: WishFailure.REFUSED,
}


def failure_of(code: int) -> WishFailure:
    """What the final response to the phone's own call means (RFC 3261, 21)."""
    return _FAILURES.get(code, WishFailure.UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class CallWish:
    """A wish of `user` (a number) at `phone` (an AoR), who was its occupant then.

    `number` is what to dial; `call_id` the SIP Call-ID of the call to answer or hang up ('' = the phone's only one).
    `reason` says in a word why it failed, or how far it has come (`DIALLING`, `RINGS`). `leg` restores the dialog by
    which voice has the phone dial, if there is one. The database holds: one undone wish of a kind at a phone.
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
    leg: str | None = None

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
