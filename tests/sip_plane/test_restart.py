"""Kamailio dies and comes back: bindings, calls and nonces live on (issue: kill -9; R2.14, R4.5)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from freeseat.edge.switch.journal import Bound, CallBegan, CallEnded, Started, Unbound
from tests.clients.raw import RawPhone
from tests.sip_plane.plane import Plane, phone, user
from tests.sip_plane.talk import Dialog, Outgoing, answer, expect

pytestmark = pytest.mark.sip


@pytest.fixture
def plane() -> Iterator[Plane]:
    """A SIP plane for one test, since the test kills it."""
    with Plane(expiry_interval=1, min_expires=1) as running:
        yield running


def _fill(plane: Plane) -> None:
    plane.put(
        {
            "3001": phone("3001", occupant="2019", caller="2019"),
            "3002": phone("3002", occupant="2020", caller="2020"),
            "3003": phone("3003"),
            "2019": user("2019", places="3001"),
        }
    )


def _restart(plane: Plane) -> None:
    boots = len(plane.boots)
    plane.disconnect()
    plane.restart()
    plane.connect()
    _fill(plane)
    assert len(plane.boots) == boots + 1
    assert (plane.boots[-1].id != plane.boots[-2].id, plane.boots[-1].position) == (True, 0), "empty tables: rebuild"


def _raw_register(desk: RawPhone, headers: dict[str, str]) -> None:
    """REGISTER with headers of one's own."""
    for _ in range(2):
        aor = f"<sip:{desk.user}@{desk.domain}>"
        got = desk.ask(desk.request("REGISTER", f"sip:{desk.domain}", aor, headers))
        if got.code == 200:
            return
        headers = {**headers, "Authorization": desk.credentials(desk.challenge())}
    raise AssertionError(got)


def test_bindings_survive_a_kill_with_all_their_parts(plane: Plane) -> None:
    _fill(plane)
    with plane.phone("3001") as desk, plane.phone("3002") as caller, plane.phone("3003") as nated:
        assert desk.register(instance="00000000-0000-1000-8000-000000000009").code == 200
        assert caller.register().code == 200
        contact = {"Contact": "<sip:3003@192.168.1.5:5060>", "Path": "<sip:127.0.0.1:9;lr>", "Supported": "path"}
        _raw_register(nated, {**contact, "Expires": "500"})
        before = {line.aor: line for line in plane.lines(Bound, 3)}
        assert before["3003"].received == f"sip:127.0.0.1:{nated.port}"
        assert before["3003"].path == "<sip:127.0.0.1:9;lr>"
        _restart(plane)
        call = Outgoing(caller, "2019")
        invite = expect(desk, "INVITE", call)
        answer(desk, invite, 486)
        call.refusal()
        after = desk.register(instance="00000000-0000-1000-8000-000000000009")
        assert after.code == 200
        assert len(after.all("contact")) == 1
        _raw_register(nated, {**contact, "Expires": "500"})
        again = plane.lines(Bound, 2, aor="3003")[-1]
        assert (again.contact, again.received, again.path) == (
            before["3003"].contact, before["3003"].received, before["3003"].path,
        )  # fmt: skip
        assert plane.lines(Bound, 2, aor="3001")[-1].instance == "urn:uuid:00000000-0000-1000-8000-000000000009"
    assert not [line for line in plane.journal() if isinstance(line, Unbound)]


def test_call_in_progress_outlives_kamailio_and_its_end_is_recorded(plane: Plane) -> None:
    _fill(plane)
    with plane.phone("3001") as desk, plane.phone("3002") as caller:
        desk.register()
        caller.register()
        call = Outgoing(caller, "2019")
        invite = expect(desk, "INVITE", call)
        answer(desk, invite, 200)
        theirs, ours = Dialog.of_caller(call, call.reply(200)), Dialog.of_callee(desk, invite, "callee")
        caller.send(theirs.request("ACK", cseq=caller.cseq))
        expect(desk, "ACK", call)
        plane.disconnect()
        plane.restart()  # nobody fills the tables: what is in a dialog does not need them
        desk.send(ours.request("INFO"))
        info = expect(caller, "INFO", call)
        assert "3002" in info.require("to"), "the caller is still spoken to by the name he gave himself"
        answer(caller, info, 200)
        caller.send(theirs.request("BYE"))
        answer(desk, expect(desk, "BYE", call), 200)
        (ended,) = plane.lines(CallEnded, id=call.call_id)
        assert (ended.cause, ended.by) == ("normal", "caller")


def test_the_journal_tells_of_each_start_between_the_calls_of_before_and_after(plane: Plane) -> None:
    """R4.5: so that a call which rang then is known to be over (docs/switch-contract.md, "start")."""
    _fill(plane)
    with plane.phone("3001") as desk, plane.phone("3002") as caller:
        desk.register()
        caller.register()
        before = Outgoing(caller, "2019")
        expect(desk, "INVITE", before)
        (began,) = plane.lines(CallBegan, id=before.call_id)
        _restart(plane)
        first, second = plane.lines(Started, 2)
        after = Outgoing(caller, "2019")
        answer(desk, expect(desk, "INVITE", after), 486)
        after.refusal()
        (later,) = plane.lines(CallBegan, id=after.call_id)
    assert first.at < began.at < second.at < later.at
    every = [line for line in plane.journal() if isinstance(line, Started | CallBegan)]
    assert every == [first, began, second, later], "one line a start, however many processes there are"


def test_until_the_tables_are_filled_everybody_is_told_to_wait(plane: Plane) -> None:
    plane.disconnect()
    plane.restart()
    with plane.phone("3001") as desk:
        for request in (desk.register_request(), desk.request("OPTIONS", f"sip:{desk.domain}", "<sip:x@y>")):
            got = desk.ask(request)
            assert (got.code, got.header("retry-after")) == (503, "5")
    plane.connect()
    _fill(plane)
    with plane.phone("3001") as desk:
        assert desk.register().code == 200


def test_binding_that_is_not_renewed_ends_with_a_line(plane: Plane) -> None:
    _fill(plane)
    with plane.phone("3001") as desk:
        assert desk.register(expires=1).code == 200
        (line,) = plane.lines(Unbound, aor="3001")
        assert (line.contact, line.why) == (desk.contact, "expired")
        assert desk.register(expires=60).code == 200
    assert len(plane.lines(Bound, 2, aor="3001")) == 2
