"""Which phone is a workplace's, and who is there (R6.1)."""

from __future__ import annotations

from freeseat.application.log_in import Registration
from freeseat.application.ports import Binding
from freeseat.application.proving import Refusal
from freeseat.application.workplaces.acting import log_out_at
from freeseat.application.workplaces.directory import (
    workplace_of,
)
from freeseat.application.workplaces.place import place_of
from freeseat.domain.desk_login import Method
from tests.application.workplaces.desk import PC, Desk


def test_a_page_follows_who_is_at_its_phone(desk: Desk) -> None:
    assert desk.whose() == ""
    desk.login("2019", "3001")
    seen = desk.desk()
    assert seen.occupant is not None
    assert (seen.occupant.user.number, seen.occupant.since, seen.occupant.method) == ("2019", desk.now, Method.MENU)
    desk.login("2020", "3001")
    assert desk.whose() == "2020"
    desk.logout("3001")
    assert desk.desk().occupant is None
    assert desk.desk().queues == ()


def test_the_address_wins_over_the_mac_and_that_over_the_number(desk: Desk) -> None:
    desk.change_phone("3002", mac="0004f2000002")
    desk.alter(mac="00:04:F2:00:00:02", address="10.0.0.33")
    assert desk.phone_at() == "3002"
    desk.bind("3003", source="10.0.0.33")
    assert desk.phone_at() == "3003"
    desk.alter(mac="0004f2999999", address="")
    assert desk.phone_at() == "3001"


def test_several_phones_behind_one_address_say_nothing(desk: Desk) -> None:
    """NAT: the MAC, then the number decide."""
    desk.alter(address="192.0.2.1")
    desk.bind("3002", source="192.0.2.1")
    assert desk.phone_at() == "3002"
    desk.bind("3003", source="192.0.2.1")
    assert desk.phone_at() == "3001"


def test_an_address_without_a_live_binding_says_nothing(desk: Desk) -> None:
    desk.alter(address="10.0.0.33")
    bound = desk.bind("3002", source="10.0.0.33")
    assert desk.phone_at() == "3002"
    desk.unbind(bound)
    assert desk.phone_at() == "3001"


def test_who_registers_as_himself_is_seen_by_the_address(desk: Desk) -> None:
    """R2.2, also at a device that is no known phone; somebody elsewhere who is the same user is not meant."""
    desk.trust("10.0.0.0/8")
    desk.alter(address="10.0.0.33", phone_number="")
    desk.login(
        "2019",
        None,
        method=Method.REGISTER,
        source="10.0.0.33",
        registration=Registration("call-1", "sip:2019@10.0.0.33"),
    )
    assert desk.whose() == ""
    desk.bind("2019", call_id="call-1", source="10.0.0.33")
    assert desk.whose() == "2019"
    place = desk.read(lambda tx: place_of(tx, workplace_of(tx, "desk")))
    assert place is not None
    assert (place.aor, place.phone) == ("2019", None)
    desk.alter(address="10.0.0.34")
    assert desk.whose() == ""


def test_registering_as_himself_at_a_known_phone_is_one_device(desk: Desk) -> None:
    desk.trust("10.0.0.0/8")
    desk.change_phone("3001", mac="0004f2000001")
    desk.alter(address="10.0.0.33")
    desk.bind("3001", source="10.0.0.33")
    registration = Registration("call-1", "sip:2019@10.0.0.33", ("0004f2000001",))
    desk.login("2019", None, method=Method.REGISTER, source="10.0.0.33", registration=registration)
    desk.bind("2019", call_id="call-1", source="10.0.0.33")
    assert (desk.whose(), desk.phone_at()) == ("2019", "3001")


def test_an_assigned_phone_is_its_owners(desk: Desk) -> None:
    desk.user("2001", hot_desk_access=False)
    owner = desk.read(lambda tx: tx.users.get(number="2001"))
    assert owner is not None
    desk.phone("4001", shared=False, owner_id=owner.id)
    desk.alter(phone_number="4001")
    seen = desk.desk()
    assert seen.occupant is not None
    assert (seen.occupant.user.number, seen.occupant.since) == ("2001", None)
    refused = desk.do(lambda tx, workplace: log_out_at(tx, workplace, "2001", PC, desk.now))
    assert isinstance(refused, Refusal)


def test_a_disabled_workplace_is_blank(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.alter(enabled=False)
    assert desk.desk().place is None


def test_a_binding_row_is_found_by_its_source(desk: Desk) -> None:
    desk.bind("3001", source="2001:db8::7")
    found: list[Binding] = desk.read(lambda tx: tx.bindings.list(source="2001:db8::7"))
    assert [each.aor for each in found] == ["3001"]
