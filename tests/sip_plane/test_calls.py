"""Calls to people, phones, feature codes, emergency numbers and the outside (R3.1, R3.2, R3.5, R4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from freeseat.domain.trunks import Trunk
from freeseat.edge.switch.journal import CallAnswered, CallBegan, CallEnded, CallRang
from tests.clients.raw import RawPhone
from tests.clients.sip import Message
from tests.sip_plane.plane import Plane, phone, trunks, user
from tests.sip_plane.talk import Dialog, Outgoing, answer, expect, is_silent

pytestmark = pytest.mark.sip


@pytest.fixture(scope="module")
def outside(plane: Plane) -> Iterator[RawPhone]:
    with RawPhone(("127.0.0.1", plane.port), "outside") as gateway:
        yield gateway


@pytest.fixture(scope="module")
def desks(plane: Plane) -> Iterator[dict[str, RawPhone]]:
    """3001 is where 2019 sits, 3002 where 2020 sits, 3003 is empty, 3004 is a second place of 2021."""
    with ExitStack() as stack:
        phones = {number: stack.enter_context(plane.phone(number)) for number in ("3001", "3002", "3003", "3004")}
        plane.put({number: phone(number) for number in phones})
        for each in phones.values():
            assert each.register().code == 200
        yield phones


@pytest.fixture(autouse=True)
def _directory(plane: Plane, desks: dict[str, RawPhone], outside: RawPhone) -> None:
    bill = {"occupant": "2019", "caller": "2019", "name": "Bill Ü"}
    plane.put(
        {
            "3001": phone("3001", **bill, location="desk-1", rights="finx", group="sales"),
            "3002": phone("3002", occupant="2020", caller="2020", name="Ann", rights="fi", location="desk-2"),
            "3003": phone("3003", rights="f", location="desk-3", language="de"),
            "3004": phone("3004", occupant="2021", caller="2021", rights="in"),
            "2019": user("2019", places="3001", name="Bill", group="sales"),
            "2020": user("2020", places="3002", busy="announce:busy", no_answer="number:2019", ring="1"),
            "2021": user("2021", places="3004,3003"),
            "2022": user("2022", logged_out="announce:logged_out"),
            "2023": user("2023", logged_out="number:2024"),
            "2024": user("2024", logged_out="number:2023"),
            "2025": user("2025", logged_out="reject"),
            "2026": user("2026", logged_out="number:00123", rights="in"),
            "2027": user("2027", places="3999", group="traders"),
            "2028": user("2028", places="3999"),
        },
        {
            "codes": "*45=login,*4=short,*34=locate",
            "emergency": f"112>sip:psap@127.0.0.1:{outside.port},110>sip:psap@127.0.0.1:{outside.port}",
            "apart": "sales:traders,guests:guests",
            "international": "00,+",
        }
        | trunks(Trunk(1, "outside", f"sip:127.0.0.1:{outside.port}")),
    )


def test_call_to_a_person_rings_where_he_sits_and_shows_who_calls(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R3.1, R3.2: the occupant's number and name, never the shared phone's; both directions of the dialog are right."""
    headers = {"P-Asserted-Identity": "<sip:911@evil>", "X-Freeseat-User": "admin", "Remote-Party-ID": "<sip:1@x>"}
    call = Outgoing(desks["3001"], "2020", headers)
    invite = expect(desks["3002"], "INVITE", call)
    shown = invite.address("from")
    assert shown is not None
    assert (shown.display, shown.uri) == ("Bill Ü", "sip:2019@office.test")
    assert "3001" not in invite.require("from")
    assert [value.count("sip:2019@office.test") for value in invite.all("p-asserted-identity")] == [1]
    for name in ("x-freeseat-user", "remote-party-id", "proxy-authorization"):
        assert invite.header(name) is None
    answer(desks["3002"], invite, 180)
    assert "3001" in call.reply().require("from"), "the caller sees its own From again"
    answer(desks["3002"], invite, 200)
    ok = call.reply(200)
    caller, callee = Dialog.of_caller(call, ok), Dialog.of_callee(desks["3002"], invite, "callee")
    desks["3001"].send(caller.request("ACK", cseq=desks["3001"].cseq))
    assert "sip:2019@office.test" in expect(desks["3002"], "ACK", call).require("from")
    desks["3002"].send(callee.request("INFO"))
    info = expect(desks["3001"], "INFO", call)
    assert "3001" in info.require("to")
    answer(desks["3001"], info, 200)
    assert desks["3002"].receive(15, lambda got: got.code == 200 and got.method == "INFO") is not None
    desks["3002"].send(callee.request("BYE"))
    answer(desks["3001"], expect(desks["3001"], "BYE", call), 200)
    (began,) = plane.lines(CallBegan, id=call.call_id)
    assert (began.caller, began.phone, began.dialled, began.called) == ("2019", "3001", "2020", "2020")
    assert (began.kind, began.source) == ("internal", "127.0.0.1")
    assert [line.phone for line in plane.lines(CallRang, id=call.call_id)] == ["3002"]
    assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == ["3002"]
    (ended,) = plane.lines(CallEnded, id=call.call_id)
    assert (ended.code, ended.cause, ended.by) == (200, "normal", "callee")


def test_empty_shared_phone_shows_no_number(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R3.2: never the phone's own."""
    plane.put({"3003": phone("3003", rights="fi")})
    call = Outgoing(desks["3003"], "2020")
    invite = expect(desks["3002"], "INVITE", call)
    assert "anonymous.invalid" in invite.require("from")
    assert invite.header("p-asserted-identity") is None
    answer(desks["3002"], invite, 603)


def test_all_places_ring_and_the_rest_is_cancelled(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R2.8 *allow several*: calls ring at all; R4.4 parallel ringing."""
    call = Outgoing(desks["3001"], "2021")
    first, second = expect(desks["3004"], "INVITE", call), expect(desks["3003"], "INVITE", call)
    answer(desks["3004"], first, 180)
    answer(desks["3003"], second, 180)
    answer(desks["3003"], second, 200)
    assert call.reply(200).code == 200
    answer(desks["3004"], expect(desks["3004"], "CANCEL", call), 200)
    answer(desks["3004"], first, 487)
    assert {line.phone for line in plane.lines(CallRang, 2, id=call.call_id)} == {"3004", "3003"}
    assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == ["3003"]


def test_phone_number_rings_all_contacts(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R1.3: shared phones ring all their contacts."""
    plane.put({"3010": phone("3010")})
    with plane.phone("3010") as one, plane.phone("3010") as two:
        one.register()
        two.register()
        call = Outgoing(desks["3001"], "3010")
        for each in (one, two):
            answer(each, expect(each, "INVITE", call), 486)


def test_cancel_reaches_every_branch_and_is_recorded(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = Outgoing(desks["3001"], "2021")
    rung = {each: expect(desks[each], "INVITE", call) for each in ("3004", "3003")}
    for number, invite in rung.items():
        answer(desks[number], invite, 180)
    assert call.reply().code == 180
    call.cancel()
    for number, invite in rung.items():
        answer(desks[number], expect(desks[number], "CANCEL", call), 200)
        answer(desks[number], invite, 487)
    assert desks["3001"].receive(15, lambda got: got.code == 487) is not None
    (ended,) = plane.lines(CallEnded, id=call.call_id)
    assert (ended.code, ended.cause, ended.by) == (487, "cancelled", "caller")


@pytest.mark.parametrize(("code", "cause"), [(486, "busy"), (603, "refused"), (480, "no answer"), (500, "failed")])
def test_refusal_of_the_phone_is_passed_back_and_recorded(
    plane: Plane, desks: dict[str, RawPhone], code: int, cause: str
) -> None:
    call = Outgoing(desks["3002"], "2019")
    answer(desks["3001"], expect(desks["3001"], "INVITE", call), code)
    assert call.refusal().code == code
    (ended,) = plane.lines(CallEnded, id=call.call_id)
    assert (ended.code, ended.cause, ended.by) == (code, cause, "callee")


def test_busy_user_goes_to_his_busy_destination(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = Outgoing(desks["3001"], "2020")
    answer(desks["3002"], expect(desks["3002"], "INVITE", call), 486)
    announced = expect(plane.voice, "INVITE", call)
    assert (announced.header("x-freeseat-code"), announced.header("x-freeseat-digits")) == ("announce", "busy")
    answer(plane.voice, announced, 200)
    assert call.reply(200).code == 200
    assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == [""]


def test_no_answer_goes_to_the_no_answer_destination(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = Outgoing(desks["3004"], "2020")
    answer(desks["3002"], expect(desks["3002"], "INVITE", call), 180)
    invite = expect(desks["3001"], "INVITE", call, 4)
    answer(desks["3001"], invite, 200)
    assert call.reply(200).code == 200
    assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == ["3001"]


def test_logged_out_user_is_announced(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = Outgoing(desks["3001"], "2022")
    invite = expect(plane.voice, "INVITE", call)
    assert (invite.header("x-freeseat-code"), invite.header("x-freeseat-digits")) == ("announce", "logged_out")
    answer(plane.voice, invite, 486)


@pytest.mark.parametrize(("number", "code"), [("2023", 482), ("2025", 480), ("2026", 480)])
def test_logged_out_destinations_end(plane: Plane, desks: dict[str, RawPhone], number: str, code: int) -> None:
    """A circle of destinations ends; so does one the user himself may not call."""
    call = Outgoing(desks["3001"], number)
    assert call.refusal().code == code
    assert plane.lines(CallEnded, id=call.call_id, code=code)


def test_person_without_live_binding_is_unavailable(plane: Plane, desks: dict[str, RawPhone]) -> None:
    assert Outgoing(desks["3001"], "2028").refusal().code == 480


def test_interconnect_groups_may_not_call_each_other(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R4.6."""
    plane.put({"3001": phone("3001", occupant="2019", caller="2019", group="sales", location="desk-1", name="Bill Ü")})
    call = Outgoing(desks["3001"], "2027")
    refusal = call.refusal()
    assert (refusal.code, refusal.reason) == (403, "Calls to this number are not allowed from here")
    assert plane.lines(CallEnded, id=call.call_id, cause="refused")


@pytest.mark.parametrize(
    ("desk", "dialled", "reason"),
    [
        ("3003", "2019", "Log in to call from this phone"),
        ("3002", "0441", "National calls are not allowed from here"),
        ("3004", "00441", "International calls are not allowed from here"),
        ("3004", "*45", "Feature codes are not allowed from here"),
    ],
)
def test_rights_say_what_is_missing(
    plane: Plane, desks: dict[str, RawPhone], desk: str, dialled: str, reason: str
) -> None:
    """R3.5, R4.8; the reason can be read on the phone."""
    call = Outgoing(desks[desk], dialled)
    refusal = call.refusal()
    assert (refusal.code, refusal.reason) == (403, reason)
    assert reason in refusal.require("reason")
    assert plane.lines(CallBegan, id=call.call_id)
    assert plane.lines(CallEnded, id=call.call_id, code=403, cause="refused")


@pytest.mark.parametrize(
    ("dialled", "kind"), [("0441", "national"), ("00441", "international"), ("+44", "international")]
)
def test_other_numbers_go_outside(
    plane: Plane, desks: dict[str, RawPhone], outside: RawPhone, dialled: str, kind: str
) -> None:
    call = Outgoing(desks["3001"], dialled)
    invite = expect(outside, "INVITE", call)
    assert invite.uri == f"sip:{dialled}@127.0.0.1:{outside.port}"
    assert "sip:2019@office.test" in invite.require("from")
    answer(outside, invite, 503)
    call.refusal()
    assert plane.lines(CallBegan, id=call.call_id, kind=kind)


@pytest.mark.parametrize(
    ("dialled", "code", "digits"), [("*45", "login", ""), ("*452019", "login", "2019"), ("*47", "short", "7")]
)
def test_feature_code_goes_to_voice_with_all_it_needs(
    plane: Plane, desks: dict[str, RawPhone], dialled: str, code: str, digits: str
) -> None:
    """R2.1: digits may follow; the longest code wins."""
    call = Outgoing(desks["3003"], dialled, {"X-Freeseat-User": "2019", "x-freeseat-phone": "3001"})
    invite = expect(plane.voice, "INVITE", call)
    found = {
        name: invite.all(f"x-freeseat-{name}") for name in ("phone", "user", "code", "digits", "source", "language")
    }
    assert found == {
        "phone": ("3003",), "user": ("",), "code": (code,), "digits": (digits,), "source": ("127.0.0.1",),
        "language": ("de",),
    }  # fmt: skip
    answer(plane.voice, invite, 200)
    ok = call.reply(200)
    dialog = Dialog.of_caller(call, ok)
    desks["3003"].send(dialog.request("ACK", cseq=desks["3003"].cseq))
    expect(plane.voice, "ACK", call)
    desks["3003"].send(dialog.request("BYE"))
    answer(plane.voice, expect(plane.voice, "BYE", call), 200)
    assert plane.lines(CallBegan, id=call.call_id, kind="feature", phone="3003", caller="")
    assert plane.lines(CallEnded, id=call.call_id, cause="normal", by="caller")


@pytest.mark.parametrize(("desk", "location"), [("3003", "desk-3"), ("3001", "desk-1")])
def test_emergency_works_everywhere_with_the_phones_location(
    plane: Plane, desks: dict[str, RawPhone], outside: RawPhone, desk: str, location: str
) -> None:
    """R4.7: from an empty phone and an occupied one, with no right at all."""
    occupant = {"occupant": "2019", "caller": "2019"} if desk == "3001" else {}
    plane.put({desk: phone(desk, rights="", location=location, **occupant)})
    call = Outgoing(desks[desk], "112", {"X-Emergency-Location": "forged"})
    invite = expect(outside, "INVITE", call)
    assert invite.uri == f"sip:psap@127.0.0.1:{outside.port}"
    assert invite.all("x-emergency-location") == (location,)
    assert len(invite.all("p-asserted-identity")) == len(occupant) / 2
    answer(outside, invite, 486)
    call.refusal()
    assert plane.lines(CallBegan, id=call.call_id, kind="emergency")


def test_emergency_that_leads_nowhere_is_announced(plane: Plane, desks: dict[str, RawPhone]) -> None:
    plane.put(singles={"emergency": "112>"} | trunks())
    call = Outgoing(desks["3002"], "112")
    invite = expect(plane.voice, "INVITE", call)
    assert invite.header("x-freeseat-digits") == "emergency_not_configured"
    answer(plane.voice, invite, 486)


@pytest.mark.parametrize("algorithm", [0, 1])
def test_callers_are_authenticated(plane: Plane, desks: dict[str, RawPhone], algorithm: int) -> None:
    """R4.1: MD5 and SHA-256; unknown numbers and wrong secrets are refused alike."""
    refused = [
        Outgoing(desks["3001"], "2020", password="wrong", algorithm=algorithm).refusal(),
        Outgoing(desks["3001"], "2020", user="3999", algorithm=algorithm).refusal(),
    ]
    assert [(each.code, each.reason) for each in refused] == [(403, "Forbidden")] * 2
    assert is_silent(desks["3002"], "INVITE")
    call = Outgoing(desks["3001"], "2020", algorithm=algorithm)
    answer(desks["3002"], expect(desks["3002"], "INVITE", call), 603)


def test_a_call_is_no_second_way_to_try_pins(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R2.15: a person who is not logged in as himself is refused unseen; else wrong PINs are counted, then refused."""
    with plane.phone("2030", "1234") as desk:
        plane.put({"2030": user("2030", name="Eve")})
        assert Outgoing(desk, "2020").refusal().code == 403
        plane.put({"2030": user("2030", name="Eve", places="2030", grant="x", source="127.0.0.1")})
        call = Outgoing(desk, "2020")
        invite = expect(desks["3002"], "INVITE", call)
        assert "sip:2030@office.test" in invite.require("from")
        answer(desks["3002"], invite, 603)
        for _ in range(3):
            assert Outgoing(desk, "2020", password="0000").refusal().code == 403
        assert Outgoing(desk, "2020").refusal().code == 403, "three wrong PINs close this pair for a while"
    assert [(each.user, each.source, each.method) for each in plane.wrong] == [("2030", "127.0.0.1", "INVITE")] * 3


def test_message_goes_to_where_its_addressee_sits(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = Outgoing(desks["3002"], "2019", method="MESSAGE")
    got = expect(desks["3001"], "MESSAGE", call)
    assert "sip:2020@office.test" in got.require("from")
    answer(desks["3001"], got, 200)
    assert call.reply(200).code == 200


@pytest.mark.parametrize(("method", "code"), [("SUBSCRIBE", 489), ("PUBLISH", 489), ("REFER", 405), ("BREW", 405)])
def test_other_requests_are_authenticated_then_refused(
    plane: Plane, desks: dict[str, RawPhone], method: str, code: int
) -> None:
    assert Outgoing(desks["3001"], "2020", method=method).refusal().code == code


def test_other_domains_are_not_relayed_to(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = Outgoing.__new__(Outgoing)
    call.phone, call.call_id, call.uri = desks["3001"], "elsewhere", "sip:2020@example.com"
    request = desks["3001"].request("INVITE", call.uri, "<sip:2020@example.com>", call_id="elsewhere")
    assert desks["3001"].ask(request).code == 407


def test_made_up_dialog_does_not_get_round_authentication(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """A To tag and a Route of ours are no ticket: our Record-Route carries a mark."""
    with plane.phone("666") as stranger:
        for mark in ("", ";fs=0123456789abcdef"):
            headers = {"Route": f"<sip:127.0.0.1:{plane.port};lr{mark}>", "Contact": "<sip:666@127.0.0.1>"}
            uri = desks["3002"].contact
            request = stranger.request("INVITE", uri, f"<{uri}>;tag=1", headers, call_id="made-up" + mark[-3:])
            assert stranger.ask(request).code == 481
    assert is_silent(desks["3002"], "INVITE")


def test_reinvite_update_prack_and_refer_pass(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R4.4: what is in a dialog goes through, in both directions, with its headers."""
    call = Outgoing(desks["3002"], "2019")
    invite = expect(desks["3001"], "INVITE", call)
    answer(desks["3001"], invite, 200)
    caller, callee = Dialog.of_caller(call, call.reply(200)), Dialog.of_callee(desks["3001"], invite, "callee")
    desks["3002"].send(caller.request("ACK", cseq=desks["3002"].cseq))
    expect(desks["3001"], "ACK", call)
    for method in ("INVITE", "UPDATE", "PRACK", "REFER", "NOTIFY", "INFO"):
        for dialog, other in ((caller, desks["3001"]), (callee, desks["3002"])):
            dialog.phone.send(
                dialog.request(method, {"Session-Expires": "1800", "Contact": f"<{dialog.phone.contact}>"})
            )
            got = expect(other, method, call)
            assert (got.header("session-expires"), got.header("x-freeseat-user")) == ("1800", None)
            answer(other, got, 200)
            reply = dialog.phone.receive(15, lambda each, m=method: each.code == 200 and each.method == m)  # type: ignore[misc]
            assert reply is not None
            if method == "INVITE":
                dialog.phone.send(dialog.request("ACK", cseq=dialog.cseq))
                expect(other, "ACK", call)
    desks["3002"].send(caller.request("BYE"))
    answer(desks["3001"], expect(desks["3001"], "BYE", call), 200)


def test_retransmitted_invite_is_relayed_once(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = Outgoing(desks["3002"], "2019")
    invite = expect(desks["3001"], "INVITE", call)
    desks["3002"].send(call.request)
    desks["3002"].send(call.request)

    def is_other_invite(got: Message) -> bool:
        return got.method == "INVITE" and got.code == 0 and got.header("via") != invite.header("via")

    assert desks["3001"].receive(0.2, is_other_invite) is None
    answer(desks["3001"], invite, 486)
    call.refusal()
