"""The parts of the lamps that need no Kamailio: documents, calls from the journal, the way of a PUBLISH."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeseat.application.lamps import Messages, QueueKey, Registrations
from freeseat.application.ports import Binding
from freeseat.domain.lamps import Lamp, LiveCall, LoggedOutLamp, Package, QueueState, Seat
from freeseat.domain.mailbox import Mailbox
from freeseat.edge.switch.journal import CallAnswered, CallBegan, CallEnded, CallRang, Started
from freeseat.edge.switch.lamp_documents import Document, document
from freeseat.edge.switch.live_calls import LiveCalls
from freeseat.edge.switch.publisher import Publisher
from tests.clients.raw import response
from tests.clients.sip import Message
from tests.lamps.documents import Shown, contacts, dialog_info

T = TypeVar("T")
REALM = "office.test"
BILL = Lamp(Package.DIALOG, "2019")
SEAT = Seat(("3001",), ("2019",), logged_in=True, is_user=True)
BEGAN = CallBegan(1.0, "c1", "2020", "3002", "2019", "2019", "internal", "10.0.0.1")


def shown(seat: Seat, *calls: LiveCall, look: LoggedOutLamp = LoggedOutLamp.HELD) -> Shown:
    """A user's document as a strict watcher reads it."""
    return dialog_info(document(BILL, seat, calls, look, REALM, 0.0).body.encode())


# -- documents


@pytest.mark.parametrize(
    ("look", "plain"), [(LoggedOutLamp.HELD, "held"), (LoggedOutLamp.BUSY, "busy"), (LoggedOutLamp.IDLE, "idle")]
)
def test_logged_out(look: LoggedOutLamp, plain: str) -> None:
    seen = shown(Seat((), ("2019",), logged_in=False, is_user=True), look=look)
    assert (seen.state, seen.plain) == ("logged-out", plain)


@given(st.text(min_size=1), st.text(), st.booleans())
def test_a_document_is_well_formed_and_tells_nothing_of_the_other_party(call_id: str, who: str, answered: bool) -> None:
    call = LiveCall(call_id, 1.0, who, "3009", "2019", "3001" if answered else "", answered)
    body = document(BILL, SEAT, [call], LoggedOutLamp.HELD, REALM, 0.0).body
    assert dialog_info(body.encode()).state == ("talking" if answered else "ringing")
    assert "3009" not in body


def test_a_document_never_holds_ended_dialogs() -> None:
    """Kamailio's engine would never replace it again."""
    for look in LoggedOutLamp:
        for seat in (SEAT, Seat((), ("2019",), logged_in=False, is_user=True)):
            assert "terminated" not in document(BILL, seat, [], look, REALM, 0.0).body


@pytest.mark.parametrize("says", QueueState)
def test_queue_keys(says: QueueState) -> None:
    key = QueueKey(says, lit=says is not QueueState.NOBODY, numbers=frozenset())
    body = document(Lamp("dialog", "811.3001"), key, [], LoggedOutLamp.HELD, REALM, 0.0).body
    seen = dialog_info(body.encode())
    assert (seen.state, seen.entity) == (says.value, f"sip:811.3001@{REALM}")
    held = says in (QueueState.PAUSED, QueueState.UNREGISTERED, QueueState.PARTLY)
    assert seen.plain == ("idle" if says is QueueState.NOBODY else "held" if held else "busy")


def test_messages_and_registrations() -> None:
    nobody = document(
        Lamp("message-summary", "3001"), Messages("", Mailbox(0, 0), frozenset()), [], LoggedOutLamp.HELD, REALM, 0.0
    )
    assert nobody.body == "Messages-Waiting: no\r\nVoice-Message: 0/0 (0/0)\r\n"
    binding = Binding(7, "3001", "sip:3001@10.0.0.7;x=<&>", "main", 90.0, 500, 500)
    facts = Registrations((binding,), frozenset())
    body = document(Lamp("reg", "3001"), facts, [], LoggedOutLamp.HELD, REALM, 100.0).body
    assert contacts(body.encode()) == ["sip:3001@10.0.0.7;x=<&>"]
    assert 'duration-registered="10"' in body


# -- calls


def test_a_call_from_its_lines() -> None:
    calls = LiveCalls()
    calls.begin_with([])
    assert calls.hear(BEGAN) == {"2020", "3002", "2019"}
    assert calls.hear(BEGAN) == frozenset(), "a line that is read again changes nothing"
    assert calls.hear(CallRang(2.0, "c1", "3001")) == {"2020", "3002", "2019", "3001"}
    calls.hear(CallAnswered(3.0, "c1", "3001"))
    assert [(c.phone, c.answered) for c in calls.touching(["3001"])] == [("3001", True)]
    assert calls.hear(CallEnded(4.0, "c1", 200, "normal", "caller")) == {"2020", "3002", "2019", "3001"}
    assert calls.touching(["2019", "2020", "3001", "3002"]) == []


def test_what_rang_when_kamailio_died_is_over_and_what_was_answered_goes_on() -> None:
    calls = LiveCalls()
    calls.begin_with([])
    calls.hear(BEGAN)
    calls.hear(CallBegan(1.5, "c2", "2021", "3003", "2022", "2022", "internal", "127.0.0.1"))
    calls.hear(CallAnswered(2.0, "c2", "3004"))
    assert calls.hear(Started(3.0)) == {"2020", "3002", "2019"}
    assert calls.touching(["2019", "2020", "3002"]) == []
    assert [call.id for call in calls.touching(["2021"])] == ["c2"]
    calls.hear(replace(BEGAN, at=4.0))
    assert calls.hear(Started(3.0)) == frozenset(), "read again: the call is of the new Kamailio"


def test_lines_of_calls_that_are_not_known_change_nothing() -> None:
    calls = LiveCalls()
    lines = (CallRang(1.0, "x", "3001"), CallAnswered(1.0, "x", "3001"), CallEnded(1.0, "x", 200, "normal", "caller"))
    assert [calls.hear(line) for line in lines] == [frozenset()] * 3


def test_what_ended_while_the_database_was_asked_does_not_come_back() -> None:
    calls = LiveCalls()
    calls.hear(CallEnded(4.0, "c1", 200, "normal", "caller"))
    known = LiveCall("c1", 1.0, "2020", "3002", "2019"), LiveCall("c2", 1.0, "2021", "3003", "2019")
    assert calls.begin_with(known) == {"2021", "3003", "2019"}
    assert [call.id for call in calls.touching(["2019"])] == ["c2"]


def test_a_call_whose_end_nobody_told_is_forgotten_with_the_database() -> None:
    calls = LiveCalls()
    calls.hear(BEGAN)
    assert calls.keep_only(frozenset(), before=0.5) == frozenset(), "too young to be given up"
    assert calls.keep_only(frozenset({"c1"}), before=9.0) == frozenset()
    assert calls.keep_only(frozenset(), before=9.0) == {"2020", "3002", "2019"}


# -- publishing


class Engine:
    """A presence engine's end of the wire: `answer` gives the code for each PUBLISH, None for silence."""

    def __init__(self, answer: Callable[[int], int | None]) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.requests: list[Message] = []
        self._answer = answer

    async def serve(self, count: int) -> None:
        """Take so many requests."""
        loop = asyncio.get_running_loop()
        while len(self.requests) < count:
            data, source = await loop.sock_recvfrom(self.socket, 65_536)
            self.requests.append(Message.parse(data))
            code = self._answer(len(self.requests))
            if code is not None:
                await loop.sock_sendto(self.socket, response(self.requests[-1], code, "Whatever"), source)


def published(engine: Engine, count: int, *documents: str) -> list[Message]:
    """The requests that come when these documents of one lamp are wanted, one right after the other."""

    async def run() -> None:
        publisher = Publisher(engine.socket.getsockname(), "secret", REALM, 3600)
        running = asyncio.create_task(publisher.run())
        for body in documents:
            publisher.want(BILL, Document("text/plain", body))
        async with asyncio.timeout(10):
            await engine.serve(count)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    try:
        asyncio.run(run())
    finally:
        engine.socket.close()
    return engine.requests


def test_of_several_documents_the_newest_wins() -> None:
    (only,) = published(Engine(lambda _: 200), 1, "first", "second", "third")
    assert only.body == b"third"
    assert only.uri == f"sip:2019@{REALM}"
    assert only.require("x-freeseat-lamps") == "secret"


def test_without_an_answer_it_is_sent_again_as_it_is() -> None:
    first, second = published(Engine(lambda number: None if number == 1 else 200), 2, "body")
    assert first == second, "RFC 3261 17.1.2.2"


def test_an_entity_tag_that_is_gone_is_another_request_at_once() -> None:
    first, second = published(Engine(lambda number: 412 if number == 1 else 200), 2, "body")
    assert first.require("call-id") != second.require("call-id")
    assert first.body == second.body
