"""(h) Emergency calls with the phone's location (R4.7), idle policy (R4.8), rights (R3.5), interconnect (R4.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from freeseat.domain.directory import IdlePolicy, Right
from freeseat.domain.policy import EmergencyNumber, Policy
from freeseat.domain.trunks import Trunk
from tests.acceptance.office import PIN, Office, shown
from tests.clients.account import Account
from tests.clients.baresip import Baresip
from tests.clients.raw import CallRefusedError, RawPhone
from tests.clients.waiting import until

pytestmark = pytest.mark.sip

LOCATION = "X-Emergency-Location"


@pytest.fixture
def rescue(office: Office) -> Iterator[Baresip]:
    """The rescue centre's gateway, which answers 112."""
    with Baresip("127.0.0.8", tone=1_500, answer="auto") as gateway:
        gateway.use(Account("112", "", (gateway.ip, gateway.sip_port)))
        uri = f"sip:112@{gateway.ip}:{gateway.sip_port}"
        office.policy(replace(Policy(), emergency=(EmergencyNumber("112", uri),), main_number="0301234"))
        yield gateway


def refused(phone: RawPhone, target: str) -> tuple[int, str]:
    """Code and reason by which a call is refused."""
    with pytest.raises(CallRefusedError) as error:
        phone.call(target)
    return error.value.answer.code, error.value.answer.reason


def test_from_an_empty_phone_and_from_an_occupied_one(office: Office, rescue: Baresip) -> None:
    office.cos("nothing", rights=frozenset())
    office.user("2019", name="Bill", location="at home", cos="nothing")
    office.phone("3001", location_id="berlin-2nd-floor", cos="nothing")
    desk = office.desk("3001", tone=440)

    desk.call("112")
    desk.hear(1_500)
    rescue.hear(440)
    invite = rescue.last_invite()
    assert invite.all(LOCATION) == ("berlin-2nd-floor",)
    assert shown(invite) == ("", "0301234"), "R3.2: never the phone's own number"
    desk.hang_up()
    rescue.closed()

    office.seat("2019", "3001")
    desk.call("112")
    invite = rescue.last_invite()
    assert invite.all(LOCATION) == ("berlin-2nd-floor",)
    assert shown(invite) == ("Bill", "2019")
    record = office.await_call(lambda call: call.answered_at is not None, "the call is recorded", user="2019")
    assert (record.kind, record.dialled, record.caller_phone) == ("emergency", "112", "3001")


def test_nobody_can_forge_his_location(office: Office, rescue: Baresip) -> None:
    office.phone("3001", location_id="berlin-2nd-floor")
    phone = office.raw_desk("3001")
    call = phone.call("112", headers={LOCATION: "rome", "P-Asserted-Identity": "<sip:1@rome>"})
    invite = rescue.last_invite()
    assert invite.all(LOCATION) == ("berlin-2nd-floor",)
    assert shown(invite) == ("", "0301234")
    call.hang_up()


def test_registered_as_oneself_the_device_or_else_the_network_tells_where(office: Office, rescue: Baresip) -> None:
    known = "11111111-2222-3333-4444-555555555555"
    office.user("2019")
    office.trust("127.1.0.0/16", location_id="somewhere-in-munich")
    office.phone("3001", location_id="berlin-2nd-floor", instance=f"urn:uuid:{known}")
    first = office.raw("2019", PIN, ip="127.1.0.5")
    assert first.register().code == 200
    first.call("112").hang_up()
    assert rescue.last_invite().all(LOCATION) == ("somewhere-in-munich",)
    second = office.raw("2019", PIN, ip="127.1.0.6")
    assert second.register(instance=known).code == 200
    assert office.place("2019").phone == "3001"
    second.call("112").hang_up()
    assert rescue.last_invite().all(LOCATION) == ("berlin-2nd-floor",)


def test_where_no_rescue_centre_is_configured_the_caller_is_told(office: Office) -> None:
    office.phone("3001", location_id="berlin-2nd-floor")
    call = office.raw_desk("3001").call("112")
    office.ear_of(call).hear("emergency_not_configured")
    assert "event=emergency_not_configured dialled=112 phone=3001 location=berlin-2nd-floor" in office.node.log_text()


def test_idle_policy_of_an_empty_shared_phone(office: Office) -> None:
    every = frozenset(Right)
    office.cos("all", rights=every)
    office.user("2001", hot_desk_access=False)
    office.phone("4001", owner="2001")
    office.phone("3001", cos="all")
    office.desk("4001", answer=True)
    phone = office.raw_desk("3001")
    assert refused(phone, "2001") == (403, "Log in to call from this phone")
    office.menu(phone, "*46", "", "refused_not_logged_in")
    office.change_phone("3001", idle_policy=IdlePolicy.INTERNAL)
    phone.call("2001").hang_up()
    assert refused(phone, "0301")[0] == 403
    office.change_phone("3001", idle_policy=IdlePolicy.ALL)
    assert refused(phone, "0301") == (404, "Not Found"), "allowed, but there is no way outside"


@pytest.fixture
def outside(office: Office) -> Iterator[Baresip]:
    """The way outside, at which 0301 answers."""
    with Baresip("127.0.0.8", answer="auto") as trunk:
        trunk.use(Account("0301", "", (trunk.ip, trunk.sip_port)))
        office.trunk(Trunk(0, "outside", f"sip:{trunk.ip}:{trunk.sip_port}"))
        yield trunk


def test_the_rights_of_the_occupant_apply(office: Office, outside: Baresip) -> None:
    """R3.5: internal, national, international, feature codes. Afterwards the phone's own count again."""
    office.cos("national", rights=frozenset({Right.FEATURES, Right.INTERNAL, Right.NATIONAL}))
    office.cos("internal", rights=frozenset({Right.INTERNAL}))
    office.user("2019", name="Bill", cos="national", caller_number="0309900", caller_name="Sales")
    office.user("2020", cos="internal")
    office.phone("3001")
    phone = office.raw_desk("3001")
    office.seat("2019", "3001")
    phone.call("0301").hang_up()
    assert shown(outside.last_invite()) == ("Sales", "0309900"), "R1.1: caller ID number and name"
    assert refused(phone, "0049301") == (403, "International calls are not allowed from here")
    office.seat("2020", "3001")
    assert refused(phone, "0301") == (403, "National calls are not allowed from here")
    assert refused(phone, "*342019") == (403, "Feature codes are not allowed from here")
    office.free("3001")
    assert refused(phone, "0301")[0] == 403


def test_interconnect_restriction(office: Office) -> None:
    """R4.6: groups that may not call each other, whatever phones they sit at."""
    office.policy(replace(Policy(), apart=(("sales", "traders"),)))
    office.user("2001", group="sales", hot_desk_access=False)
    office.user("2019", group="traders")
    office.phone("4001", owner="2001")
    office.phone("3001")
    sales, desk = office.raw_desk("4001"), office.desk("3001", answer=True)
    office.seat("2019", "3001")
    assert refused(sales, "2019") == (403, "Calls to this number are not allowed from here")
    assert desk.refused("2001").code == 403
    office.change_user("2019", group="sales")
    sales.call("2019").hang_up()
    until(
        lambda: [call.cause for call in office.calls(user="2001")].count("refused") == 2,
        "both refusals are recorded",
    )
