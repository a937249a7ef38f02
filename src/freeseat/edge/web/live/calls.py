"""Which calls began, were answered or ended since the last look."""

from __future__ import annotations

from freeseat.application.ports import Transaction
from freeseat.edge.web.live.fragments import CALLS, call_at

_Open = dict[int, tuple[str, str, str, bool]]


def open_calls(tx: Transaction) -> _Open:
    """The calls that are under way: by id, the AoRs of both sides, the number called, and whether they talk."""
    return {
        call.id: (call.caller_phone, call.called_phone, call.called, call.answered_at is not None)
        for call in tx.calls.list(ended_at=None)
    }


class CallChanges:
    """Remembers the calls of the last look, to tell what changed."""

    def __init__(self) -> None:
        self._last: _Open | None = None

    def forget(self) -> None:
        """Nobody looks: the next look tells no changes."""
        self._last = None

    def changed(self, now: _Open) -> frozenset[str] | None:
        """The interests touched by calls that are not as they were; None at the first look, which tells nothing."""
        last, self._last = self._last, now
        if last is None:
            return None
        differing = [
            call for one, other in ((last, now), (now, last)) for id, call in one.items() if other.get(id) != call
        ]
        touched = {call_at(number) for *numbers, _ in differing for number in numbers if number}
        return frozenset(touched | {CALLS} if differing else touched)
