"""Words of the desk's page: states, reasons to pause, how wishes came out. The templates translate them."""

from __future__ import annotations

from collections.abc import Mapping

from freeseat.domain.call_wishes import EXPIRED
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
}
"""Why a wish failed, by its word."""
