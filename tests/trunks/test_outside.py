"""People logged in at outside telephones (R2.6), through a whole node: in by a call, called there, found, out again."""

from __future__ import annotations

import pytest

from freeseat.domain.desk_login import Method
from freeseat.domain.directory import Elsewhere
from freeseat.domain.events import Kind
from tests.acceptance.office import PIN, STANDARD, Office
from tests.clients.raw import RawPhone
from tests.clients.waiting import until
from tests.sip_plane.talk import Dialog, Outgoing, answer, expect
from tests.trunks.conftest import Carriers

pytestmark = pytest.mark.sip

MOBILE = "+44123"
LOGIN_NUMBER = "+49309000"


def call_in(office: Office, carrier: RawPhone, digits: str, *heard: str) -> None:
    """Call the number for logging in from a mobile telephone and key these digits."""
    call = carrier.call(LOGIN_NUMBER, headers={"P-Asserted-Identity": f"<sip:{MOBILE}@carrier>"})
    call.digits(digits)
    office.ear_of(call).hear(*heard, "goodbye")
    assert call.ended()


def test_by_a_call_from_a_mobile_telephone(office: Office, carriers: Carriers) -> None:
    """Extension, PIN, 1: from now on his calls go there, by the second trunk where the first fails."""
    call_in(office, carriers.first, f"2020#{PIN}#1#", "extension", "is_at_outside_number", "digit_plus")
    place = office.place("2020")
    assert (place.place, place.method, place.registered) == ("tel:" + MOBILE, Method.EXTERNAL, True)
    desk = office.raw_desk("3001")
    call = Outgoing(desk, "2020")
    answer(carriers.first, expect(carriers.first, "INVITE", call), 503)
    invite = expect(carriers.second, "INVITE", call)
    assert invite.uri.startswith(f"sip:{MOBILE}@")
    shown = invite.address("from")
    assert shown is not None
    assert (shown.display, shown.user) == ("Bill", "+49301000")
    answer(carriers.second, invite, 180)
    answer(carriers.second, invite, 200)
    dialog = Dialog.of_caller(call, call.reply(200))
    desk.send(dialog.request("ACK", cseq=desk.cseq))
    expect(carriers.second, "ACK", call)
    desk.send(dialog.request("BYE"))
    answer(carriers.second, expect(carriers.second, "BYE", call), 200)
    record = office.await_call(lambda each: each.ended_at is not None, "the call's record", user="2020")
    assert (record.called, record.called_phone, record.kind) == ("2020", "tel:" + MOBILE, "internal")
    office.menu(desk, "*342020", "", "extension", "is_at_outside_number")
    call_in(office, carriers.second, f"2020#{PIN}#0#", "extension", "logged_out")
    assert office.events(Kind.LOGGED_OUT, user="2020")
    assert "2020" not in office.where().values()


def test_at_another_number_beside_his_phone(office: Office, carriers: Carriers) -> None:
    """R2.8, several: both ring, the first to answer wins. A number that will not do is asked for again."""
    office.cos(STANDARD, elsewhere=Elsewhere.SEVERAL)
    call = carriers.first.call(LOGIN_NUMBER)
    call.digits(f"2019#{PIN}#112#")
    office.ear_of(call).hear("refused_outside_number", "enter_outside_number")
    call.digits("0044777#")
    office.ear_of(call).hear("is_at_outside_number", "goodbye")
    assert call.ended()
    assert set(office.where()) == {"3001", "tel:0044777"}
    office.phone("3002")
    office.seat("2020", "3002")
    desk, caller = office.raw_desk("3001"), office.raw_desk("3002")
    rung = Outgoing(caller, "2019")
    there = expect(carriers.first, "INVITE", rung)
    here = expect(desk, "INVITE", rung)
    answer(carriers.first, there, 183)
    answer(desk, here, 200)
    dialog = Dialog.of_caller(rung, rung.reply(200))
    answer(carriers.first, expect(carriers.first, "CANCEL", rung), 200)
    answer(carriers.first, there, 487)
    caller.send(dialog.request("ACK", cseq=caller.cseq))
    caller.send(dialog.request("BYE"))
    answer(desk, expect(desk, "BYE", rung), 200)
    office.await_call(lambda each: each.ended_at is not None, "the end of the call", user="2019")


def test_who_does_not_know_the_pin_learns_nothing(office: Office, carriers: Carriers) -> None:
    """R2.15: an unknown extension and a wrong PIN sound alike, and are counted for the carrier's address."""
    for extension in ("2020", "2999"):
        call = carriers.first.call(LOGIN_NUMBER)
        call.digits(f"{extension}#0000#")
        until(lambda extension=extension: office.reasons(user=extension), "it was refused")  # type: ignore[misc]
        call.hang_up()
    assert office.reasons(user="2020") == office.reasons(user="2999") == ["wrong_credentials"]
    (event, *_) = office.events(Kind.LOGIN_REFUSED, user="2020")
    assert event.actor.source == carriers.first.ip
