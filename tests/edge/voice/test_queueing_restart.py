"""The voice process ends without a word and another takes its place (ARCHITECTURE.md, "What survives what")."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from freeseat.application.queues.ports import OfferEnd
from tests.edge.voice.centre import answered, centre, hears_tone, talk
from tests.edge.voice.conftest import MUSIC_HERTZ, becomes
from tests.store.databases import SqliteCopies


def test_who_waits_hears_music_again_and_keeps_his_place(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            callers = [await here.calls_in(f"03000{at}") for at in range(3)]
            await here.waiting(3)
            await here.restart()
            for caller in callers:
                caller.forget_heard()
            await asyncio.gather(*(hears_tone(caller, MUSIC_HERTZ) for caller in callers))
            first = await answered(await here.member("2019"))
            assert first.caller.number == "030000"
            await talk(callers[0], first)
            callers[1].hang_up()
            await here.outcome("abandoned", 1)
            await here.waiting(1)

    asyncio.run(scene())


@pytest.mark.parametrize("who", ["caller", "member"])
def test_who_talks_talks_on_and_the_end_still_reaches_both(tones: Path, sqlite_copies: SqliteCopies, who: str) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            caller = await here.calls_in()
            call = await answered(await here.member("2019"))
            await talk(caller, call)
            await becomes(lambda: '"connected": true' in here.rows()[0].leg, "the join is written down")
            await here.die()
            await talk(caller, call)  # with no voice process at all
            await here.open()
            assert (await call.hold()).code == 200
            assert (await call.hold("sendrecv")).code == 200
            await talk(caller, call)
            one, other = (caller, call) if who == "caller" else (call, caller)
            one.hang_up()
            assert (await other.wait_ended()).by == "remote"
            assert (await here.outcome("answered")).leg == ""

    asyncio.run(scene())


def test_who_was_rung_is_rung_no_more_and_then_anew(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """Nobody waits for the old INVITE's answer: it is cancelled by the new process, and the offer made anew."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            member = await here.member("2019")
            caller = await here.calls_in()
            rung = await member.incoming()
            await here.restart()
            assert (await rung.wait_ended()).reason == "cancelled"
            await talk(caller, await answered(member))
            assert [offer.end for offer in here.offers()] == [OfferEnd.WITHDRAWN, OfferEnd.ANSWERED]

    asyncio.run(scene())


def test_an_answer_to_a_process_that_died_is_ended(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """RFC 3261, 13.2.2.4: a 200 nobody waits for gets its ACK and a BYE, so that no phone hangs in a dead call."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            member = await here.member("2019")
            caller = await here.calls_in()
            rung = await member.incoming()
            await here.die()
            late = asyncio.create_task(rung.answer())
            await here.open()
            assert (await rung.wait_ended()).by == "remote"
            await asyncio.gather(late, return_exceptions=True)
            await talk(caller, await answered(member))

    asyncio.run(scene())


def test_who_hung_up_meanwhile_is_counted_as_gone(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            caller = await here.calls_in()
            await here.waiting(1)
            await here.die()
            here.forget(caller)  # his BYE found nobody
            await here.open()
            await here.outcome("abandoned")

    asyncio.run(scene())


def test_a_call_sent_elsewhere_is_followed_too(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(no_agents_to="number:4711")
            outside = await here.phone("4711")
            caller = await here.calls_in()
            call = await answered(outside)
            await talk(caller, call)
            await becomes(lambda: '"connected": true' in here.rows()[0].leg, "the join is written down")
            await here.restart()
            call.hang_up()
            assert (await caller.wait_ended()).by == "remote"
            await here.forgotten()

    asyncio.run(scene())


def test_a_leg_that_cannot_be_read_costs_that_call_only(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            await here.calls_in()
            caller = await here.calls_in("0305678")
            await here.waiting(2)
            await here.die()
            here.spoil(0)
            await here.open()
            await here.outcome("lost", 0)
            await hears_tone(caller, MUSIC_HERTZ)

    asyncio.run(scene())
