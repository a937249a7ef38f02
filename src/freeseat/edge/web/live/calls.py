"""Which calls began, were answered or ended since the last look."""

from __future__ import annotations

from collections.abc import Iterator

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

    @property
    def known(self) -> bool:
        """Whether there was a look already, to compare with."""
        return self._last is not None

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
            for call_id, call in one.items():
                if other.get(call_id) != call:
                    yield from {call_at(number) for number in call[:3] if isinstance(number, str) and number}
