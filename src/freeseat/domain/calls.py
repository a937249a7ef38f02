"""How a call record ends whose real end nobody saw (R4.5)."""

from __future__ import annotations

from enum import StrEnum


class AssumedEnd(StrEnum):
    """Why a call is taken for ended. The value is the record's cause, and stable.

    What is seen of the call afterwards counts more than what was assumed: its record goes on, or ends as it really did.
    """

    NO_END_SEEN = "no end seen"
    """It has lasted longer than any call may (`Policy.longest_call_hours`)."""
    SWITCH_RESTARTED = "switch restarted"
    """Nobody had answered when Kamailio was started anew: its transaction (RFC 3261 17) died with the old one."""
    PHONE_RESTARTED = "phone restarted"
    """Its phone was started anew, and cannot hold it any more."""
    CLOSED = "closed by administrator"
    """Somebody who knows that it is over said so."""
