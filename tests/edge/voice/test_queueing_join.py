"""A caller waits with music, a member answers, both talk directly, one hangs up (R5.8)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from freeseat.domain.events import Kind
from tests.edge.voice.centre import answered, centre, hears_tone, talk
from tests.edge.voice.conftest import MUSIC_HERTZ, becomes
from tests.store.databases import SqliteCopies


def test_a_caller_hears_music_and_then_the_member(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """R5.8: the member sees who calls for which queue; after the join media flows between the two phones only."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            caller = await here.calls_in()
            await hears_tone(caller, MUSIC_HERTZ)
            await here.waiting(1)
            member = await here.member("2019")
            arriving = await member.incoming()
            assert (arriving.caller.name, arriving.caller.number) == ("Support: Carla", "0301234")
            assert arriving.header("x-freeseat-service") == "s3cret"
            assert arriving.header("x-freeseat-queue") == "811"
            assert arriving.header("x-freeseat-kind") == "offer"
            await arriving.answer()
            await talk(caller, arriving)
            queues = here.server.queues
            assert queues is not None
            await becomes(lambda: queues.heard == 0, "voice out of the media")
            caller.hang_up()
            assert (await arriving.wait_ended()).by == "remote"
            row = await here.outcome("answered")
            assert row.leg == ""
            kinds = [event.kind for event in here.events() if event.kind.startswith("queue_call")]
            assert kinds == [
                Kind.QUEUE_CALL_ENTERED,
                Kind.QUEUE_CALL_OFFERED,
                Kind.QUEUE_CALL_ANSWERED,
                Kind.QUEUE_CALL_ENDED,
            ]

    asyncio.run(scene())


def test_the_member_hangs_up(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            member = await here.member("2019")
            caller = await here.calls_in()
            arriving = await answered(member)
            await talk(caller, arriving)
            arriving.hang_up()
            assert (await caller.wait_ended()).by == "remote"
            await here.outcome("answered")

    asyncio.run(scene())
