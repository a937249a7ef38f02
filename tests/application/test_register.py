"""Registering as oneself (R2.2), and what a phone's registrations mean for who is logged in (R2.12, R2.14)."""

from __future__ import annotations

import pytest

from freeseat.application.log_out import LoggedOut
from freeseat.application.proving import Refusal
from freeseat.domain.desk_login import EndReason, Method, State
from freeseat.domain.directory import Elsewhere
from freeseat.domain.events import Kind
from freeseat.domain.reasons import Reason
from tests.application.office import Office, contact


@pytest.fixture
def trusting(office: Office) -> Office:
    office.trust("10.0.0.0/24", location_id="NET-1")
    return office


def refusal(office: Office, *args: object, **kwargs: object) -> Reason:
    done = office.try_register(*args, **kwargs)  # type: ignore[arg-type]
    assert isinstance(done, Refusal), done
    return done.reason


def test_an_empty_list_admits_nobody(office: Office) -> None:
    assert refusal(office, "2019") is Reason.UNTRUSTED_NETWORK


@pytest.mark.parametrize(
    ("cidr", "inside", "outside"),
    [("10.0.0.0/24", "10.0.0.9", "10.0.1.9"), ("2001:db8::/32", "2001:db8::9", "2001:db9::9")],
)
def test_only_from_a_trusted_network(office: Office, cidr: str, inside: str, outside: str) -> None:
    office.trust(cidr)
    assert refusal(office, "2019", source=outside) is Reason.UNTRUSTED_NETWORK
    assert office.register("2019", source=inside).login.method is Method.REGISTER


def test_an_untrusted_source_learns_nothing_and_locks_nobody(office: Office) -> None:
    """R2.15: right, wrong and unknown all look the same from there, and none is counted."""
    for number, right in (("2019", True), ("2019", False), ("2999", False)) * 3:
        assert refusal(office, number, right=right, fingerprint=f"{right}") is Reason.UNTRUSTED_NETWORK
    assert office.events(Kind.PIN_LOCKED) == []


def test_the_rules_of_login_hold(trusting: Office) -> None:
    """R2.2: hot desk access, and the PIN right."""
    trusting.user("2030", hot_desk_access=False)
    assert refusal(trusting, "2030") is Reason.NO_HOT_DESK_ACCESS
    assert refusal(trusting, "2019", right=False) is Reason.WRONG_CREDENTIALS


def test_at_an_unknown_device(trusting: Office) -> None:
    done = trusting.register("2019")
    assert done.phone is None
    (place,) = trusting.places("2019")
    assert (place.place, place.phone, place.location_id) == ("2019", "", "NET-1")
    assert (done.login.call_id, done.login.contact) == ("call-1", contact("2019", "10.0.0.9"))
    assert done.login.source == "10.0.0.9"


def test_at_a_known_device(trusting: Office) -> None:
    """The phone is occupied, and anybody there before has to leave (R2.7)."""
    trusting.change_phone("3001", mac="001565aabbcc", location_id="LOC-7", site="North")
    trusting.login("2020", "3001")
    done = trusting.register("2019", device="001565aabbcc")
    assert [each.end_reason for each in done.ended] == [EndReason.TAKEN_OVER]
    (place,) = trusting.places("2019")
    assert (place.place, place.phone, place.site, place.location_id) == ("2019", "3001", "North", "LOC-7")
    assert trusting.occupant("3001") == "2019"


def test_registering_moves_a_login_away_from_a_phone(trusting: Office) -> None:
    trusting.login("2019", "3001")
    trusting.register("2019")
    assert trusting.where("2019") == ["2019"]
    assert trusting.occupant("3001") == ""


def test_the_same_registration_asked_twice_is_one_login(trusting: Office) -> None:
    first = trusting.register("2019")
    before = trusting.position()
    again = trusting.register("2019")
    assert again.login == first.login
    assert trusting.events(since=before) == []


def test_a_registration_that_moves_to_another_device(trusting: Office) -> None:
    trusting.register("2019", "call-1", "10.0.0.9")
    old = trusting.bind("2019", "call-1", source="10.0.0.9")
    before = trusting.position()
    trusting.register("2019", "call-2", "10.0.0.8")
    assert [place.since for place in trusting.places("2019")] == [trusting.now]
    ended = trusting.events(Kind.LOGGED_OUT, since=before)[0]
    assert ended.data["contact"] == old.contact, "so that the switch removes the binding of the device he left"


def test_an_ended_registration_is_refused(trusting: Office) -> None:
    """The device he left refreshes its registration: that must not take the login back."""
    trusting.register("2019", "call-1", "10.0.0.9")
    trusting.register("2019", "call-2", "10.0.0.8")
    assert refusal(trusting, "2019", "call-1", "10.0.0.9") is Reason.REGISTRATION_ENDED
    trusting.login("2019", "3001")
    assert refusal(trusting, "2019", "call-2", "10.0.0.8") is Reason.REGISTRATION_ENDED
    trusting.register("2019", "call-3", "10.0.0.9")


def test_unregistering_logs_out(trusting: Office) -> None:
    trusting.register("2019")
    done = trusting.unregister("2019")
    assert isinstance(done, LoggedOut)
    assert [each.login.end_reason for each in done.ended] == [EndReason.LOGOUT]
    assert trusting.where("2019") == []


def test_unregistering_an_old_registration_ends_nothing(trusting: Office) -> None:
    trusting.register("2019", "call-1", "10.0.0.9")
    trusting.register("2019", "call-2", "10.0.0.8")
    done = trusting.unregister("2019", "call-1", "10.0.0.9")
    assert isinstance(done, LoggedOut)
    assert done.ended == ()
    assert trusting.where("2019") == ["2019"]


def test_who_unregistered_himself_may_come_back_with_the_same_call_id(trusting: Office) -> None:
    """RFC 3261 section 10.2: a phone uses one Call-ID for all its registrations until it restarts."""
    trusting.register("2019")
    trusting.unregister("2019")
    trusting.register("2019")
    assert trusting.where("2019") == ["2019"]


def test_a_binding_that_expires_logs_out(trusting: Office) -> None:
    trusting.register("2019")
    binding = trusting.bind("2019", "call-1")
    trusting.later(500)
    trusting.unbind(binding)
    assert trusting.where("2019") == []
    assert trusting.events(Kind.LOGGED_OUT)[-1].data["reason"] == "unregistered"


def test_who_only_expired_comes_back_by_himself_unless_he_sits_elsewhere(trusting: Office) -> None:
    """The network was away for longer than the registration: the phone's refresh logs him in again."""
    trusting.register("2019")
    trusting.unbind(trusting.bind("2019", "call-1"))
    assert trusting.where("2019") == []
    trusting.register("2019")
    trusting.unbind(trusting.bind("2019", "call-1"))
    trusting.login("2019", "3001")
    assert refusal(trusting, "2019", "call-1", "10.0.0.9") is Reason.REGISTRATION_ENDED
    assert trusting.where("2019") == ["3001"]


def test_the_old_devices_binding_that_expires_does_not_end_the_new_login(trusting: Office) -> None:
    trusting.register("2019", "call-1", "10.0.0.9")
    old = trusting.bind("2019", "call-1", source="10.0.0.9")
    trusting.register("2019", "call-2", "10.0.0.8")
    trusting.unbind(old)
    assert trusting.where("2019") == ["2019"], "even before the new binding was seen"
    new = trusting.bind("2019", "call-2", source="10.0.0.8")
    trusting.unbind(new)
    assert trusting.where("2019") == []


def test_a_changed_contact_of_the_same_registration_does_not_log_out(trusting: Office) -> None:
    """A NAT gives the phone another port."""
    trusting.register("2019")
    old = trusting.bind("2019", "call-1")
    trusting.bind("2019", "call-1", "sip:2019@10.0.0.9:6000")
    trusting.unbind(old)
    assert trusting.where("2019") == ["2019"]


def test_each_of_several_registrations_ends_with_its_own_binding(trusting: Office) -> None:
    trusting.standard(elsewhere=Elsewhere.SEVERAL)
    trusting.register("2019", "call-1", "10.0.0.9")
    trusting.register("2019", "call-2", "10.0.0.8")
    first = trusting.bind("2019", "call-1", source="10.0.0.9")
    second = trusting.bind("2019", "call-2", source="10.0.0.8")
    trusting.unbind(first)
    assert len(trusting.places("2019")) == 1
    trusting.unbind(second)
    assert trusting.places("2019") == ()


def test_a_phone_that_stops_being_registered(office: Office) -> None:
    """R2.12: logs out where the class of service says so; else the login stays (R2.14)."""
    for unregistered_logout in (False, True):
        office.standard(unregistered_logout=unregistered_logout)
        office.login("2019", "3001")
        binding = office.bind("3001")
        office.unbind(binding)
        assert bool(office.places("2019")) is not unregistered_logout


def test_a_phone_rings_all_its_contacts_and_is_registered_while_one_is_left(office: Office) -> None:
    """R1.3."""
    office.standard(unregistered_logout=True)
    office.login("2019", "3001")
    first = office.bind("3001", "reg-1", source="10.0.0.9")
    second = office.bind("3001", "reg-2", source="10.0.0.8")
    office.unbind(first)
    assert office.occupant("3001") == "2019"
    office.unbind(second)
    assert office.occupant("3001") == ""


@pytest.mark.parametrize("high_security", [False, True])
@pytest.mark.parametrize("long", [False, True], ids=["short", "longer than its registration"])
def test_power_loss(office: Office, high_security: bool, long: bool) -> None:
    """R2.14: after a reboot the occupant is still logged in, unless the class of service says high security."""
    office.standard(high_security=high_security)
    office.login("2019", "3001")
    binding = office.bind("3001", "reg-1")
    office.later(900 if long else 30)
    if long:
        office.unbind(binding)
    office.bind("3001", "reg-2")
    assert (office.occupant("3001") == "") is high_security
    if high_security:
        assert office.events(Kind.LOGGED_OUT)[-1].data["reason"] == "power_loss"


def test_a_refresh_is_no_power_loss(office: Office) -> None:
    office.standard(high_security=True)
    office.login("2019", "3001")
    office.bind("3001", "reg-1")
    office.later(400)
    office.bind("3001", "reg-1", "sip:3001@10.0.0.9:6000")
    assert office.occupant("3001") == "2019"


def test_a_second_device_of_the_same_number_is_no_power_loss(office: Office) -> None:
    """R1.3: a shared phone rings all its contacts; the devices are told apart by their instance (RFC 5626)."""
    office.standard(high_security=True)
    office.bind("3001", "reg-1", instance="<urn:uuid:1>", source="10.0.0.9")
    office.login("2019", "3001")
    office.bind("3001", "reg-2", instance="<urn:uuid:2>", source="10.0.0.8")
    assert office.occupant("3001") == "2019"
    office.bind("3001", "reg-3", instance="<urn:uuid:1>", source="10.0.0.9")
    assert office.occupant("3001") == ""


def test_who_registered_as_himself_is_not_a_rebooted_phone(trusting: Office) -> None:
    trusting.standard(high_security=True)
    trusting.register("2019", "call-1")
    trusting.bind("2019", "call-1")
    trusting.register("2019", "call-2")
    trusting.bind("2019", "call-2")
    assert trusting.where("2019") == ["2019"]


def test_unregistered_during_a_call_waits_for_its_end(office: Office) -> None:
    """R2.13."""
    office.standard(unregistered_logout=True)
    office.login("2019", "3001")
    binding = office.bind("3001")
    office.call("3001")
    office.unbind(binding)
    assert [place.state for place in office.places("2019")] == [State.PENDING]
    office.hang_up()
    assert office.places("2019") == ()


def test_registered_again_during_the_call_stays(office: Office) -> None:
    """A phone that lost its registration during a call and has it back before the end: nothing is left to wait for."""
    office.standard(unregistered_logout=True)
    office.login("2019", "3001")
    binding = office.bind("3001")
    office.call("3001")
    office.unbind(binding)
    office.bind("3001", "reg-2")
    office.hang_up()
    assert [place.state for place in office.places("2019")] == [State.ACTIVE]
