"""Ways outside and in: trunks, their order and failover, inbound numbers, no toll fraud (R4.3, R4.7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from freeseat.domain.switch_entries import inbound_entries
from freeseat.domain.trunks import InboundNumber, Trunk
from freeseat.edge.switch.journal import CallAnswered, CallBegan, CallEnded
from tests.clients.raw import RawPhone
from tests.clients.registrar import is_right
from tests.clients.sip import Challenge, Message
from tests.sip_plane.plane import Plane, phone, trunks, user
from tests.sip_plane.talk import Dialog, Outgoing, answer, expect, is_silent

pytestmark = pytest.mark.sip

CARRIER, OTHER, STRANGER = "127.0.0.21", "127.0.0.22", "127.0.0.23"


@dataclass(frozen=True)
class World:
    """The phone where 2019 sits, two carriers and somebody who is none."""

    desk: RawPhone
    carrier: RawPhone
    other: RawPhone
    stranger: RawPhone

    def first(self, **fields: object) -> Trunk:
        return Trunk(1, "first", f"sip:{CARRIER}:{self.carrier.port}", sources=(CARRIER + "/32",), **fields)  # type: ignore[arg-type]

    def second(self, **fields: object) -> Trunk:
        return Trunk(2, "second", f"sip:{OTHER}:{self.other.port}", priority=2, sources=(OTHER,), **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ends(plane: Plane) -> Iterator[World]:
    with ExitStack() as stack:
        desk = stack.enter_context(plane.phone("3001"))
        plane.put({"3001": phone("3001")})
        assert desk.register().code == 200
        server = ("127.0.0.1", plane.port)
        carriers = [stack.enter_context(RawPhone(server, "carrier", ip=ip)) for ip in (CARRIER, OTHER, STRANGER)]
        yield World(desk, *carriers)


@pytest.fixture
def world(plane: Plane, ends: World) -> World:
    """2019 at 3001; a queue 4000 with the code 811; numbers that come in; two trunks."""
    inbound = [
        InboundNumber(1, "+49301000", "2019"),
        InboundNumber(2, "49304000", "4000"),
        InboundNumber(3, "0309000", "external_login"),
        InboundNumber(4, "0306666", "9999"),
        InboundNumber(5, "0308110", "811"),
        InboundNumber(6, "0303001", "3001"),
    ]
    plane.put(
        {
            "3001": phone("3001", occupant="2019", caller="2019", name="Bill", location="desk-1"),
            "2019": user("2019", places="3001", name="Bill", busy="number:00441", no_answer="number:4000"),
            "2020": user("2020", logged_out="number:4000"),
            "2021": user("2021", places="3001", busy="number:811"),
            "4000": "V|queue|4000|i|de|4000",
            "811": "V|queue_toggle|4000|f||",
            **inbound_entries(inbound),
        },
        {"codes": "*45=login", "emergency": "112>", "international": "00,+"} | trunks(ends.first(), ends.second()),
    )
    return ends


def test_the_order_is_longest_prefix_then_priority_and_numbers_are_changed_for_each(plane: Plane, world: World) -> None:
    plane.put(singles=trunks(world.first(strip=1, prepend="+49"), world.second(prefixes=("0044",), prepend="9")))
    call = Outgoing(world.desk, "030123")
    invite = expect(world.carrier, "INVITE", call)
    assert invite.uri == f"sip:+4930123@{CARRIER}:{world.carrier.port}"
    shown = invite.address("from")
    assert shown is not None
    assert (shown.display, shown.user) == ("Bill", "2019")
    assert "sip:2019@" in invite.require("p-asserted-identity")
    answer(world.carrier, invite, 486)
    assert call.refusal().code == 486
    call = Outgoing(world.desk, "0044123")
    invite = expect(world.other, "INVITE", call)
    assert invite.uri == f"sip:90044123@{OTHER}:{world.other.port}"
    answer(world.other, invite, 503)
    answer(world.carrier, invite := expect(world.carrier, "INVITE", call), 404)
    assert invite.uri.startswith("sip:+49044123@")
    assert call.refusal().code == 404
    assert plane.lines(CallEnded, id=call.call_id, code=404)


@pytest.mark.parametrize("code", [486, 404, 603, 480, 403])
def test_an_answer_of_the_called_is_final(plane: Plane, world: World, code: int) -> None:
    """No failover on busy or unknown."""
    call = Outgoing(world.desk, "030123")
    answer(world.carrier, expect(world.carrier, "INVITE", call), code)
    assert call.refusal().code == code
    assert is_silent(world.other, "INVITE", call=call)


@pytest.mark.parametrize("code", [500, 503, 408])
def test_the_next_trunk_takes_over_where_one_fails(plane: Plane, world: World, code: int) -> None:
    call = Outgoing(world.desk, "030123")
    answer(world.carrier, expect(world.carrier, "INVITE", call), code)
    invite = expect(world.other, "INVITE", call)
    answer(world.other, invite, 200)
    ok = call.reply(200)
    dialog = Dialog.of_caller(call, ok)
    world.desk.send(dialog.request("ACK", cseq=world.desk.cseq))
    expect(world.other, "ACK", call)
    world.desk.send(dialog.request("BYE"))
    answer(world.other, expect(world.other, "BYE", call), 200)
    assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == [""]
    assert plane.lines(CallEnded, id=call.call_id, cause="normal")


def test_when_all_fail_the_caller_hears_so(plane: Plane, world: World) -> None:
    call = Outgoing(world.desk, "030123")
    answer(world.carrier, expect(world.carrier, "INVITE", call), 503)
    answer(world.other, expect(world.other, "INVITE", call), 503)
    assert call.refusal().code in (500, 503)
    assert plane.lines(CallEnded, id=call.call_id, cause="failed")


def test_a_name_that_nobody_knows_is_passed_over(plane: Plane, world: World) -> None:
    """Whether it comes first, in between, or is all there is."""
    lost = Trunk(7, "lost", "sip:no-such-host.invalid")
    plane.put(singles=trunks(lost, world.second()))
    call = Outgoing(world.desk, "030123")
    answer(world.other, expect(world.other, "INVITE", call, 6), 486)
    assert call.refusal().code == 486
    plane.put(singles=trunks(world.first(priority=0), lost, world.second()))
    call = Outgoing(world.desk, "030123")
    answer(world.carrier, expect(world.carrier, "INVITE", call), 503)
    answer(world.other, expect(world.other, "INVITE", call, 6), 486)
    assert call.refusal().code == 486
    plane.put(singles=trunks(world.first(), replace(lost, priority=2)))
    call = Outgoing(world.desk, "030123")
    answer(world.carrier, expect(world.carrier, "INVITE", call), 503)
    assert call.refusal().code in (500, 503)
    assert len(plane.lines(CallEnded, id=call.call_id)) == 1
    plane.put(singles=trunks(lost))
    call = Outgoing(world.desk, "030123")
    assert 400 <= call.refusal().code < 600
    assert len(plane.lines(CallEnded, id=call.call_id, cause="unreachable")) == 1


def test_a_digest_challenge_is_answered_once(plane: Plane, world: World) -> None:
    plane.put(singles=trunks(world.first(username="freeseat"), world.second(), secret='s|e"cret'))
    call = Outgoing(world.desk, "030123")
    challenged = _challenge(world.carrier, expect(world.carrier, "INVITE", call))
    expect(world.carrier, "ACK", call)
    again = expect(world.carrier, "INVITE", call)
    assert _is_right(challenged, again, "freeseat", 's|e"cret')
    answer(world.carrier, again, 200)
    assert call.reply(200).code == 200, "the phone sees nothing of it"
    call = Outgoing(world.desk, "030124")
    _challenge(world.carrier, expect(world.carrier, "INVITE", call))
    _challenge(world.carrier, expect(world.carrier, "INVITE", call))
    answer(world.other, expect(world.other, "INVITE", call), 486)
    assert call.refusal().code == 486, "who is challenged again is wrong here: the next trunk"


def test_a_challenge_of_a_trunk_never_reaches_the_phone(plane: Plane, world: World) -> None:
    """It would be answered with the phone's own secret."""
    plane.put(singles=trunks(world.first()))
    call = Outgoing(world.desk, "030123")
    _challenge(world.carrier, expect(world.carrier, "INVITE", call))
    refusal = call.refusal()
    assert (refusal.code, refusal.header("proxy-authenticate")) == (502, None)


def test_an_emergency_call_without_uri_goes_by_the_trunks_unchanged(plane: Plane, world: World) -> None:
    """R4.7: any trunk is better than none."""
    plane.put(singles=trunks(world.first(prefixes=("0",), strip=1, prepend="9")))
    call = Outgoing(world.desk, "112")
    invite = expect(world.carrier, "INVITE", call)
    assert invite.uri == f"sip:112@{CARRIER}:{world.carrier.port}"
    assert invite.all("x-emergency-location") == ("desk-1",)
    answer(world.carrier, invite, 486)


@pytest.mark.parametrize("number", ["+49301000", "49301000"])
def test_a_number_that_comes_in_rings_its_user(plane: Plane, world: World, number: str) -> None:
    """R3.1: without digest, because it comes from an address of the trunk."""
    asserted = {
        "P-Asserted-Identity": "<sip:+44123@carrier>",
        "X-Freeseat-User": "2019",
        "Remote-Party-ID": "<sip:1@x>",
    }
    call = come_in(world.carrier, number, asserted)
    invite = expect(world.desk, "INVITE", call)
    assert "sip:+44123@office.test" in invite.require("p-asserted-identity")
    assert invite.header("x-freeseat-user") is invite.header("remote-party-id") is None
    answer(world.desk, invite, 200)
    dialog = Dialog.of_caller(call, call.reply(200))
    world.carrier.send(dialog.request("BYE"))
    answer(world.desk, expect(world.desk, "BYE", call), 200)
    (began,) = plane.lines(CallBegan, id=call.call_id)
    assert (began.caller, began.phone, began.dialled, began.called) == ("+44123", "", number, "2019")
    assert (began.kind, began.source) == ("inbound", CARRIER)
    assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == ["3001"]


def test_who_withholds_his_number_is_not_named(plane: Plane, world: World) -> None:
    """RFC 3323."""
    call = come_in(world.carrier, "+49301000", {"P-Asserted-Identity": "<sip:+44123@carrier>", "Privacy": "id"})
    invite = expect(world.desk, "INVITE", call)
    assert invite.header("p-asserted-identity") is None
    answer(world.desk, invite, 603)
    assert plane.lines(CallBegan, id=call.call_id, caller="")


def test_a_number_that_comes_in_reaches_its_queue(plane: Plane, world: World) -> None:
    """R5: the record names the queue."""
    call = come_in(world.carrier, "49304000")
    invite = expect(plane.voice, "INVITE", call)
    told = {name: invite.header(f"x-freeseat-{name}") for name in ("code", "digits", "phone", "user", "language")}
    assert told == {"code": "queue", "digits": "4000", "phone": "", "user": "", "language": "de"}
    answer(plane.voice, invite, 486)
    assert plane.lines(CallBegan, id=call.call_id, kind="inbound", called="4000", queue="4000")


def test_a_number_that_comes_in_starts_the_external_login(plane: Plane, world: World) -> None:
    """R2.6: voice learns the number that calls."""
    call = come_in(world.carrier, "0309000", from_value="<sip:+44123@carrier>;tag=1")
    invite = expect(plane.voice, "INVITE", call)
    assert (invite.header("x-freeseat-code"), invite.header("x-freeseat-digits")) == ("external_login", "+44123")
    assert invite.header("x-freeseat-source") == CARRIER
    answer(plane.voice, invite, 486)


@pytest.mark.parametrize(
    "number",
    ["0301", "2019", "3001", "4000", "811", "8111", "*45", "*452019", "112", "00441", "did/0301", "0306666", "0308110",
     "0303001", "external_login", "fs-0"],
)  # fmt: skip
def test_from_outside_nothing_but_inbound_numbers_is_reached(plane: Plane, world: World, number: str) -> None:
    """No toll fraud: no extension, phone, code, emergency number or other trunk, nor a destination that is none."""
    call = come_in(world.carrier, number)
    assert call.refusal().code == 404
    assert all(is_silent(each, "INVITE", 0.02, call) for each in (world.desk, world.other, plane.voice))


@pytest.mark.parametrize("number", ["+49301000", "00441", "0309000", "*45"])
def test_strangers_are_challenged_whatever_they_call(plane: Plane, world: World, number: str) -> None:
    claims = {"P-Asserted-Identity": f"<sip:1@{CARRIER}>", "X-Freeseat-Service": "guess", "X-Freeseat-Kind": "offer"}
    request = world.stranger.request(
        "INVITE", f"sip:{number}@{world.stranger.domain};fs=guess", f"<sip:{number}@x>", claims, call_id=number
    )
    assert world.stranger.ask(request).code == 407


def test_a_trunk_cannot_make_up_a_branch_of_ours(plane: Plane, world: World) -> None:
    """The ticket of a branch to an outside telephone is bound to its call and its number, and never leaves us."""
    for phone_ in (world.carrier, world.desk):
        uri = f"sip:00441@{phone_.domain};fs={'0' * 32}"
        refused = phone_.ask(phone_.request("INVITE", uri, "<sip:00441@x>", call_id="made-up" + phone_.ip))
        assert refused.code in (404, 407)
    assert is_silent(world.other, "INVITE")


def test_diversions_lead_outside_and_to_queues_but_not_to_codes(plane: Plane, world: World) -> None:
    """R3.1: a busy user's calls go on by the trunks, with failover; a logged-out user's to a queue."""
    call = come_in(world.carrier, "+49301000")
    answer(world.desk, expect(world.desk, "INVITE", call), 486)
    answer(world.carrier, expect(world.carrier, "INVITE", call), 503)
    there = expect(world.other, "INVITE", call)
    assert there.uri.startswith("sip:00441@")
    assert "sip:2019@" in there.require("p-asserted-identity")
    answer(world.other, there, 404)
    assert call.refusal().code == 404
    assert len(plane.lines(CallEnded, id=call.call_id)) == 1
    call = Outgoing(world.desk, "2020")
    invite = expect(plane.voice, "INVITE", call)
    assert (invite.header("x-freeseat-digits"), invite.header("x-freeseat-hops")) == ("4000", "1")
    answer(plane.voice, invite, 486)
    call.refusal()
    call = Outgoing(world.desk, "2021")
    answer(world.desk, expect(world.desk, "INVITE", call), 486)
    assert call.refusal().code == 480


def test_somebody_at_an_outside_telephone_is_called_there(plane: Plane, world: World) -> None:
    """R2.6: through the trunks, which may challenge and fail, beside a phone that rings here."""
    plane.put(
        {"2022": user("2022", places="tel:+44123,3001", name="Eve")},
        trunks(world.first(username="freeseat"), world.second(username="freeseat")),
    )
    call = Outgoing(world.desk, "2022")
    here = expect(world.desk, "INVITE", call)
    answer(world.desk, here, 180)
    answer(world.carrier, expect(world.carrier, "INVITE", call), 503)
    challenged = _challenge(world.other, expect(world.other, "INVITE", call))
    there = expect(world.other, "INVITE", call)
    assert _is_right(challenged, there, "freeseat", "carrier")
    assert there.uri == f"sip:+44123@{OTHER}:{world.other.port}"
    assert "sip:2019@" in there.require("from")
    assert [value.count("sip:2022@") for value in there.all("p-asserted-identity")] == [1], "his number is ours to tell"
    assert "sip:2022@" in there.require("diversion")
    assert there.header("x-freeseat-user") is None
    answer(world.other, there, 180)
    answer(world.other, there, 200)
    caller = Dialog.of_caller(call, call.reply(200))
    answer(world.desk, expect(world.desk, "CANCEL", call), 200)
    answer(world.desk, here, 487)
    world.desk.send(caller.request("ACK", cseq=world.desk.cseq))
    expect(world.other, "ACK", call)
    callee = Dialog.of_callee(world.other, there, "callee")
    world.other.send(callee.request("INVITE", {"Contact": f"<{world.other.contact}>"}))
    answer(world.desk, expect(world.desk, "INVITE", call), 200)
    assert world.other.receive(15, lambda got: got.code == 200) is not None
    world.desk.send(caller.request("BYE"))
    answer(world.other, expect(world.other, "BYE", call), 200)
    (answered,) = plane.lines(CallAnswered, id=call.call_id)
    assert answered.phone == "tel:+44123"
    (ended,) = plane.lines(CallEnded, id=call.call_id)
    assert (ended.code, ended.by) == (200, "caller")
    assert len(plane.lines(CallBegan, id=call.call_id)) == 1


def test_no_text_goes_to_an_outside_telephone(plane: Plane, world: World) -> None:
    plane.put({"2022": user("2022", places="tel:+44123", name="Eve")})
    assert Outgoing(world.desk, "2022", method="MESSAGE").refusal().code == 404


def test_an_outside_telephone_that_is_busy_or_cannot_be_reached(plane: Plane, world: World) -> None:
    plane.put({"2022": user("2022", places="tel:+44123", name="Eve", busy="number:2020", no_answer="announce:x")})
    call = Outgoing(world.desk, "2022")
    answer(world.carrier, expect(world.carrier, "INVITE", call), 486)
    answer(plane.voice, expect(plane.voice, "INVITE", call), 486)
    call.refusal()
    plane.put(singles=trunks())
    call = Outgoing(world.desk, "2022")
    assert expect(plane.voice, "INVITE", call).header("x-freeseat-digits") == "x"


def test_a_silent_trunk_is_left_soon_and_tried_last_for_a_while(plane: Plane, world: World) -> None:
    call = Outgoing(world.desk, "030123")
    expect(world.carrier, "INVITE", call)
    answer(world.other, expect(world.other, "INVITE", call, 5), 486)
    call.refusal()
    call = Outgoing(world.desk, "030124")
    answer(world.other, expect(world.other, "INVITE", call, 1), 503)
    answer(world.carrier, expect(world.carrier, "INVITE", call, 1), 404)
    assert call.refusal().code == 404


def come_in(carrier: RawPhone, number: str, headers: dict[str, str] | None = None, from_value: str = "") -> Outgoing:
    """A call of a carrier, without credentials."""
    return Outgoing(carrier, number, headers, from_value=from_value, challenged=False)


def _challenge(carrier: RawPhone, invite: Message) -> Challenge:
    """Challenge an INVITE as a carrier does."""
    value = 'Digest realm="carrier", nonce="abc", qop="auth", algorithm=MD5'
    kept = ("via", "from", "call-id", "cseq")
    lines = ["SIP/2.0 407 Proxy Authentication Required"]
    lines += [f"{name}: {given}" for name, given in invite.headers if name in kept]
    lines += [f"To: {invite.require('to')};tag=c", f"Proxy-Authenticate: {value}", "Content-Length: 0"]
    carrier.send("\r\n".join(lines).encode() + b"\r\n\r\n")
    return Challenge.parse(value)


def _is_right(challenge: Challenge, request: Message, user_: str, secret: str) -> bool:
    return is_right(request.require("proxy-authorization"), challenge, request.method, user_, secret)
