"""Which calls began, were answered or ended since the last look."""

from __future__ import annotations

from collections.abc import Iterator

from freeseat.application.ports import Transaction
from freeseat.edge.web.live.fragments import CALLS, call_at

_Open = dict[int, tuple[str, str, bool]]


def open_calls(tx: Transaction) -> _Open:
    """The calls that are under way: by id, the AoRs of both sides and whether they talk."""
    return {
        call.id: (call.caller_phone, call.called_phone, call.answered_at is not None)
        for call in tx.calls.list(ended_at=None)
    }


class CallChanges:
    """Remembers the calls of the last look, to tell what changed."""

    def __init__(self) -> None:
        self._last: _Open | None = None

    def forget(self) -> None:
        """Nobody looks: the next look tells no changes."""
        self._last = None

    def changed(self, now: _Open) -> Iterator[str]:
        """The interests touched by calls that are not as they were; none at the first look."""
        last, self._last = self._last, now
        if last is None or last == now:
            return
        yield CALLS
        for one, other in ((last, now), (now, last)):
            for call_id, (caller, called, answered) in one.items():
                if other.get(call_id) != (caller, called, answered):
                    yield call_at(caller)
                    yield call_at(called)
