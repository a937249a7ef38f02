"""Calls of voice and calls to what voice serves (docs/switch-contract.md, "Calls from voice"; R5.1, R5.8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from freeseat.domain.trunks import Trunk
from freeseat.edge.switch.journal import CallAnswered, CallBegan, CallEnded
from freeseat.edge.switch.kamailio import voice_secret
from tests.clients.raw import RawPhone
from tests.sip_plane.plane import Plane, phone, trunks, user
from tests.sip_plane.talk import Dialog, Outgoing, answer, expect, is_silent

pytestmark = pytest.mark.sip


@pytest.fixture(scope="module")
def ends(plane: Plane) -> Iterator[dict[str, RawPhone]]:
    with ExitStack() as stack:
        phones = {number: stack.enter_context(plane.phone(number)) for number in ("3001", "3002")}
        plane.put({number: phone(number) for number in phones})
        for each in phones.values():
            assert each.register().code == 200
        phones["carrier"] = stack.enter_context(RawPhone(("127.0.0.1", plane.port), "carrier", ip="127.0.0.31"))
        yield phones


@pytest.fixture
def desks(plane: Plane, ends: dict[str, RawPhone]) -> dict[str, RawPhone]:
    """2019 sits at 3001; 2020 at 3002 and at an outside telephone; queue 4000 with code 811; a trunk."""
    plane.put(
        {
            "3001": phone("3001", occupant="2019", caller="2019", name="Bill", group="sales"),
            "3002": phone("3002", occupant="2020", caller="2020", rights="i"),
            "2019": user("2019", places="3001", busy="announce:busy", no_answer="announce:busy", ring="1"),
            "2020": user("2020", places="3002,tel:+44123", rights="i"),
            "2021": user("2021", logged_out="announce:logged_out"),
            "2022": user("2022", places="3999", group="traders"),
            "4000": "V|queue|4000|i|de|4000",
            "811": "V|queue_toggle|4000|f||",
            "9001": "V|queue_log_in||f||",
        },
        {"codes": "*45=login", "emergency": "112>", "international": "00,+", "apart": "sales:traders"}
        | trunks(Trunk(1, "outside", f"sip:{ends['carrier'].ip}:{ends['carrier'].port}")),
    )
    return ends


def invite(plane: Plane, number: str, secret: str = "", **headers: str) -> Outgoing:
    """An INVITE of voice with these X-Freeseat headers."""
    shown = {f"X-Freeseat-{name}": value for name, value in headers.items()}
    proof = {"X-Freeseat-Service": secret or voice_secret(plane.settings.runtime_dir)}
    caller = '"Jane" <sip:+44777@office.test>'
    asserted = {"P-Asserted-Identity": caller}
    return Outgoing(plane.voice, number, {**proof, **shown, **asserted}, from_value=caller + ";tag=v", challenged=False)


@pytest.mark.parametrize(
    ("dialled", "told"),
    [
        ("4000", ("queue", "4000", "de")),
        ("811", ("queue_toggle", "4000", "en")),
        ("9001", ("queue_log_in", "", "en")),
    ],
)
def test_a_queues_numbers_go_to_voice(
    plane: Plane, desks: dict[str, RawPhone], dialled: str, told: tuple[str, str, str]
) -> None:
    call = Outgoing(desks["3001"], dialled)
    got = expect(plane.voice, "INVITE", call)
    assert tuple(got.header(f"x-freeseat-{name}") for name in ("code", "digits", "language")) == told
    assert (got.header("x-freeseat-phone"), got.header("x-freeseat-user")) == ("3001", "2019")
    answer(plane.voice, got, 486)
    call.refusal()
    queue = "4000" if dialled == "4000" else ""
    kind = "internal" if queue else "feature"
    assert plane.lines(CallBegan, id=call.call_id, called=dialled, kind=kind, queue=queue)
    if queue:
        assert "sip:2019@office.test" in got.require("from"), "callers of a queue are shown by their own number"


@pytest.mark.parametrize(("dialled", "code"), [("4000", 0), ("811", 403)])
def test_a_queue_is_called_by_anybody_with_internal_calls_its_codes_need_feature_codes(
    plane: Plane, desks: dict[str, RawPhone], dialled: str, code: int
) -> None:
    call = Outgoing(desks["3002"], dialled)
    if code:
        assert call.refusal().code == code
    else:
        answer(plane.voice, expect(plane.voice, "INVITE", call), 486)


def test_an_offer_rings_all_places_and_shows_the_queues_caller(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """R5.8, R2.6: his phone and his outside telephone; whoever answers first wins."""
    call = invite(plane, "2020", Kind="offer", Queue="4000", Caller="+44777", Ring="20")
    here, there = expect(desks["3002"], "INVITE", call), expect(desks["carrier"], "INVITE", call)
    for got in (here, there):
        assert 'Jane" <sip:+44777@office.test>' in got.require("from")
        assert got.header("x-freeseat-service") is got.header("x-freeseat-kind") is None
    assert len(here.all("p-asserted-identity")) == 1
    answer(desks["3002"], here, 180)
    answer(desks["carrier"], there, 183)
    assert {call.reply(180).code, call.reply(180).code} == {180, 183}
    answer(desks["3002"], here, 200)
    dialog = Dialog.of_caller(call, call.reply(200))
    answer(desks["carrier"], expect(desks["carrier"], "CANCEL", call), 200)
    answer(desks["carrier"], there, 487)
    plane.voice.send(dialog.request("ACK", cseq=plane.voice.cseq))
    expect(desks["3002"], "ACK", call)
    for method in ("INVITE", "REFER", "INFO"):
        plane.voice.send(dialog.request(method, {"Contact": f"<{plane.voice.contact}>"}))
        answer(desks["3002"], expect(desks["3002"], method, call), 200)
    member = Dialog.of_callee(desks["3002"], here, "callee")
    desks["3002"].send(member.request("BYE"))
    answer(plane.voice, expect(plane.voice, "BYE", call), 200)
    (began,) = plane.lines(CallBegan, id=call.call_id)
    assert (began.kind, began.queue, began.caller, began.phone) == ("offer", "4000", "+44777", "")
    assert (began.dialled, began.called) == ("2020", "2020")
    assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == ["3002"]
    assert [line.by for line in plane.lines(CallEnded, id=call.call_id)] == ["callee"]


def test_the_reason_of_a_cancel_is_passed_on(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """RFC 3326: a call that a colleague answered is none that was missed."""
    call = invite(plane, "2019", Kind="offer", Queue="4000", Caller="+44777", Ring="20")
    got = expect(desks["3001"], "INVITE", call)
    answer(desks["3001"], got, 180)
    call.reply(180)
    call.cancel({"Reason": 'SIP;cause=200;text="Call completed elsewhere"'})
    cancel = expect(desks["3001"], "CANCEL", call)
    assert "cause=200" in cancel.require("reason")
    answer(desks["3001"], cancel, 200)
    answer(desks["3001"], got, 487)
    assert plane.voice.receive(15, lambda each: each.code == 487) is not None


@pytest.mark.parametrize("code", [486, 480, 603])
def test_an_offer_is_never_diverted(plane: Plane, desks: dict[str, RawPhone], code: int) -> None:
    """An announcement must not answer a queue's caller: voice hears what the phone said."""
    call = invite(plane, "2019", Kind="offer", Queue="4000", Caller="+44777", Ring="20")
    answer(desks["3001"], expect(desks["3001"], "INVITE", call), code)
    assert call.refusal().code == code


def test_an_offer_rings_as_long_as_voice_wants(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """Longer than the user's own ring time, which is for his own calls."""
    call = invite(plane, "2019", Kind="offer", Queue="4000", Caller="+44777", Ring="20")
    got = expect(desks["3001"], "INVITE", call)
    answer(desks["3001"], got, 180)
    call.reply(180)
    assert plane.voice.receive(1.5, lambda got: got.code > 180 and got.header("call-id") == call.call_id) is None
    answer(desks["3001"], got, 486)
    call.refusal()


@pytest.mark.parametrize("number", ["2021", "2022", "2999", "4000", "811", "*45", "112", "0301"])
def test_an_offer_reaches_nothing_but_places(plane: Plane, desks: dict[str, RawPhone], number: str) -> None:
    assert invite(plane, number, Kind="offer", Queue="4000", Caller="1", Ring="20").refusal().code == 480


def test_a_destination_is_called_with_the_diversions_of_the_called(plane: Plane, desks: dict[str, RawPhone]) -> None:
    call = invite(plane, "2019", Kind="destination", Queue="4000", Caller="+44777", Hops="2")
    answer(desks["3001"], expect(desks["3001"], "INVITE", call), 486)
    got = expect(plane.voice, "INVITE", call)
    assert got.header("x-freeseat-digits") == "busy"
    assert got.header("x-freeseat-service") is None
    answer(plane.voice, got, 486)
    call.refusal()
    assert plane.lines(CallBegan, id=call.call_id, kind="internal", queue="4000", caller="+44777")


def test_a_destination_may_be_a_queue_or_an_outside_number(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """No right is asked: an administrator has entered it."""
    call = invite(plane, "4000", Kind="destination", Queue="4001", Caller="1", Hops="2")
    got = expect(plane.voice, "INVITE", call)
    assert (got.header("x-freeseat-digits"), got.header("x-freeseat-hops")) == ("4000", "2")
    answer(plane.voice, got, 486)
    call.refusal()
    call = invite(plane, "00441", Kind="destination", Queue="4000", Caller="1")
    got = expect(desks["carrier"], "INVITE", call)
    assert got.header("x-freeseat-service") is got.header("x-freeseat-queue") is None
    answer(desks["carrier"], got, 404)
    assert call.refusal().code == 404
    assert plane.lines(CallBegan, id=call.call_id, kind="international", queue="4000")


@pytest.mark.parametrize(("number", "code"), [("112", 403), ("*45", 403), ("811", 403), ("9001", 403)])
def test_a_destination_is_no_emergency_number_and_no_code(
    plane: Plane, desks: dict[str, RawPhone], number: str, code: int
) -> None:
    assert invite(plane, number, Kind="destination", Queue="4000", Caller="1").refusal().code == code


def test_a_destination_that_was_sent_on_too_often_ends(plane: Plane, desks: dict[str, RawPhone]) -> None:
    assert invite(plane, "2019", Kind="destination", Queue="4000", Caller="1", Hops="6").refusal().code == 482


@pytest.mark.parametrize(
    ("behalf", "number", "code"),
    [("2020", "00441", 403), ("2020", "2019", 0), ("2019", "2022", 0), ("3001", "2022", 403), ("2999", "2019", 403)],
)
def test_a_transfer_has_the_rights_of_who_transfers(
    plane: Plane, desks: dict[str, RawPhone], behalf: str, number: str, code: int
) -> None:
    """R3.5, R4.6."""
    call = invite(plane, number, Kind="transfer", Caller="+44777", Behalf=behalf)
    if code:
        assert call.refusal().code == code
    elif number == "2019":
        answer(desks["3001"], expect(desks["3001"], "INVITE", call), 603)
    else:
        assert call.refusal().code == 480, "allowed, but nobody is there"


def test_an_attended_transfer_says_what_it_replaces(plane: Plane, desks: dict[str, RawPhone]) -> None:
    secret = voice_secret(plane.settings.runtime_dir)
    headers = {"X-Freeseat-Service": secret, "X-Freeseat-Kind": "transfer", "Replaces": "a;to-tag=1;from-tag=2"}
    call = Outgoing(plane.voice, "2019", headers, challenged=False)
    got = expect(desks["3001"], "INVITE", call)
    assert got.header("replaces") == headers["Replaces"]
    answer(desks["3001"], got, 603)


def test_who_takes_over_a_call_of_a_queue_names_voices_contact(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """Phones take the target of an attended transfer from there; without Replaces it is a stranger's address."""
    voice = f"{plane.voice.ip}:{plane.voice.port}"
    call = Outgoing(desks["3001"], "4000", {"Replaces": "a;to-tag=1;from-tag=2"}, host=voice)
    got = expect(plane.voice, "INVITE", call)
    assert (got.header("replaces"), got.header("x-freeseat-digits")) == ("a;to-tag=1;from-tag=2", "4000")
    answer(plane.voice, got, 486)
    call.refusal()
    assert Outgoing(desks["3001"], "4000", host=voice).refusal().code == 404


def test_nobody_else_calls_as_voice(plane: Plane, desks: dict[str, RawPhone]) -> None:
    """Neither with the secret from elsewhere, nor from there without it; the refusal is a stranger's."""
    secret = voice_secret(plane.settings.runtime_dir)
    with RawPhone(("127.0.0.1", plane.port), "stranger") as stranger:
        for sender, shown in ((stranger, secret), (plane.voice, "x" * len(secret)), (plane.voice, "é")):
            headers = {"X-Freeseat-Service": shown, "X-Freeseat-Kind": "offer"}
            uri = f"sip:2019@{sender.domain}"
            got = sender.ask(
                sender.request("INVITE", uri, f"<{uri}>", headers, call_id=f"as-voice-{shown}{sender.port}")
            )
            assert got.code == 407
    assert is_silent(desks["3001"], "INVITE")
