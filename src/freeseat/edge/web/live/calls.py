"""Which calls began, were answered or ended since the last look."""

from __future__ import annotations

from collections.abc import Iterable

from freeseat.application.pages import CallState
from freeseat.edge.web.live.fragments import CALLS, call_at


class CallChanges:
    """Remembers the calls of the last look, to tell what changed."""

    def __init__(self) -> None:
        self._last: frozenset[CallState] | None = None

    def forget(self) -> None:
        """Nobody looks: the next look tells no changes."""
        self._last = None

    def changed(self, now: Iterable[CallState]) -> frozenset[str] | None:
        """The interests touched by calls that are not as they were; None at the first look, which tells nothing."""
        last, self._last = self._last, frozenset(now)
        if last is None:
            return None
        differing = last ^ self._last
        if not differing:
            return frozenset()
        numbers = {number for each in differing for number in (each.caller_phone, each.called_phone, each.called)}
        return frozenset({CALLS, *(call_at(number) for number in numbers if number)})
