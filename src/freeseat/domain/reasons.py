"""Why a login or logout was refused: stable words, each with a sentence, and whether a caller may be told."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A refusal. The value is stable: logs, prompts, SIP reasons and the API key on it."""

    WRONG_CREDENTIALS = "wrong_credentials"
    LOCKED = "locked"
    NO_PASSWORD = "no_password"  # noqa: S105 - a reason, not a password
    UNTRUSTED_NETWORK = "untrusted_network"
    NO_HOT_DESK_ACCESS = "no_hot_desk_access"
    USER_DISABLED = "user_disabled"
    USER_ASSIGNED = "user_assigned"
    PIN_EXPIRED = "pin_expired"
    PHONE_UNKNOWN = "phone_unknown"
    PHONE_DISABLED = "phone_disabled"
    PHONE_ASSIGNED = "phone_assigned"
    PHONE_REFUSES = "phone_refuses"
    ELSEWHERE = "elsewhere"
    REGISTRATION_ENDED = "registration_ended"
    NOT_LOGGED_IN = "not_logged_in"
    REMOTE_LOGOUT_NOT_ENABLED = "remote_logout_not_enabled"
    REMOTE_LOGOUT_NOT_ACCEPTED = "remote_logout_not_accepted"
    NOT_PERMITTED = "not_permitted"
    NOT_A_MEMBER = "not_a_member"
    OUTSIDE_NUMBER = "outside_number"

    @property
    def text(self) -> str:
        """A sentence for logs and the command line."""
        return _TEXTS[self]

    @property
    def proved(self) -> bool:
        """Whether this refusal comes only after the PIN was proved right, so that the person may be told (R2.15)."""
        return self not in UNPROVED


UNPROVED = frozenset(
    {Reason.WRONG_CREDENTIALS, Reason.LOCKED, Reason.NO_PASSWORD, Reason.UNTRUSTED_NETWORK},
)
"""Refusals that must look the same to the caller: telling them apart would tell whether an extension exists."""

_TEXTS = {
    Reason.WRONG_CREDENTIALS: "unknown extension or wrong PIN",
    Reason.LOCKED: "locked after too many wrong PINs from this source",
    Reason.NO_PASSWORD: "registering as oneself needs a PIN",
    Reason.UNTRUSTED_NETWORK: "the source address is in no trusted network",
    Reason.NO_HOT_DESK_ACCESS: "the user has no hot desk access",
    Reason.USER_DISABLED: "the user is disabled",
    Reason.USER_ASSIGNED: "the user has an assigned phone and cannot log in at shared phones",
    Reason.PIN_EXPIRED: "the PIN has expired and must be changed",
    Reason.PHONE_UNKNOWN: "there is no such phone",
    Reason.PHONE_DISABLED: "the phone is disabled",
    Reason.PHONE_ASSIGNED: "the phone is assigned to somebody and not shared",
    Reason.PHONE_REFUSES: "the phone's class of service does not accept hot desk logins",
    Reason.ELSEWHERE: "the user is logged in elsewhere and may not be in two places",
    Reason.REGISTRATION_ENDED: "this registration's login has ended; log in anew",
    Reason.NOT_LOGGED_IN: "nobody is logged in there",
    Reason.REMOTE_LOGOUT_NOT_ENABLED: "the caller's class of service does not enable remote logout",
    Reason.REMOTE_LOGOUT_NOT_ACCEPTED: "the user's class of service does not accept remote logout",
    Reason.NOT_PERMITTED: "the class of service does not permit this",
    Reason.NOT_A_MEMBER: "the caller is not a member of this queue",
    Reason.OUTSIDE_NUMBER: "calls to the user cannot be sent to this outside number",
}
