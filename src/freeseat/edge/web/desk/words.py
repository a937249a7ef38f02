"""Words of the desk's page: states, reasons to pause, how wishes came out. The templates translate them."""

from __future__ import annotations

from collections.abc import Mapping

from freeseat.domain.call_wishes import DIALLING, EXPIRED, RINGS, WishFailure
from freeseat.domain.queues import Readiness


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


READINESS: Mapping[Readiness, tuple[str, str]] = {
    Readiness.LOGGED_OUT: ("off", _("logged out")),
    Readiness.NO_DESK: ("busy", _("no phone")),
    Readiness.UNREGISTERED: ("busy", _("phone not registered")),
    Readiness.PAUSED: ("warn", _("paused")),
    Readiness.ON_CALL: ("note", _("on a call")),
    Readiness.OFFERED: ("note", _("ringing")),
    Readiness.WRAP_UP: ("warn", _("wrap-up")),
    Readiness.READY: ("good", _("ready")),
}
"""Class and word of each state."""

PAUSES: tuple[tuple[str, str], ...] = (
    ("break", _("Break")),
    ("lunch", _("Lunch")),
    ("meeting", _("Meeting")),
    ("training", _("Training")),
    ("paperwork", _("Paperwork")),
)
"""Reasons to choose from; what is kept, and what it is called."""

WISH_REASONS: Mapping[str, str] = {
    EXPIRED: _("The phone did not react. Do it at the phone."),
    "superseded": _("Another number was wanted meanwhile."),
    WishFailure.NOT_THERE: _("Somebody else is at the phone now."),
    WishFailure.UNREGISTERED: _("The phone cannot be reached."),
    WishFailure.PHONE_BUSY: _("The phone has a call already, or wants none."),
    WishFailure.NO_PICKUP: _("The phone rang, and nobody picked it up."),
    WishFailure.PHONE_CANNOT: _("This phone cannot do that from afar. Do it at the phone."),
    WishFailure.NO_CALL: _("There is no such call."),
    WishFailure.NOT_OURS: _("For this call only the phone itself can do that."),
    WishFailure.INTERRUPTED: _("Interrupted by a restart. Try again."),
    WishFailure.HUNG_UP: _("Hung up before there was an answer."),
    WishFailure.NOT_ALLOWED: _("You may not call this number from here."),
    WishFailure.UNKNOWN_NUMBER: _("There is no such number."),
    WishFailure.BUSY: _("The line is busy."),
    WishFailure.NO_ANSWER: _("Nobody answers."),
    WishFailure.REFUSED: _("The call was declined."),
    WishFailure.UNAVAILABLE: _("The call could not be set up."),
}
"""Why a wish failed, by its word."""

WISH_PROGRESS: Mapping[str, str] = {
    "": _("the phone rings: pick up"),
    DIALLING: _("the phone dials …"),
    RINGS: _("it rings there …"),
}
"""How far a wish to dial has come."""
