"""Where a queue sends callers who do not get to a member: an announcement, or another number (R5.8)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from freeseat.domain.menus import Say
from freeseat.edge.voice.queueing.callers import Caller
from freeseat.edge.voice.queueing.inviting import ELSEWHERE, InviteFailed, Marks
from freeseat.edge.voice.queueing.offering import insist

if TYPE_CHECKING:
    from freeseat.edge.voice.queueing.service import QueueService

log = structlog.get_logger("freeseat.voice.queue")


async def announce(service: QueueService, caller: Caller, prompt: str) -> None:
    """Say something and hang up."""
    await service.music.say(caller, (Say(prompt),))
    caller.leg.hang_up("announced")


async def call_destination(service: QueueService, caller: Caller, number: str) -> None:
    """Call a number for a caller and join both; without an answer he hears so. Cancelled when he leaves."""
    headers = (
        ("X-Freeseat-Kind", "destination"),
        ("X-Freeseat-Queue", caller.who.queue),
        ("X-Freeseat-Hops", str(caller.who.hops + 1)),
    )
    marks = Marks.of(service.settings.secret, f"destination {caller.call} {number}")
    offered = caller.media
    invitation = service.invite(caller.who, offered, number, marks, headers)
    try:
        async with asyncio.timeout(service.settings.destination_seconds):
            await asyncio.shield(invitation.answered)
    except (TimeoutError, InviteFailed) as why:
        log.warning("destination not reached", call=caller.call, number=number, why=str(why) or "no answer")
        invitation.cancel()
        await announce(service, caller, "unavailable")
        return
    except asyncio.CancelledError:
        invitation.cancel(ELSEWHERE)
        raise
    service.joined(caller, invitation)
    service.spawn(service.connect(caller, offered))
    await insist(lambda: service.actions.remember(caller.call, caller.state()))
