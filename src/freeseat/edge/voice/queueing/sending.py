"""Where a queue sends callers who do not get to a member: an announcement, or another number (R5.8)."""

from __future__ import annotations

import asyncio

import structlog

from freeseat.domain.menus import Say
from freeseat.edge.voice.queueing.callers import Caller
from freeseat.edge.voice.queueing.inviting import ELSEWHERE, InviteFailed, Marks
from freeseat.edge.voice.queueing.offering import insist
from freeseat.edge.voice.queueing.room import Room

log = structlog.get_logger("freeseat.voice.queue")


async def announce(room: Room, caller: Caller, prompt: str) -> None:
    """Say something and hang up."""
    await room.music.say(caller, (Say(prompt),))
    caller.leg.hang_up("announced")


async def call_destination(room: Room, caller: Caller, number: str) -> None:
    """Call a number for a caller and join both; without an answer he hears so. Cancelled when he leaves."""
    headers = (
        ("X-Freeseat-Kind", "destination"),
        ("X-Freeseat-Queue", caller.who.queue),
        ("X-Freeseat-Hops", str(caller.who.hops + 1)),
    )
    marks = Marks.of(room.settings.secret, caller.leg.call_id, f"destination {number}")
    offered = caller.media
    invitation = room.invite(caller.who, offered, number, marks, headers)
    try:
        async with asyncio.timeout(room.settings.destination_seconds):
            await asyncio.shield(invitation.answered)
    except (TimeoutError, InviteFailed) as why:
        log.warning("destination not reached", call=caller.call, number=number, why=str(why) or "no answer")
        invitation.cancel()
        await announce(room, caller, "unavailable")
        return
    except asyncio.CancelledError:
        invitation.cancel(ELSEWHERE)
        raise
    room.joined(caller, invitation)
    room.spawn(room.connect(caller, offered))
    await insist(lambda: room.actions.remember(caller.call, caller.state()))
