"""Calls in and out over trunks: a user's number, a queue's, failover, digest, registration, no toll fraud (R4.3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from freeseat.application.directory import trunks
from freeseat.application.directory.users import user_of
from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import queue_of, take_part
from freeseat.application.queues.directory import add_member, add_queue, delete_queue
from freeseat.domain.queues import Queue
from freeseat.domain.trunks import InboundNumber, Trunk
from tests.acceptance.office import ADMINISTRATOR, Office
from tests.clients.raw import CallRefusedError, RawPhone
from tests.clients.registrar import Registrar
from tests.clients.waiting import until
from tests.sip_plane.talk import Outgoing, answer, expect, is_silent
from tests.trunks.conftest import Carriers

pytestmark = pytest.mark.sip


def refused(phone: RawPhone, number: str) -> int:
    with pytest.raises(CallRefusedError) as error:
        phone.call(number)
    return error.value.answer.code


def test_a_call_comes_in_for_a_person(office: Office, carriers: Carriers) -> None:
    """To whatever phone he sits at; the record names him."""
    desk = office.desk("3001", answer=True)
    spying = {
        "Alert-Info": "<http://a>;info=alert-autoanswer",
        "Call-Info": "<sip:a>;answer-after=0",
        "Answer-Mode": "Auto",
    }
    call = carriers.first.call("+49301000", headers={"P-Asserted-Identity": "<sip:+44123@carrier>", **spying})
    invite = desk.last_invite()
    assert not [name for name in spying if invite.header(name.lower())], "nobody outside has a phone pick up by itself"
    asserted = invite.address("p-asserted-identity")
    assert asserted is not None
    assert asserted.user == "+44123"
    call.hang_up()
    record = office.await_call(lambda each: each.ended_at is not None, "the call's record", user="2019")
    assert (record.kind, record.caller, record.called, record.called_phone) == ("inbound", "+44123", "2019", "3001")
    office.phone("3002")
    office.seat("2019", "3002")
    other = office.desk("3002", answer=True)
    carriers.second.call("+49301000").hang_up()
    assert other.last_invite().uri.startswith("sip:3002"), "late binding: the number follows him"


def test_a_call_comes_in_for_a_queue(office: Office, carriers: Carriers) -> None:
    """R5.8: a member is offered the caller and answers; both calls' records name the queue."""
    now = datetime.now(UTC)
    queue = Queue(0, "4000", "811", "Sales", language="qq")

    def enter(tx: Transaction) -> None:
        add_queue(tx, queue, ADMINISTRATOR, now)
        add_member(tx, "4000", "2019", 1, ADMINISTRATOR, now)
        trunks.set_inbound(tx, InboundNumber(0, "+49304000", "4000"), ADMINISTRATOR, now)

    def log_in(tx: Transaction) -> None:
        take_part(tx, user_of(tx, "2019"), [queue_of(tx, "4000")], ADMINISTRATOR, now, log_in=True)

    office.write(enter)
    desk = office.desk("3001", answer=True)
    office.write(log_in)
    call = carriers.first.call("+49304000", headers={"P-Asserted-Identity": "<sip:+44123@carrier>"})
    until(lambda: any(each.method == "INVITE" for each in desk.received()), "the member's phone rings")
    invite = desk.last_invite()
    assert "+44123" in invite.require("from"), "the member sees who waits"
    inbound = office.await_call(lambda each: each.kind == "inbound", "the caller's record")
    assert (inbound.called, inbound.queue) == ("4000", "4000")
    offer = office.await_call(lambda each: each.kind == "offer" and each.answered_at is not None, "the offer's record")
    assert (offer.called, offer.called_phone, offer.queue, offer.caller) == ("2019", "3001", "4000", "+44123")
    call.hang_up()
    until(lambda: not office.read(lambda tx: tx.waiting.of_queue(queue_of(tx, "4000").id)), "nobody waits")
    office.await_call(lambda each: each.kind == "offer" and each.ended_at is not None, "the offer's end")

    def delete(tx: Transaction) -> None:
        trunks.delete_inbound(tx, "+49304000", ADMINISTRATOR, now)
        delete_queue(tx, "4000", ADMINISTRATOR, now)

    office.write(delete)


@pytest.mark.parametrize("silent", [False, True])
def test_the_second_trunk_takes_over(office: Office, carriers: Carriers, silent: bool) -> None:
    """Whether the first one refuses with 503 or says nothing; the call is one, under the user."""
    desk = office.raw_desk("3001")
    call = Outgoing(desk, "030123")
    invite = expect(carriers.first, "INVITE", call)
    shown = invite.address("from")
    assert shown is not None
    assert (shown.display, shown.user) == ("Bill", "+49301000"), "R3.2"
    if not silent:
        answer(carriers.first, invite, 503)
    answer(carriers.second, expect(carriers.second, "INVITE", call, 6), 486)
    assert call.refusal().code == 486
    record = office.await_call(lambda each: each.ended_at is not None, "one record", user="2019")
    assert (record.kind, record.dialled, record.cause, record.caller_phone) == ("national", "030123", "busy", "3001")
    assert len(office.calls(user="2019")) == 1
    if silent:
        call = Outgoing(desk, "030124")
        answer(carriers.second, expect(carriers.second, "INVITE", call, 2), 486)
        call.refusal()
        assert is_silent(carriers.first, "INVITE", call=call), "a silent trunk is passed over for a while"


def test_a_change_of_the_trunks_reaches_the_switch(office: Office, carriers: Carriers) -> None:
    desk = office.raw_desk("3001")
    office.change_trunk("first", enabled=False)
    office.change_trunk("second", prefixes=("0",), strip=1, prepend="+49")
    call = Outgoing(desk, "030123")
    invite = expect(carriers.second, "INVITE", call)
    assert invite.uri.startswith("sip:+4930123@")
    answer(carriers.second, invite, 404)
    assert call.refusal().code == 404
    assert refused(desk, "+49301") == 404, "no trunk carries it"
    assert refused(carriers.first, "+49301000") == 403, "whose trunk is disabled is a stranger"
    office.write(lambda tx: trunks.delete_inbound(tx, "+49301000", ADMINISTRATOR, datetime.now(UTC)))
    assert refused(carriers.second, "+49301000") == 404


def test_a_trunk_at_which_we_register(office: Office, carriers: Carriers) -> None:
    """It challenges REGISTER; calls come to the Contact that only it knows, from whatever address. Kamailio may die."""
    with Registrar(office.node.server, "127.0.0.24", "freeseat", "pass|word") as registrar:
        uri = f"sip:{registrar.phone.ip}:{registrar.phone.port}"
        office.trunk(Trunk(0, "account", uri, username="freeseat", registers=True), "pass|word")
        contact = registrar.serve().address("contact")
        assert contact is not None
        desk = office.raw_desk("3001")
        call = Outgoing(carriers.stranger, contact.user, challenged=False, to="<sip:+49301000@carrier>")
        answer(desk, expect(desk, "INVITE", call), 486)
        assert call.refusal().code == 486
        before = office.node.kill("kamailio")
        assert registrar.serve().address("contact") == contact, "the same again: the registrar keeps one"
        office.node.await_restart("kamailio", before)
        office.await_carried()
        office.change_trunk("account", registers=False)
        assert registrar.serve().require("expires") == "0"


@pytest.mark.parametrize("number", ["2019", "3001", "*45", "*332019", "112", "030123", "0044123", "+49309999"])
def test_nobody_calls_through_us_from_outside(office: Office, carriers: Carriers, number: str) -> None:
    """No toll fraud: a carrier reaches inbound numbers only, a stranger nothing at all."""
    assert refused(carriers.first, number) == 404
    assert refused(carriers.stranger, number) == 403, "challenged, and then refused"
    assert is_silent(carriers.second, "INVITE", 0.05)


def test_an_emergency_call_without_a_uri_of_its_own(office: Office, carriers: Carriers) -> None:
    """R4.7: by the trunks, with the phone's location, from a phone with nobody there."""
    office.phone("3002", location_id="desk-2")
    call = Outgoing(office.raw_desk("3002"), "112")
    invite = expect(carriers.first, "INVITE", call)
    assert invite.uri.startswith("sip:112@")
    assert invite.header("x-emergency-location") == "desk-2"
    answer(carriers.first, invite, 503)
    answer(carriers.second, expect(carriers.second, "INVITE", call), 486)
    assert call.refusal().code == 486
