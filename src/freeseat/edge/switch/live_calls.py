"""The calls that are under way, from journal lines as they are read: sooner than the database is told of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from freeseat.domain.lamps import LiveCall
from freeseat.edge.switch.journal import CallAnswered, CallBegan, CallEnded, CallRang, Line, Started

_NONE: frozenset[str] = frozenset()


class LiveCalls:
    """All calls of this node. Methods give the numbers whose lamps may have changed."""

    def __init__(self) -> None:
        self._calls: dict[str, LiveCall] = {}
        self._of: defaultdict[str, set[str]] = defaultdict(set)
        self._ended: set[str] | None = set()

    def touching(self, numbers: Iterable[str]) -> list[LiveCall]:
        """The calls of these numbers."""
        ids = {call_id for number in numbers for call_id in self._of.get(number, ())}
        return [self._calls[call_id] for call_id in ids]

    def begin_with(self, calls: Iterable[LiveCall]) -> frozenset[str]:
        """What the database knows, once at the start; lines that came before are newer."""
        ended, self._ended = self._ended or set(), None
        new = [call for call in calls if call.id not in ended and call.id not in self._calls]
        return _NONE.union(*(self._put(call) for call in new))

    def keep_only(self, ids: frozenset[str], before: float) -> frozenset[str]:
        """Drop the calls that began before then (unix time) and are not among these: their end was never told."""
        lost = [call for call in self._calls.values() if call.at < before and call.id not in ids]
        return _NONE.union(*(self._drop(call.id) for call in lost))

    def hear(self, line: Line) -> frozenset[str]:
        """Take over a journal line."""
        match line:
            case CallBegan():
                new = LiveCall(line.id, line.at, line.caller, line.phone, line.called)
                return self._put(new) if line.id not in self._calls else _NONE
            case CallRang() | CallAnswered():
                call = self._calls.get(line.id)
                return self._put(_later(call, line)) if call is not None else _NONE
            case CallEnded():
                if self._ended is not None:
                    self._ended.add(line.id)
                return self._drop(line.id)
            case Started():
                lost = [call for call in self._calls.values() if call.at < line.at and not call.answered]
                return _NONE.union(*(self._drop(call.id) for call in lost))
        return _NONE

    def _put(self, call: LiveCall) -> frozenset[str]:
        numbers = self._drop(call.id) | call.numbers
        self._calls[call.id] = call
        for number in call.numbers:
            self._of[number].add(call.id)
        return numbers

    def _drop(self, call_id: str) -> frozenset[str]:
        call = self._calls.pop(call_id, None)
        if call is None:
            return _NONE
        for number in call.numbers:
            self._of[number].discard(call_id)
            if not self._of[number]:
                del self._of[number]
        return call.numbers


def _later(call: LiveCall, line: CallRang | CallAnswered) -> LiveCall:
    """The call after it rang somewhere, or was answered."""
    if isinstance(line, CallAnswered):
        return replace(call, phone=line.phone, answered=True)
    return replace(call, rung=call.rung | {line.phone}) if line.phone else call
