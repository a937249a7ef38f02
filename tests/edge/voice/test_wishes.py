"""What pages wish of a phone: dial, answer, hang up (R6.2), with phones that do it, and phones that do not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from freeseat.application.ports import CallAnswered, CallEnded, CallRecord
from freeseat.application.queues.ports import OfferEnd
from freeseat.application.workplaces.wishes import open_wishes
from freeseat.domain.call_wishes import CallWish, WishKind
from freeseat.edge.voice.messages import Headers, Request
from freeseat.edge.voice.softphone import PhoneCall, Softphone
from freeseat.edge.voice.ua import IncomingCall
from tests.edge.voice.centre import Centre, centre, hears_tone, talk
from tests.edge.voice.conftest import MUSIC_HERTZ, becomes
from tests.store.databases import SqliteCopies

pytestmark = pytest.mark.sip

TALK: Headers = (("Allow-Events", "hold,talk,conference"),)
DESK, USER, NUMBER = "3019", "2019", "+49301234"


def wish(here: Centre, kind: WishKind, number: str = "", call_id: str = "") -> CallWish:
    """A page beside 3019 wishes something; that its use case works is tested elsewhere."""
    now = datetime.now(UTC)
    return here.write(lambda tx: tx.wishes.add(CallWish(0, kind, DESK, USER, now, now, number, call_id)))


def now_is(here: Centre, wished: CallWish) -> CallWish:
    """The wish as it is now."""
    found = here.read(lambda tx: tx.wishes.get(id=wished.id))
    assert found is not None
    return found


async def came_to(here: Centre, wished: CallWish) -> tuple[str, str]:
    """State and reason of a wish when it is over."""
    await becomes(lambda: now_is(here, wished).done_at is not None, "the wish is over")
    done = now_is(here, wished)
    return str(done.state), done.reason


class Obeys:
    """A phone that rings, and does what it is told within the call: `code` is what it says to REFER and NOTIFY."""

    def __init__(self, call: PhoneCall, headers: Headers = TALK, code: int = 202) -> None:
        leg = call.leg
        assert isinstance(leg, IncomingCall)
        self.call, self.leg, self._code = call, leg, code
        self.told: list[Request] = []
        leg.pass_on = self._take
        leg.endpoint.respond(leg.request, 180, "Ringing", tag=leg.local_tag, contact=leg.contact, headers=headers)

    def _take(self, request: Request) -> bool:
        if request.method not in ("REFER", "NOTIFY"):
            return False
        self.told.append(request)
        self.leg.endpoint.respond(request, self._code, "Whatever", tag=self.leg.local_tag, contact=self.leg.contact)
        if request.method == "NOTIFY" and self._code < 300:
            self._answering = asyncio.ensure_future(self.call.answer())
        return True

    async def referred(self) -> Request:
        """The REFER it got."""
        await becomes(lambda: any(each.method == "REFER" for each in self.told), "the phone is told to dial")
        return next(each for each in self.told if each.method == "REFER")

    async def tells(self, status: str) -> int:
        """Tell how its call goes (RFC 3515); gives the answer's code."""
        headers: Headers = (("Event", "refer"), ("Subscription-State", "active;expires=60"))
        answer = await self.call.request("NOTIFY", f"SIP/2.0 {status}\r\n", "message/sipfrag;version=2.0", headers)
        return answer.code


async def picks_up(phone: Softphone) -> Obeys:
    """A phone that obeys, and answers its next call by itself."""
    obeys = Obeys(await phone.incoming(15))
    await obeys.call.answer()
    return obeys


def sees(here: Centre, answer: bool = False, end: int = 0) -> None:
    """What the switch sees of the phone's own call."""
    at = datetime.now(UTC).timestamp()
    record = CallRecord(0, "main", "own", at, USER, DESK, NUMBER, NUMBER, kind="national")
    answers = [CallAnswered("main", "own", at, "")] if answer else []
    ends = [CallEnded("main", "own", at, end, "normal")] if end else []
    here.write(lambda tx: tx.calls.record([record], answers, ends))


def play(tones: Path, copies: SqliteCopies, scene: Callable[[Centre, Softphone], object]) -> None:
    """Play a scene with 2019 at 3019, a member of 811."""

    async def playing() -> None:
        async with centre(tones, copies) as here:
            here.queue()
            phone = await here.member(USER)
            await scene(here, phone)  # type: ignore[misc]

    asyncio.run(playing())


def test_a_phone_dials(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        obeys = await picks_up(phone)
        call = obeys.call
        assert call.caller.number == NUMBER
        assert call.header("x-freeseat-kind") == "ask"
        refer = await obeys.referred()
        assert refer.header("refer-to") == f"<sip:{NUMBER}@here>"
        assert refer.header("contact")
        await becomes(lambda: now_is(here, wished).reason == "dialling", "it dials")
        assert await obeys.tells("180 Ringing") == 200
        await becomes(lambda: now_is(here, wished).reason == "rings", "it rings there")
        sees(here, answer=True)
        assert await came_to(here, wished) == ("connected", "")
        await call.wait_ended()
        assert here.offers() == []

    play(tones, sqlite_copies, scene)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("403 Forbidden", "not_allowed"),
        ("404 Not Found", "unknown_number"),
        ("486 Busy Here", "busy"),
        ("480 Gone", "no_answer"),
        ("603 Decline", "refused"),
        ("503 Service Unavailable", "unavailable"),
    ],
)
def test_what_became_of_the_call_is_said(tones: Path, sqlite_copies: SqliteCopies, status: str, reason: str) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        obeys = await picks_up(phone)
        await obeys.referred()
        await obeys.tells(status)
        assert await came_to(here, wished) == ("failed", reason)
        await obeys.call.wait_ended()

    play(tones, sqlite_copies, scene)


def test_a_phone_that_says_too_early_that_it_is_connected(tones: Path, sqlite_copies: SqliteCopies) -> None:
    """The switch has seen the call: what it sees counts. Where it has seen none, the phone is believed."""

    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        obeys = await picks_up(phone)
        await obeys.referred()
        sees(here)
        await obeys.tells("200 OK")
        await asyncio.sleep(0.6)  # longer than an unseen call is waited for
        assert now_is(here, wished).done_at is None
        here.write(lambda tx: tx.calls.record([], [], [CallEnded("main", "own", 1.0, 486, "busy")]))
        assert await came_to(here, wished) == ("failed", "busy")
        await obeys.call.wait_ended()

        unseen = wish(here, WishKind.DIAL, "2020")
        obeys = await picks_up(phone)
        await obeys.referred()
        await obeys.tells("200 OK")
        assert await came_to(here, unseen) == ("connected", "")

    play(tones, sqlite_copies, scene)


def test_a_phone_that_tells_nothing_is_followed_by_the_records(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        obeys = await picks_up(phone)
        await obeys.referred()
        obeys.call.hang_up()  # many do so once they dial
        sees(here)
        await asyncio.sleep(0.6)
        assert now_is(here, wished).done_at is None
        here.write(lambda tx: tx.calls.record([], [CallAnswered("main", "own", 1.0, "")], []))
        assert await came_to(here, wished) == ("connected", "")

    play(tones, sqlite_copies, scene)


def test_phones_that_do_not_dial(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        call = await phone.incoming()
        Obeys(call, code=405)
        await call.answer()
        assert await came_to(here, wished) == ("failed", "phone_cannot")
        await call.wait_ended()

        wished = wish(here, WishKind.DIAL, NUMBER)
        obeys = await picks_up(phone)
        await obeys.referred()
        obeys.call.hang_up()  # he puts the handset down before anything was dialled
        assert await came_to(here, wished) == ("failed", "hung_up")

        wished = wish(here, WishKind.DIAL, NUMBER)
        (await phone.incoming()).reject()
        assert await came_to(here, wished) == ("failed", "phone_busy")

    play(tones, sqlite_copies, scene)


def test_a_phone_that_only_rings_is_told_to_talk(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        obeys = Obeys(await phone.incoming())
        await obeys.referred()
        assert [each.header("event") for each in obeys.told if each.method == "NOTIFY"] == ["talk"]
        await obeys.tells("404 Not Found")
        assert await came_to(here, wished) == ("failed", "unknown_number")

    play(tones, sqlite_copies, scene)


def test_an_offer_is_answered_from_the_page(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        caller = await here.calls_in()
        obeys = Obeys(await phone.incoming())
        await becomes(lambda: any(each.invitation.early for each in here.server.queues.ringing), "it rings")  # type: ignore[union-attr]
        wished = wish(here, WishKind.ANSWER, call_id=obeys.leg.call_id)
        assert await came_to(here, wished) == ("connected", "")
        await talk(caller, obeys.call)

        wished = wish(here, WishKind.HANG_UP)
        assert await came_to(here, wished) == ("connected", "")
        await asyncio.gather(caller.wait_ended(), obeys.call.wait_ended())

    play(tones, sqlite_copies, scene)


@pytest.mark.parametrize(("headers", "code"), [((), 202), (TALK, 489)], ids=["does not say so", "refuses"])
def test_a_phone_that_cannot_be_told_to_answer(
    tones: Path, sqlite_copies: SqliteCopies, headers: Headers, code: int
) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        await here.calls_in()
        obeys = Obeys(await phone.incoming(), headers, code)
        await becomes(lambda: any(each.invitation.early for each in here.server.queues.ringing), "it rings")  # type: ignore[union-attr]
        assert await came_to(here, wish(here, WishKind.ANSWER)) == ("failed", "phone_cannot")
        assert not obeys.call.ended.done(), "it rings on"

    play(tones, sqlite_copies, scene)


def test_an_offer_is_refused_from_the_page(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        caller = await here.calls_in()
        call = await phone.incoming()
        assert await came_to(here, wish(here, WishKind.HANG_UP)) == ("connected", "")
        await call.wait_ended()
        await becomes(lambda: here.offers()[0].end is not None, "the offer is over")
        assert here.offers()[0].end is OfferEnd.REFUSED
        await hears_tone(caller, MUSIC_HERTZ)

    play(tones, sqlite_copies, scene)


def test_somebody_else_is_there_now(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        now = datetime.now(UTC)
        theirs = CallWish(0, WishKind.DIAL, DESK, "2020", now, now, NUMBER)
        wished = here.write(lambda tx: tx.wishes.add(theirs))
        assert await came_to(here, wished) == ("failed", "not_there")

    play(tones, sqlite_copies, scene)


def test_a_wish_is_carried_out_once_though_voice_is_killed_while_the_phone_rings(
    tones: Path, sqlite_copies: SqliteCopies
) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        call = await phone.incoming()
        await here.restart()
        assert (await call.wait_ended()).code == 487, "the new process cancels it"
        assert await came_to(here, wished) == ("failed", "interrupted")
        with pytest.raises(TimeoutError):
            await phone.incoming(0.2)

    play(tones, sqlite_copies, scene)


def test_a_wish_is_carried_out_once_though_voice_is_killed_while_the_phone_dials(
    tones: Path, sqlite_copies: SqliteCopies
) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wished = wish(here, WishKind.DIAL, NUMBER)
        obeys = await picks_up(phone)
        await obeys.referred()
        await becomes(lambda: bool(now_is(here, wished).leg), "the dialog is kept")
        sees(here)
        await here.restart()
        assert (await obeys.call.wait_ended()).code == 200, "the new process ends the call by which it was asked"
        here.write(lambda tx: tx.calls.record([], [CallAnswered("main", "own", 1.0, "")], []))
        assert await came_to(here, wished) == ("connected", "")
        assert sum(each.method == "REFER" for each in obeys.told) == 1
        assert here.read(lambda tx: open_wishes(tx, datetime.now(UTC))) == []

    play(tones, sqlite_copies, scene)


def test_a_phone_stops_ringing_when_voice_ends(tones: Path, sqlite_copies: SqliteCopies) -> None:
    async def scene(here: Centre, phone: Softphone) -> None:
        wish(here, WishKind.DIAL, NUMBER)
        call = await phone.incoming()
        assert here.server.wishes is not None
        await here.server.wishes.close()
        assert (await call.wait_ended()).code == 487

    play(tones, sqlite_copies, scene)
