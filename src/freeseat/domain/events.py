"""Events: what happened, committed together with the change itself. They are the feed and the audit log (R10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from freeseat.domain.actors import Actor


class Kind(StrEnum):
    """What happened; the value is stable."""

    LOGGED_IN = "logged_in"
    """A desk login began. data: method, place."""
    LOGGED_OUT = "logged_out"
    """A desk login ended. data: reason, method, place, started_at."""
    LOGOUT_PENDING = "logout_pending"
    """A desk login will end when the call is over. data: reason."""
    LOGIN_REFUSED = "login_refused"
    """A login or logout was refused. data: reason, detail."""
    PIN_LOCKED = "pin_locked"
    """Too many wrong PINs: this user number and source are locked. data: until."""
    PIN_CHANGED = "pin_changed"
    """A PIN was set. data: by_self."""
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_DELETED = "user_deleted"
    PHONE_ADDED = "phone_added"
    PHONE_CHANGED = "phone_changed"
    PHONE_DELETED = "phone_deleted"
    CLASS_ADDED = "class_added"
    CLASS_CHANGED = "class_changed"
    CLASS_DELETED = "class_deleted"
    CODE_CHANGED = "code_changed"
    TRUSTED_ADDED = "trusted_added"
    TRUSTED_DELETED = "trusted_deleted"
    SCHEDULE_ADDED = "schedule_added"
    SCHEDULE_DELETED = "schedule_deleted"
    SCHEDULE_RUN = "schedule_run"
    """A scheduled logout was carried out. data: schedule, logged_out, pending."""
    POLICY_CHANGED = "policy_changed"
    TRUNK_CHANGED = "trunk_changed"
    """A trunk was added, changed or deleted. data: trunk (name), and what."""
    INBOUND_CHANGED = "inbound_changed"
    """An inbound number means somebody else now. data: number, destination (empty: nobody)."""
    QUEUE_ADDED = "queue_added"
    QUEUE_CHANGED = "queue_changed"
    QUEUE_DELETED = "queue_deleted"
    """Queues. data of these three: queue (number), strings (all it makes or made dialable)."""
    MEMBER_ADDED = "member_added"
    MEMBER_CHANGED = "member_changed"
    MEMBER_REMOVED = "member_removed"
    QUEUE_LOGGED_IN = "queue_logged_in"
    """A member takes part. data: queue, why."""
    QUEUE_LOGGED_OUT = "queue_logged_out"
    """A member takes part no more. data: queue, why, suspended."""
    QUEUE_PAUSED = "queue_paused"
    """data: queue, reason."""
    QUEUE_RESUMED = "queue_resumed"
    """data: queue."""
    QUEUE_UNREG = "queue_unreg"
    """The *unreg* warning: a member is logged in to a queue but cannot be reached (R5.6). data: queue."""
    QUEUE_CALL_ENTERED = "queue_call_entered"
    """A caller waits. data: queue, call, caller, position."""
    QUEUE_CALL_OFFERED = "queue_call_offered"
    """data: queue, call, offer."""
    QUEUE_CALL_MISSED = "queue_call_missed"
    """An offer was not answered. data: queue, call, offer, end, misses."""
    QUEUE_CALL_ANSWERED = "queue_call_answered"
    """data: queue, call, offer, waited (seconds)."""
    QUEUE_CALL_ENDED = "queue_call_ended"
    """data: queue, call, outcome."""
    MESSAGES_WAITING = "messages_waiting"
    """The number of a user's waiting messages. data: new, old."""
    REGISTERED = "registered"
    """A binding is new or changed. data: contact, source, user_agent."""
    UNREGISTERED = "unregistered"
    """A binding is gone. data: contact, why."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the feed. `user` and `phone` are numbers, readable after deletion; `data` holds JSON values only."""

    at: datetime
    kind: Kind
    actor: Actor
    user: str = ""
    phone: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    position: int = 0
