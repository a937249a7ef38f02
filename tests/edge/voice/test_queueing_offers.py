"""Who is rung, how often, and what becomes of an offer (R5.7, R5.8)."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from freeseat.application.observe import observe
from freeseat.application.ports import Transaction
from freeseat.application.queues.directory import delete_queue
from freeseat.application.queues.ports import OfferEnd
from freeseat.domain.actors import Actor
from freeseat.domain.events import Kind
from freeseat.domain.queues import Strategy
from freeseat.edge.voice.softphone import PhoneCall
from tests.clients.raw import RawPhone
from tests.edge.voice.centre import QUEUE, Centre, answered, centre, talk
from tests.edge.voice.conftest import becomes, headers
from tests.sip_plane.talk import SDP
from tests.store.databases import SqliteCopies

MEMBERS = ("2019", "2020", "2021")


def one_is_left(calls: list[PhoneCall]) -> bool:
    return sum(not call.ended.done() for call in calls) == 1


async def serve_one(here: Centre) -> str:
    """A caller is answered by the first who is rung, who then hangs up; gives who that was."""
    caller = await here.calls_in()
    ringing = {asyncio.create_task(here.members[user].incoming()): user for user in MEMBERS}
    done, rest = await asyncio.wait(ringing, return_when=asyncio.FIRST_COMPLETED)
    first = done.pop()
    for other in rest:
        other.cancel()
    call = first.result()
    await call.answer()
    await here.joined()
    call.hang_up()
    await caller.wait_ended()
    await here.outcome("answered")
    return ringing[first]


def expected(strategy: Strategy, count: int) -> list[str]:
    """The order over so many calls, each over before the next comes."""
    if strategy is Strategy.PRIORITY:
        return ["2021"] * count  # always ready, and before the others
    return [MEMBERS[at % 3] for at in range(count)]


@pytest.mark.parametrize(
    "strategy", [Strategy.ROUND_ROBIN, Strategy.LONGEST_IDLE, Strategy.FEWEST_CALLS, Strategy.PRIORITY]
)
def test_the_order_over_20_calls(tones: Path, sqlite_copies: SqliteCopies, strategy: Strategy) -> None:
    """R5.8: calls come one after the other, and all members are ready each time."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(strategy=strategy)
            for place, user in enumerate(MEMBERS):
                await here.member(user, priority=3 - place)
            assert [await serve_one(here) for _ in range(20)] == expected(strategy, 20)

    asyncio.run(scene())


def test_ring_all_rings_everybody_and_one_wins(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """R5.8: the database decides between two who answer at once; nobody is given twice. 20 calls."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(strategy=Strategy.RING_ALL)
            for user in MEMBERS:
                await here.member(user)
            for _ in range(20):
                caller = await here.calls_in()
                calls = await asyncio.gather(*(here.members[user].incoming() for user in MEMBERS))
                # two are quick; the third only rings
                await asyncio.gather(*(call.answer() for call in calls[:2]), return_exceptions=True)
                await becomes(partial(one_is_left, calls), "one is left")
                assert not caller.ended.done()
                caller.hang_up()
                await asyncio.gather(*(call.wait_ended() for call in calls))
                await here.outcome("answered")
            ends = [offer.end for offer in here.offers()]
            assert ends.count(OfferEnd.ANSWERED) == 20
            assert ends.count(OfferEnd.WITHDRAWN) == 40

    asyncio.run(scene())


def test_who_does_not_answer_is_paused_and_the_next_is_rung(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """R5.8: paused after N unanswered offers, with an event, never silently dropped; the caller goes to the next."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(ring_seconds=1, misses_until_pause=1, strategy=Strategy.PRIORITY)
            await here.member("2019", priority=1)
            await here.member("2020", priority=2)
            caller = await here.calls_in()
            missed = await here.members["2019"].incoming()
            call = await answered(here.members["2020"])
            assert (await missed.wait_ended()).reason == "cancelled"
            await talk(caller, call)
            state = here.attendance("2019")
            assert (state.logged_in, state.pause_reason, state.misses) == (True, "no_answer", 1)
            assert [event.user for event in here.events(Kind.QUEUE_PAUSED)] == ["2019"]
            assert [offer.end for offer in here.offers()] == [OfferEnd.MISSED, OfferEnd.ANSWERED]

    asyncio.run(scene())


@pytest.mark.parametrize(("code", "end"), [(486, OfferEnd.REFUSED), (603, OfferEnd.REFUSED), (480, OfferEnd.MISSED)])
def test_who_refuses_is_left_in_peace_for_a_moment(
    tones: Path, sqlite_copies: SqliteCopies, code: int, end: OfferEnd
) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            member = await here.member("2019")
            await here.calls_in()
            (await member.incoming()).reject(code, "No")
            await becomes(lambda: here.offers()[0].end is end, "the offer's end")
            rest = here.attendance("2019").wrap_up_until
            assert rest is not None
            assert timedelta(seconds=4) < rest - datetime.now(UTC) <= timedelta(seconds=5)
            assert here.attendance("2019").misses == 1
            await here.waiting(1)

    asyncio.run(scene())


def test_an_offer_whose_id_was_given_before_is_rung_all_the_same(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """A backup is restored, and ids begin anew: the INVITE is none that is still under way."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            dead = await here.member("2019")
            caller = await here.calls_in()
            await dead.incoming()
            await dead._agent.endpoint.close()
            caller.hang_up()
            await here.outcome("abandoned")
            here.write(lambda tx: delete_queue(tx, QUEUE, Actor.system(), datetime.now(UTC)))
            with here.office.database.engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM sqlite_sequence")

            here.members["2019"] = await here.phone("2019")
            here.queue()
            member = await here.member("2019")
            caller = await here.calls_in("0305678", "Dora")
            await talk(caller, await answered(member))
            assert [(offer.id, offer.end) for offer in here.offers()] == [(1, OfferEnd.ANSWERED)]

    asyncio.run(scene())


@pytest.mark.parametrize("how", ["logs out", "pauses", "unregisters"])
def test_a_member_leaves_mid_offer(tones: Path, sqlite_copies: SqliteCopies, how: str) -> None:
    """Issue 3: the phone stops ringing at once, and the caller goes to the next; nothing is lost."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(strategy=Strategy.PRIORITY)
            await here.member("2019", priority=1)
            await here.member("2020", priority=2)
            caller = await here.calls_in()
            ringing = await here.members["2019"].incoming()
            if how == "logs out":
                here.take_part("2019", log_in=False)
            elif how == "pauses":
                here.pause("2019")
            else:
                gone = here.office.unbound(here.office.binding("3019", call_id="reg-3019"))
                here.write(lambda tx: observe(tx, [gone], datetime.now(UTC)))
            assert (await ringing.wait_ended()).reason == "cancelled"
            await talk(caller, await answered(here.members["2020"]))
            assert [offer.end for offer in here.offers()] == [OfferEnd.WITHDRAWN, OfferEnd.ANSWERED]

    asyncio.run(scene())


def test_a_phone_that_is_dead_loses_nobody(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """Issue 3: an agent's phone dies mid-offer. It is unreachable, which is no miss; the next one is rung."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(strategy=Strategy.PRIORITY, ring_seconds=1)
            await here.member("2019", priority=1)
            await here.member("2020", priority=2)
            dead = here.members["2019"]
            caller = await here.calls_in()
            await dead.incoming()
            await dead._agent.endpoint.close()
            await talk(caller, await answered(here.members["2020"]))
            assert [offer.end for offer in here.offers()][1] == OfferEnd.ANSWERED

    asyncio.run(scene())


def test_the_caller_hangs_up_while_it_rings(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            member = await here.member("2019")
            caller = await here.calls_in()
            ringing = await member.incoming()
            caller.hang_up()
            assert (await ringing.wait_ended()).reason == "cancelled"
            row = await here.outcome("abandoned")
            assert row.leg == ""
            assert here.attendance("2019").misses == 0

    asyncio.run(scene())


def test_wrap_up_lasts_its_time_and_ends_by_itself(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """R5.7: the next caller is offered when the wrap-up is over, and at once then."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(wrap_up_seconds=1)
            member = await here.member("2019")
            first = await here.calls_in()
            call = await answered(member)
            await talk(first, call)
            second = await here.calls_in("0305678", "Dora")
            call.hang_up()
            await here.outcome("answered", 0)
            until = here.attendance("2019").wrap_up_until
            assert until is not None
            again = await member.incoming()
            late = (datetime.now(UTC) - until).total_seconds()
            assert 0 <= late < 0.3
            await again.answer()
            await talk(second, again)

    asyncio.run(scene())


def test_first_come_first_served_and_quickly(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """Callers are served in the order they came; who gets ready is rung at once (how soon, the bench measures)."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            callers: list[PhoneCall] = [await here.calls_in(f"03000{at}") for at in range(6)]
            await here.waiting(6)
            member = await here.member("2019")
            delays = []
            call = await answered(member)
            for at in range(6):
                assert call.caller.number == f"03000{at}"
                await here.joined(call)
                if at == 5:
                    break
                since = asyncio.get_running_loop().time()
                call.hang_up()
                call = await member.incoming()
                delays.append(asyncio.get_running_loop().time() - since)
                await call.answer()
            assert sorted(delays)[2] < 0.4, delays  # on a busy machine; nobody waits for a round of looking (0.5 s)
            assert all(caller.ended.done() for caller in callers[:5])

    asyncio.run(scene())


def test_only_this_process_offers_its_callers(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """A caller of another voice process is its matter; he is not offered here, and not taken for lost."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            caller = await here.calls_in()
            await here.waiting(1)

            def elsewhere(tx: Transaction) -> None:
                row = tx.queue_calls.list()[0]
                tx.queue_calls.add(replace(row, id=0, node="other", call_id="there", entered_at=here.office.now))

            here.write(elsewhere)
            call = await answered(await here.member("2019"))
            await talk(caller, call)
            assert [offer.queue_call_id for offer in here.offers()] == [here.rows()[0].id]

    asyncio.run(scene())


def test_who_answers_and_is_gone_loses_nobody(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """A phone that breaks down while it answers: the caller waits on at his old place, and the next is rung."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue(strategy=Strategy.PRIORITY)
            await here.member("2019", priority=1)
            await here.member("2020", priority=2)
            caller = await here.calls_in()
            call = await here.members["2019"].incoming()
            busy = threading.Event()
            writing = here.database.submit(lambda _tx: busy.wait(10))  # the answer cannot be decided yet
            await call.answer()
            call.hang_up()
            await call.leg.goodbye()
            busy.set()
            assert writing.result()
            await talk(caller, await answered(here.members["2020"]))
            assert not here.attendance("2019").paused_at
            assert [row.outcome for row in here.rows()] == [None]

    asyncio.run(scene())


def test_who_is_offered_before_his_phone_has_confirmed_the_answer(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """A slow ACK: an agent was chosen for a caller who is only in the database yet. He is rung as soon as it comes."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            first = await here.calls_in()
            with RawPhone(here.server.address, "0305678") as slow:
                call_id = slow.call_id
                invite = slow.request(
                    "INVITE", "sip:811@here", "<sip:811@here>",
                    {**dict(headers("queue", "811", phone="")), "Contact": f"<{slow.contact}>",
                     "Content-Type": "application/sdp"}, SDP,
                )  # fmt: skip
                answer = await asyncio.to_thread(slow.ask, invite)
                assert answer.code == 200
                await here.waiting(2)
                one, other = await here.member("2019"), await here.member("2020")
                await becomes(lambda: len(here.offers()) == 2, "both are offered")
                await talk(first, await answered(one))
                ack = slow.request("ACK", "sip:811@here", answer.require("to"), call_id=call_id, cseq=slow.cseq)
                slow.send(ack)
                assert (await other.incoming()).caller.number == "0305678"

    asyncio.run(scene())
