"""Plain calls: what kamailio.cfg sends on by itself looks just as if routes.py had judged it (R3.1, R3.2, R4.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import pytest

from freeseat.edge.switch.journal import CallAnswered, CallBegan, CallEnded, CallRang
from tests.clients.raw import RawPhone
from tests.clients.sip import Message
from tests.sip_plane.plane import Plane, phone, user
from tests.sip_plane.talk import Dialog, Outgoing, answer, expect, is_silent

pytestmark = pytest.mark.sip

Desks = Mapping[str, RawPhone]
FORGED = {
    "P-Asserted-Identity": "<sip:911@evil>",
    "P-Preferred-Identity": "<sip:911@evil>",
    "Remote-Party-ID": "<sip:1@x>",
    "X-Freeseat-User": "admin",
    "x-freeseat-anything": "else",
    "X-Emergency-Location": "forged",
    "X-Own": "kept",
}
CHANGING = r"branch=[^;\r\n]+|tag=[\w.-]+|(?<=call-id: )\S+|fs=\w+|vsf=[^;>]*|(?<=cseq: )\d+"


@pytest.fixture(scope="module")
def desks(plane: Plane) -> Iterator[Desks]:
    """3001 calls 2020, who sits at 3002, where two devices are registered; 3003 is 2020's *busy* destination's."""
    with ExitStack() as stack:
        found = {number: stack.enter_context(plane.phone(number)) for number in ("3001", "3002", "3003")}
        plane.put({number: phone(number) for number in found})
        for each in found.values():
            assert each.register().code == 200
        yield found


def tables(plane: Plane, *, plain: bool, **caller: Any) -> None:
    mark = "1" if plain else ""
    shown = {"occupant": "2019", "caller": "2019", "name": "Bill O'Ü", "group": "sales", "rights": "i", **caller}
    plane.put(
        {
            "3001": phone("3001", **shown, plain=mark),
            "3003": phone("3003", occupant="2021", caller="2021", rights="i", plain=mark),
            "2019": user("2019", places="3001", plain=mark and "3001"),
            "2020": user(
                "2020", places="3002", busy="number:2021", no_answer="number:2021", ring="1", plain=mark and "3002"
            ),
            "2021": user("2021", places="3003", plain=mark and "3003"),
            "2022": user("2022", places="3999", plain=mark and "3999"),
        },
        {"apart": "guests:traders", "emergency": "112>"},
    )


def ended_by_the_caller(desks: Desks) -> list[Message]:
    call = Outgoing(desks["3001"], "2020", FORGED)
    invite = expect(desks["3002"], "INVITE", call)
    answer(desks["3002"], invite, 180)
    ringing = call.reply()
    answer(desks["3002"], invite, 200)
    ok = call.reply(200)
    dialog = Dialog.of_caller(call, ok)
    desks["3001"].send(dialog.request("ACK", cseq=desks["3001"].cseq))
    ack = expect(desks["3002"], "ACK", call)
    desks["3001"].send(dialog.request("BYE"))
    bye = expect(desks["3002"], "BYE", call)
    answer(desks["3002"], bye, 200)
    return [invite, ringing, ok, ack, bye]


def ended_by_the_callee(desks: Desks) -> list[Message]:
    call = Outgoing(desks["3001"], "2020")
    invite = expect(desks["3002"], "INVITE", call)
    answer(desks["3002"], invite, 200)
    ok = call.reply(200)
    desks["3001"].send(Dialog.of_caller(call, ok).request("ACK", cseq=desks["3001"].cseq))
    desks["3002"].send(Dialog.of_callee(desks["3002"], invite, "callee").request("BYE"))
    bye = expect(desks["3001"], "BYE", call)
    answer(desks["3001"], bye, 200)
    return [invite, ok, bye]


def cancelled(desks: Desks) -> list[Message]:
    call = Outgoing(desks["3001"], "2020")
    invite = expect(desks["3002"], "INVITE", call)
    answer(desks["3002"], invite, 180)
    call.reply()
    call.cancel()
    answer(desks["3002"], expect(desks["3002"], "CANCEL", call), 200)
    answer(desks["3002"], invite, 487)
    refusal = desks["3001"].receive(15, lambda got: got.code == 487)
    assert refusal is not None
    return [invite, refusal]


def busy(desks: Desks) -> list[Message]:
    call = Outgoing(desks["3001"], "2020")
    answer(desks["3002"], expect(desks["3002"], "INVITE", call), 486)
    invite = expect(desks["3003"], "INVITE", call)
    answer(desks["3003"], invite, 603)
    return [invite, call.refusal()]


def unanswered(desks: Desks) -> list[Message]:
    call = Outgoing(desks["3001"], "2020")
    answer(desks["3002"], expect(desks["3002"], "INVITE", call), 180)
    invite = expect(desks["3003"], "INVITE", call, 4)
    answer(desks["3003"], invite, 603)
    return [invite, call.refusal()]


def unreachable(desks: Desks) -> list[Message]:
    return [Outgoing(desks["3001"], "2022").refusal()]


def wrong_secret(desks: Desks) -> list[Message]:
    return [Outgoing(desks["3001"], "2020", password="wrong").refusal()]


def another_algorithm(desks: Desks) -> list[Message]:
    call = Outgoing(desks["3001"], "2020", algorithm=1)
    invite = expect(desks["3002"], "INVITE", call)
    answer(desks["3002"], invite, 600)
    answer(desks["3003"], expect(desks["3003"], "INVITE", call), 480)
    return [invite, call.refusal()]


CALLS = (
    ended_by_the_caller, ended_by_the_callee, cancelled, busy, unanswered, unreachable, wrong_secret, another_algorithm,
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_both_ways_look_alike(plane: Plane, desks: Desks, call: Callable[[Desks], list[Message]]) -> None:
    """Both ends see the same messages but for their random parts, and the journal tells the same."""
    seen = []
    for plain in (False, True):
        tables(plane, plain=plain)
        messages = call(desks)
        seen.append(([_shape(each) for each in messages], _told(plane, messages[-1])))
    assert seen[0] == seen[1]


def test_two_devices_of_one_place(plane: Plane, desks: Desks) -> None:
    """R1.3: all contacts ring, and the answer is the place's whichever it was."""
    tables(plane, plain=True)
    with plane.phone("3002") as second:
        second.register()
        call = Outgoing(desks["3001"], "2020")
        rung = {each: expect(each, "INVITE", call) for each in (desks["3002"], second)}
        for each, invite in rung.items():
            answer(each, invite, 180)
        answer(second, rung[second], 200)
        assert call.reply(200).code == 200
        answer(desks["3002"], expect(desks["3002"], "CANCEL", call), 200)
        answer(desks["3002"], rung[desks["3002"]], 487)
        assert [line.phone for line in plane.lines(CallAnswered, id=call.call_id)] == ["3002"]
        second.register(expires=0)


@pytest.mark.parametrize("name", ["", "Ann"])
def test_a_name_or_none_is_shown(plane: Plane, desks: Desks, name: str) -> None:
    """R3.2: the phone's own name is gone in any case."""
    tables(plane, plain=True, name=name)
    call = Outgoing(desks["3001"], "2020", from_value=f'"Desk 1" <sip:3001@office.test>;tag=own-{name}')
    invite = expect(desks["3002"], "INVITE", call)
    shown = invite.address("from")
    assert shown is not None
    assert (shown.display or "", shown.uri) == (name, "sip:2019@office.test")
    assert "3001" not in invite.require("from")
    answer(desks["3002"], invite, 600)
    answer(desks["3003"], expect(desks["3003"], "INVITE", call), 480)


def test_the_script_judges_nothing_but_the_digest(plane: Plane, desks: Desks) -> None:
    """Only where both sides are marked is the call sent on unjudged: which is how to tell the two ways apart."""
    for caller, callee in ((True, True), (True, False), (False, True)):
        tables(plane, plain=callee)
        plane.put({"3001": phone("3001", occupant="2019", caller="2019", rights="", plain="1" if caller else "")})
        call = Outgoing(desks["3001"], "2020")
        if caller and callee:
            answer(desks["3002"], expect(desks["3002"], "INVITE", call), 600)
            answer(desks["3003"], expect(desks["3003"], "INVITE", call), 480)
        else:
            assert call.refusal().code == 403
            assert is_silent(desks["3002"], "INVITE")


def test_a_call_id_of_any_octets_is_journalled(plane: Plane, desks: Desks) -> None:
    """What no JSON may hold as it is does no harm to the lines of others."""
    tables(plane, plain=True)
    call = Outgoing(desks["3001"], "2020", call_id='odd"\\|é')
    invite = expect(desks["3002"], "INVITE", call)
    answer(desks["3002"], invite, 200)
    call.reply(200)
    assert plane.lines(CallBegan, id=call.call_id, source="127.0.0.1")
    assert plane.lines(CallAnswered, id=call.call_id, phone="3002")


def _shape(message: Message) -> str:
    return re.sub(CHANGING, "", "\n".join([message.start, *(f"{name}: {value}" for name, value in message.headers)]))


def _told(plane: Plane, last: Message) -> list[dict[str, object]]:
    """What the journal says of a call to its end, without time and Call-ID; nothing where its digest was wrong."""
    call_id = last.require("call-id")
    if last.code != 403:
        plane.lines(CallEnded, id=call_id)
    kinds = (CallBegan, CallRang, CallAnswered, CallEnded)
    lines = [line for line in plane.journal() if isinstance(line, kinds) and line.id == call_id]
    return [{"line": type(line).__name__, **asdict(line), "at": 0, "id": ""} for line in lines]
