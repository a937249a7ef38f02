"""Calls of a queue once they are joined: hold, keys, transfers, replacing, vanished phones (R4.4, R5.8)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from freeseat.edge.voice.messages import Headers, Request, Response
from freeseat.edge.voice.softphone import PhoneCall
from tests.edge.voice.centre import Centre, answered, centre, hears_tone, talk
from tests.edge.voice.conftest import MUSIC_HERTZ, becomes, headers
from tests.store.databases import SqliteCopies


async def connected(here: Centre) -> tuple[PhoneCall, PhoneCall]:
    """A caller and a member who talk."""
    here.queue()
    caller = await here.calls_in()
    call = await answered(await here.member("2019"))
    await talk(caller, call)
    return caller, call


async def refer(call: PhoneCall, to: str) -> Response:
    """Ask for a transfer."""
    return await call.request("REFER", headers=(("Refer-To", f"<{to}>"), ("Referred-By", "<sip:2019@here>")))


def notifies(call: PhoneCall) -> list[str]:
    """What a phone is told from now on about its transfers (RFC 3515)."""
    told: list[str] = []

    def take(request: Request) -> bool:
        if request.method != "NOTIFY":
            return False
        told.append(request.body.strip())
        call.leg.endpoint.respond(request, 200, "OK", tag=call.leg.local_tag)
        return True

    call.leg.pass_on = take
    return told


@pytest.mark.parametrize("who", ["caller", "member"])
def test_hold_passes(tones: Path, sqlite_copies: SqliteCopies, who: str) -> None:
    """R4.4: a re-INVITE of one side reaches the other, and its answer comes back."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            one, other = (caller, call) if who == "caller" else (call, caller)
            assert (await one.hold()).code == 200
            await becomes(lambda: other.leg.held, "held")
            assert (await one.hold("sendrecv")).code == 200
            await becomes(lambda: not other.leg.held, "taken back")
            await talk(caller, call)

    asyncio.run(scene())


def test_a_re_invite_without_an_offer_gets_the_other_sides(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """RFC 3261, 14.1: the offer comes in the 200, the answer goes on in the ACK."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            assert (await call.hold()).code == 200
            stream = caller.leg.stream
            assert stream is not None
            final: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

            def responded(response: Response) -> None:
                if response.code >= 200:
                    transaction.acknowledge(call.leg.answer_to(response.body))
                    final.set_result(response)

            transaction = call.leg.send("INVITE", responded, ack_later=True)
            assert f"m=audio {stream.port} " in (await final).body
            await becomes(lambda: not caller.leg.held, "taken back")
            await talk(caller, call)

    asyncio.run(scene())


def test_keys_by_info_pass_and_unknown_requests_do_not(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            assert await call.press_by_info("5") == [200]
            assert caller.keys.get_nowait() == "5"
            assert (await call.request("UPDATE")).code == 200
            assert (await call.request("OPTIONS")).code == 200
            assert (await call.request("MESSAGE", "hello", "text/plain")).code == 405

    asyncio.run(scene())


def test_two_re_invites_at_once_collide(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """RFC 3261, 14.2: one of them, or both, is told to come again."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            codes = [(await done).code for done in [asyncio.create_task(one.hold()) for one in (caller, call)]]
            assert set(codes) <= {200, 491}
            assert 491 in codes
            assert not caller.ended.done()

    asyncio.run(scene())


def test_blind_transfer_by_the_member(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """RFC 3515: the caller talks to the target, the member is free, and the queue's call is over."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            colleague = await here.phone("2022")
            assert (await refer(call, "sip:2022@here")).code == 202
            target = await colleague.incoming()
            assert target.header("x-freeseat-kind") == "transfer"
            assert target.header("x-freeseat-behalf") == "2019"
            assert target.caller.number == "0301234"
            await target.answer()
            await talk(caller, target)
            assert (await call.wait_ended()).by == "remote"
            row = await here.outcome("answered")
            assert row.leg != ""
            caller.hang_up()
            await target.wait_ended()
            await here.forgotten()

    asyncio.run(scene())


def test_a_transfer_that_fails_changes_nothing(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            colleague = await here.phone("2022")
            told = notifies(call)
            assert (await refer(call, "sip:2022@here")).code == 202
            (await colleague.incoming()).reject(486, "Busy Here")
            await becomes(lambda: len(told) == 2, "how the transfer went")
            assert told == ["SIP/2.0 100 Trying", "SIP/2.0 486 Busy Here"]
            await talk(caller, call)
            call.hang_up()
            await caller.wait_ended()
            await here.outcome("answered")

    asyncio.run(scene())


def test_a_member_who_left_a_transfer_that_fails(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """A caller is never lost: he waits in the queue again, at his old place, with music."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            colleague = await here.phone("2022")
            assert (await refer(call, "sip:2022@here")).code == 202
            target = await colleague.incoming()
            call.hang_up()
            await call.leg.goodbye()
            target.reject(486, "Busy Here")
            await hears_tone(caller, MUSIC_HERTZ)
            await here.waiting(1)
            await talk(caller, await answered(await here.member("2020")))

    asyncio.run(scene())


def test_attended_transfer(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """RFC 5589, 7: the member has asked the target first; the INVITE to the target carries Replaces."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            colleague = await here.phone("2022")
            assert (await call.hold()).code == 200
            consultation, asked = await here.consult("2019", "2022")
            asked.leg.replaced_by = lambda _new: None  # the colleague's phone can do it
            leg = consultation.leg
            replaces = quote(f"{leg.call_id};to-tag={leg.remote_tag};from-tag={leg.local_tag}")
            assert (await refer(call, f"sip:2022@here?Replaces={replaces}")).code == 202
            target = await colleague.incoming()
            assert unquote(replaces) == target.header("replaces")
            await target.answer()
            consultation.hang_up()
            await talk(caller, target)
            assert (await call.wait_ended()).by == "remote"

    asyncio.run(scene())


def test_a_caller_from_outside_transfers_nobody(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """Whose rights would apply? A stranger's transfer could call anybody at our cost."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            caller, call = await connected(here)
            assert (await refer(caller, "sip:2022@here")).code == 403
            assert (await refer(call, "tel:1")).code == 400
            await talk(caller, call)

    asyncio.run(scene())


def replacing(call: PhoneCall) -> Headers:
    """The header by which a new call takes the place of this one."""
    leg = call.leg
    return (
        *headers("queue", "811", phone=""),
        ("Replaces", f"{leg.call_id};to-tag={leg.remote_tag};from-tag={leg.local_tag}"),
    )


def test_a_waiting_caller_is_replaced(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """RFC 3891: a receptionist who waits hands her place to the customer."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            here.queue()
            receptionist = await here.calls_in()
            await here.waiting(1)
            customer_phone = await here.phone("0309999")
            customer = await customer_phone.call("sip:811@here", replacing(receptionist))
            assert (await receptionist.wait_ended()).by == "remote"
            await hears_tone(customer, MUSIC_HERTZ)
            await talk(customer, await answered(await here.member("2019")))
            assert len(here.rows()) == 1

    asyncio.run(scene())


def test_a_caller_who_talks_is_replaced(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene() -> None:
        async with centre(tones, sqlite_copies) as here:
            receptionist, call = await connected(here)
            customer_phone = await here.phone("0309999")
            customer = await customer_phone.call("sip:811@here", replacing(receptionist))
            assert (await receptionist.wait_ended()).by == "remote"
            await talk(customer, call)
            customer.hang_up()
            await call.wait_ended()
            await here.outcome("answered")

    asyncio.run(scene())


def test_a_phone_that_vanished_ends_its_call(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """A phone without power says no BYE; its dialog is asked after from time to time."""

    async def scene() -> None:
        async with centre(tones, sqlite_copies, check_seconds=0.2) as here:
            caller, call = await connected(here)
            here.forget(call)  # the phone has restarted: it knows no such dialog
            assert (await caller.wait_ended()).by == "remote"
            await here.outcome("answered")

    asyncio.run(scene())
