"""What a wallboard's figures are called, and how each is read off a queue."""

from __future__ import annotations

from collections.abc import Mapping

from freeseat.domain.boards import BoardColumn


def _(text: str) -> str:
    """Mark a text for translation; the template translates it."""
    return text


COLUMNS: Mapping[BoardColumn, str] = {
    BoardColumn.WAITING: _("waiting"),
    BoardColumn.LONGEST_WAIT: _("longest wait"),
    BoardColumn.READY: _("ready"),
    BoardColumn.ON_CALL: _("on a call"),
    BoardColumn.WRAP_UP: _("wrap-up"),
    BoardColumn.PAUSED: _("paused"),
    BoardColumn.UNREGISTERED: _("unreachable"),
    BoardColumn.LOGGED_IN: _("logged in"),
    BoardColumn.ANSWERED: _("answered"),
    BoardColumn.ABANDONED: _("abandoned"),
    BoardColumn.SERVICE_LEVEL: _("service level"),
}
