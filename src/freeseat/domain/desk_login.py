"""The desk login: one user occupying one phone, from a time, by a method, until an end with a reason.

The life of a desk login is the table `TRANSITIONS`; a pair that is not in it raises.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from freeseat.domain.errors import IllegalTransition


class Method(StrEnum):
    """How somebody logged in."""

    MENU = "menu"
    REGISTER = "register"
    HOTELING = "hoteling"
    WEB = "web"
    API = "api"
    CLI = "cli"
    EXTERNAL = "external"
    RETURN = "return"


class EndReason(StrEnum):
    """Why a desk login ended."""

    LOGOUT = "logout"
    TAKEN_OVER = "taken_over"
    MOVED = "moved"
    FORCED = "forced"
    REMOTE = "remote"
    MAX_TIME = "max_time"
    IDLE = "idle"
    SCHEDULE = "schedule"
    UNREGISTERED = "unregistered"
    POWER_LOSS = "power_loss"
    USER_REMOVED = "user_removed"
    PHONE_REMOVED = "phone_removed"
    RULES_CHANGED = "rules_changed"


DEFERRED = frozenset(
    {EndReason.REMOTE, EndReason.MAX_TIME, EndReason.IDLE, EndReason.SCHEDULE, EndReason.UNREGISTERED},
)
"""Ends that wait for a call to finish: a user on a call is never cut off (R2.13)."""


class State(StrEnum):
    """States of a desk login."""

    ACTIVE = "active"
    PENDING = "pending"
    ENDED = "ended"


class Trigger(StrEnum):
    """What can happen to a desk login."""

    END = "end"
    END_DURING_CALL = "end_during_call"
    CALLS_OVER = "calls_over"


TRANSITIONS: dict[tuple[State, Trigger], State] = {
    (State.ACTIVE, Trigger.END): State.ENDED,
    (State.ACTIVE, Trigger.END_DURING_CALL): State.PENDING,
    (State.ACTIVE, Trigger.CALLS_OVER): State.ACTIVE,
    (State.PENDING, Trigger.END): State.ENDED,
    (State.PENDING, Trigger.END_DURING_CALL): State.PENDING,
    (State.PENDING, Trigger.CALLS_OVER): State.ENDED,
}


@dataclass(frozen=True, slots=True)
class DeskLogin:
    """One user at one place.

    `phone_id` is None where the device is not a known phone. `place` is the AoR to ring. `exclusive` is false only
    under *several*. `call_id` and `contact` are those of the REGISTER
    where the user registered as himself; `source` is its IP address. `pending` is the reason that waits for the call
    to end.
    """

    id: int
    user_id: int
    phone_id: int | None
    place: str
    method: Method
    started_at: datetime
    exclusive: bool = True
    call_id: str = ""
    contact: str = ""
    source: str = ""
    location_id: str = ""
    pending: EndReason | None = None
    pending_since: datetime | None = None
    ended_at: datetime | None = None
    end_reason: EndReason | None = None

    @property
    def state(self) -> State:
        """The state, derived."""
        if self.ended_at is not None:
            return State.ENDED
        return State.PENDING if self.pending is not None else State.ACTIVE

    def ending(self, reason: EndReason, now: datetime, *, on_call: bool) -> DeskLogin:
        """The login after it was told to end for `reason`: ended, or pending if that reason must wait for a call.

        Raises IllegalTransition if it had ended before.
        """
        deferred = on_call and reason in DEFERRED
        match self._after(Trigger.END_DURING_CALL if deferred else Trigger.END):
            case State.PENDING if self.pending is not None:
                return self
            case State.PENDING:
                return replace(self, pending=reason, pending_since=now)
            case _:
                return replace(self, ended_at=now, end_reason=reason, pending=None, pending_since=None)

    def calls_over(self, now: datetime) -> DeskLogin:
        """The login after its phone's last call ended: a pending end happens now (R2.13)."""
        if self._after(Trigger.CALLS_OVER) is State.ENDED:
            return replace(self, ended_at=now, end_reason=self.pending, pending=None, pending_since=None)
        return self

    def _after(self, trigger: Trigger) -> State:
        try:
            return TRANSITIONS[self.state, trigger]
        except KeyError:
            raise IllegalTransition(self.state, trigger) from None
