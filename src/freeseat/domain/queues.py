"""Work queues: who is entitled, who is logged in, who is ready (R5).

Registered, queue-logged-in and ready are three different states (R5.6). Only the first two are kept; *ready* is always
derived by `readiness`, from inputs that change independently of each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from freeseat.domain.numbering import Claim


class Strategy(StrEnum):
    """Whom a waiting caller is offered to (R5.8)."""

    RING_ALL = "ring_all"
    ROUND_ROBIN = "round_robin"
    LONGEST_IDLE = "longest_idle"
    FEWEST_CALLS = "fewest_calls"
    PRIORITY = "priority"


class QueueVerb(StrEnum):
    """What dialling a queue's code does (R5.1)."""

    TOGGLE = "queue_toggle"
    LOG_IN = "queue_log_in"
    LOG_OUT = "queue_log_out"


@dataclass(frozen=True, slots=True)
class Queue:
    """A work queue. Callers dial `number`, members `code` (R5.1); times are seconds, None = without bound.

    Destinations are written like a user's: announce:<prompt>, number:<dialable>, reject; empty = go on waiting.
    `misses_until_pause` unanswered offers in a row pause a member (0: never). `reversed_digits` swaps the digits that
    log in and out. `no_unreg_warning` silences the warning about members that are logged in but not registered.
    """

    id: int
    number: str
    code: str
    name: str
    strategy: Strategy = Strategy.LONGEST_IDLE
    ring_seconds: int = 20
    wrap_up_seconds: int = 0
    misses_until_pause: int = 3
    max_wait_seconds: int | None = None
    max_length: int | None = None
    overflow_to: str = "announce:queue_overflow"
    no_agents_to: str = ""
    announce_seconds: int = 30
    language: str = "en"
    reversed_digits: bool = False
    logout_at_desk_logout: bool = False
    logout_if_unregistered: bool = False
    login_when_registered: bool = False
    no_unreg_warning: bool = False


@dataclass(frozen=True, slots=True)
class QueueMember:
    """A user entitled to a queue's calls. A lower `priority` is offered first."""

    id: int
    queue_id: int
    user_id: int
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Attendance:
    """A member's state at a queue, kept from his first queue login on.

    `suspended`: he was logged out because he was not registered, and returns when he is (R5.5). `misses` are unanswered
    offers in a row. Times of the last offer and the last call's end, and the count of answered calls, feed strategies.
    """

    id: int
    queue_id: int
    user_id: int
    logged_in_at: datetime | None = None
    suspended: bool = False
    paused_at: datetime | None = None
    pause_reason: str = ""
    wrap_up_until: datetime | None = None
    misses: int = 0
    answered: int = 0
    last_offered_at: datetime | None = None
    last_call_at: datetime | None = None

    @property
    def logged_in(self) -> bool:
        """Whether the member takes part now."""
        return self.logged_in_at is not None

    def logging_in(self, now: datetime) -> Attendance:
        """After a queue login: not paused, counting anew; unchanged if already logged in."""
        if self.logged_in:
            return self
        return replace(
            self, logged_in_at=now, suspended=False, paused_at=None, pause_reason="", wrap_up_until=None, misses=0
        )

    def logging_out(self, *, suspended: bool = False) -> Attendance:
        """After a queue logout; `suspended` if it is to be undone when registered again."""
        if not self.logged_in:
            return replace(self, suspended=self.suspended and suspended)
        return replace(
            self, logged_in_at=None, suspended=suspended, paused_at=None, pause_reason="", wrap_up_until=None, misses=0
        )

    def pausing(self, reason: str, now: datetime) -> Attendance:
        """After a pause began, with its reason; a second pause only changes the reason."""
        return replace(self, paused_at=self.paused_at or now, pause_reason=reason)

    def resuming(self) -> Attendance:
        """After the pause: offers are counted anew, wrap-up is over."""
        return replace(self, paused_at=None, pause_reason="", misses=0, wrap_up_until=None)

    def offered(self, now: datetime) -> Attendance:
        """After an offer."""
        return replace(self, last_offered_at=now)

    def answering(self) -> Attendance:
        """After an offer was answered."""
        return replace(self, misses=0, answered=self.answered + 1)

    def missing(self, queue: Queue, now: datetime) -> Attendance:
        """After an offer was not answered: paused with a reason after so many in a row, never silently dropped."""
        missed = replace(self, misses=self.misses + 1)
        if queue.misses_until_pause and missed.misses >= queue.misses_until_pause:
            return missed.pausing("no_answer", now)
        return missed

    def resting(self, now: datetime, seconds: int) -> Attendance:
        """After an offer came to nothing: left in peace for a moment, or the same phone would ring without a pause."""
        until = now + timedelta(seconds=seconds)
        return replace(self, wrap_up_until=max(until, self.wrap_up_until or until))

    def call_over(self, now: datetime, wrap_up_seconds: int) -> Attendance:
        """After a queue call: idle from now, wrapping up for so many seconds."""
        until = now + timedelta(seconds=wrap_up_seconds) if wrap_up_seconds and self.logged_in else None
        return replace(self, last_call_at=now, wrap_up_until=until)


class Readiness(StrEnum):
    """Why a member is or is not offered calls; the first that applies, in this order."""

    LOGGED_OUT = "logged_out"
    NO_DESK = "no_desk"
    UNREGISTERED = "unregistered"
    PAUSED = "paused"
    ON_CALL = "on_call"
    OFFERED = "offered"
    WRAP_UP = "wrap_up"
    READY = "ready"


def readiness(
    attendance: Attendance | None, *, at_desk: bool, reachable: bool, on_call: bool, offered: bool, now: datetime
) -> Readiness:
    """A member's readiness: queue-logged-in, at a desk, reachable, not paused, not on a call, not wrapping up (R5.6).

    `at_desk`: he has a desk login or an assigned phone; `reachable`: with a live binding or an external number.
    """
    if attendance is None or not attendance.logged_in:
        return Readiness.LOGGED_OUT
    if not at_desk:
        return Readiness.NO_DESK
    if not reachable:
        return Readiness.UNREGISTERED
    if attendance.paused_at is not None:
        return Readiness.PAUSED
    if on_call:
        return Readiness.ON_CALL
    if offered:
        return Readiness.OFFERED
    if attendance.wrap_up_until is not None and now < attendance.wrap_up_until:
        return Readiness.WRAP_UP
    return Readiness.READY


UNREG_WARNING = frozenset({Readiness.NO_DESK, Readiness.UNREGISTERED})
"""A member left in the queue like this raises the *unreg* warning (R5.6)."""


def queue_codes(queue: Queue) -> dict[str, QueueVerb]:
    """What each of a queue's codes does: the code toggles, code + 1 logs in, code + 0 logs out, or reversed (R5.1)."""
    return code_pair(queue.code, reversed_digits=queue.reversed_digits)


def code_pair(code: str, *, reversed_digits: bool) -> dict[str, QueueVerb]:
    """The three codes that follow from one, for a queue or for all queues of the caller."""
    log_in, log_out = ("0", "1") if reversed_digits else ("1", "0")
    return {code: QueueVerb.TOGGLE, code + log_in: QueueVerb.LOG_IN, code + log_out: QueueVerb.LOG_OUT}


def queue_claims(queue: Queue) -> list[Claim]:
    """Every string that a queue makes dialable (R1.5): its number, its code and the codes derived from that."""
    owner = queue_owner(queue)
    return [Claim(queue.number, owner), *(Claim(code, owner) for code in queue_codes(queue))]


def queue_owner(queue: Queue) -> str:
    """How a queue is called in clashes."""
    return f"queue {queue.number}"


def toggled(states: list[bool]) -> bool:
    """What a toggle of several queues does: mixed states log *in* to the rest (R5.1). True = log in."""
    return not states or not all(states)


def service_level(answered_in_time: int, decided: int, gave_up_in_time: int) -> float | None:
    """The service level in percent, for wallboards and reports alike; None if there were no calls to judge by.

    Answered within the bound, of all callers who wait no more (answered, hung up, sent elsewhere, lost) but those who
    hung up within the bound: they gave nobody the time to answer.
    """
    counted = decided - gave_up_in_time
    return 100 * answered_in_time / counted if counted else None
