"""Are they still there? A dialog whose other side vanished without a word would otherwise never end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

import structlog

from freeseat.edge.voice.leg import End, Leg
from freeseat.edge.voice.messages import Response

log = structlog.get_logger("freeseat.voice.queue")

_GONE = (408, 481)
_STEPS = 20


class Watch:
    """Asks each leg with OPTIONS (RFC 3261, 11) every so many seconds; who is silent, or knows no such dialog, goes.

    The legs' turns are spread over the time, so that many do not answer at once.
    """

    def __init__(self, seconds: float, legs: Callable[[], Iterable[Leg]]) -> None:
        self._seconds, self._legs = seconds, legs
        self._asked: dict[Leg, float] = {}

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await asyncio.sleep(self._seconds / _STEPS)
            now = time.monotonic()
            known = {leg: self._asked.get(leg, now) for leg in self._legs()}
            for leg, at in known.items():
                if now - at >= self._seconds and not leg.ended.done():
                    known[leg] = now
                    self._ask(leg)
            self._asked = known

    @staticmethod
    def _ask(leg: Leg) -> None:
        def responded(response: Response) -> None:
            if response.code in _GONE and not leg.ended.done():
                log.warning("leg vanished", call_id=leg.call_id, code=response.code)
                leg.over(End("remote", response.code, response.reason))

        leg.send("OPTIONS", responded)
