"""Waiting: announcements, the ways out of a queue without a member, refusals at the door (R5.8)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from freeseat.application.queues.waiting import Standing
from freeseat.domain.menus import Digits, Prompt, Say
from freeseat.edge.voice.queueing.callers import prompts_of
from freeseat.edge.voice.softphone import Account, CallFailed, Softphone
from tests.edge.voice.centre import answered, centre, hears_tone, talk
from tests.edge.voice.conftest import MUSIC_HERTZ, headers, hears
from tests.store.databases import SqliteCopies


def test_position_and_wait_are_told_between_the_music(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(announce_seconds=1)
            await here.member("2019", logged_in=False)
            caller = await here.calls_in()
            await hears_tone(caller, MUSIC_HERTZ)
            await hears(caller, "you_are_next")
            await hears_tone(caller, MUSIC_HERTZ)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("position", "seconds", "told"),
    [
        (1, None, [Say("you_are_next")]),
        (1, 20.0, [Say("you_are_next"), Say("wait_is_less_than_a_minute")]),
        (
            12,
            61.0,
            [
                Say("you_are_number"), Say("number_12"), Say("in_the_queue"),
                Say("wait_is_about"), Say("number_2"), Say("minutes"),
            ],
        ),
        (
            25,
            1500.0,
            [
                Say("you_are_number"), Digits("25"), Say("in_the_queue"),
                Say("wait_is_about"), Say("number_30"), Say("minutes"),
            ],
        ),
        (1, 9000.0, [Say("you_are_next"), Say("wait_is_more_than"), Say("number_60"), Say("minutes")]),
    ],
)  # fmt: skip
def test_a_standing_in_words(position: int, seconds: float | None, told: list[Prompt]) -> None:
    assert list(prompts_of(Standing(position, seconds))) == told


def test_who_has_waited_long_enough_is_told_so(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(max_wait_seconds=1)
            caller = await here.calls_in()
            await hears(caller, "queue_overflow")
            assert (await caller.wait_ended()).by == "remote"
            await here.outcome("max_wait")
            await here.forgotten()

    asyncio.run(scene())


def test_overflow_to_a_number_joins_with_whoever_answers_there(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(max_wait_seconds=1, overflow_to="number:4711")
            outside = await here.phone("4711")
            caller = await here.calls_in()
            arriving = await outside.incoming()
            await hears_tone(caller, MUSIC_HERTZ)
            assert arriving.header("x-freeseat-kind") == "destination"
            assert arriving.header("x-freeseat-hops") == "1"
            assert (arriving.caller.name, arriving.caller.number) == ("Carla", "0301234")
            await arriving.answer()
            await talk(caller, arriving)
            row = await here.outcome("max_wait")
            assert row.leg != ""
            arriving.hang_up()
            await caller.wait_ended()
            await here.forgotten()

    asyncio.run(scene())


def test_a_destination_that_refuses_is_told(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(no_agents_to="number:4711")
            outside = await here.phone("4711")
            caller = await here.calls_in()
            (await outside.incoming()).reject(404, "Not Found")
            await hears(caller, "unavailable")
            await caller.wait_ended()
            await here.outcome("no_agents")
            await here.forgotten()

    asyncio.run(scene())


def test_everybody_leaves(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """Issue 3: the last member logs out; the callers go where the queue says."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(no_agents_to="announce:queue_closed")
            await here.member("2019")
            caller = await here.calls_in()
            ringing = await here.members["2019"].incoming()
            here.take_part("2019", log_in=False)
            await hears(caller, "queue_closed")
            await ringing.wait_ended()
            await here.outcome("no_agents")

    asyncio.run(scene())


@pytest.mark.parametrize(("to", "code"), [("reject", 486), ("announce:queue_overflow", 0)])
def test_a_full_queue(tones: Path, sqlite_copies: SqliteCopies, to: str, code: int) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(max_length=1, overflow_to=to)
            await here.calls_in()
            await here.waiting(1)
            if code:
                with pytest.raises(CallFailed, match=str(code)):
                    await here.calls_in("0305678")
            else:
                await hears(await here.calls_in("0305678"), "queue_overflow")
            assert (await here.outcome("full")).caller == "0305678"
            await here.waiting(1)

    asyncio.run(scene())


def test_calls_that_cannot_wait_are_refused(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """An unknown queue; one that came by too many queues; no database; a flaw of ours. Nobody is left in silence."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            assert here.server.queues is not None
            actions = here.server.queues.actions
            async with Softphone(Account("1", "", here.server.address, "here"), host="127.0.0.1") as phone:
                with pytest.raises(CallFailed, match="404"):
                    await phone.call("sip:812@here", headers("queue", "812"))
                with pytest.raises(CallFailed, match="482"):
                    await phone.call("sip:811@here", (*headers("queue", "811"), ("X-Freeseat-Hops", "6")))
                assert here.rows() == []
                here.database.close()
                with pytest.raises(CallFailed, match="503"):
                    await phone.call("sip:811@here", headers("queue", "811"))
                here.server.queues.actions = None  # type: ignore[assignment]
                with pytest.raises(CallFailed, match="500"):
                    await phone.call("sip:811@here", headers("queue", "811"))
                here.server.queues.actions = actions

    asyncio.run(scene())


def test_a_call_of_an_internal_person_keeps_his_hold(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """Who holds the call while he waits, and comes back, is joined all the same."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            caller = await here.calls_in()
            await here.waiting(1)
            assert (await caller.hold()).code == 200
            assert (await caller.hold("sendrecv")).code == 200
            await talk(caller, await answered(await here.member("2019")))

    asyncio.run(scene())
