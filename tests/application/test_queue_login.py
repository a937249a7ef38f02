"""Taking part in queues: codes, membership, options, the unreg warning, leaving (R5.1 to R5.7, R1.9, R2.12)."""

from __future__ import annotations

import pytest

from freeseat.application.directory import phones, trunks, users
from freeseat.application.directory.rules import set_code
from freeseat.application.queues.directory import add_queue, delete_queue, remove_member
from freeseat.domain.desk_login import Method
from freeseat.domain.directory import FeatureCode, Function, Phone, Scope
from freeseat.domain.errors import Clash, InUse, InvalidValue
from freeseat.domain.events import Kind
from freeseat.domain.queues import Queue, Readiness
from freeseat.domain.reasons import Reason
from freeseat.domain.trunks import InboundNumber
from tests.application.centre import Centre
from tests.application.office import ADMIN, PIN, Office


@pytest.fixture
def centre(office: Office) -> Centre:
    return Centre(office)


def presence(centre: Centre, user: str = "2019") -> dict[str, bool]:
    numbers = [queue.number for queue in centre.read(lambda tx: tx.queues.list())]
    members = {number: [each.user for each in centre.seen(number).members] for number in numbers}
    return {number: centre.one(user, number).logged_in for number in numbers if user in members[number]}


# -- codes (R5.1)


def test_a_code_toggles_and_its_digits_log_in_and_out(centre: Centre) -> None:
    centre.login("2019", "3001")
    assert [centre.dialled("3001", digits) for digits in ("811", "811", "8111", "8111", "8110", "8110")] == [
        True, False, True, True, False, False,
    ]  # fmt: skip
    kinds = [event.kind for event in centre.events(Kind.QUEUE_LOGGED_IN, Kind.QUEUE_LOGGED_OUT)]
    assert kinds == [Kind.QUEUE_LOGGED_IN, Kind.QUEUE_LOGGED_OUT] * 2, "what changes nothing is no event"


def test_the_order_of_the_digits_is_a_setting_per_queue_and_another_for_all(centre: Centre) -> None:
    centre.login("2019", "3001")
    centre.change(reversed_digits=True)
    assert [centre.dialled("3001", digits) for digits in ("8110", "8111")] == [True, False]
    assert [centre.dialled("3001", digits) for digits in ("9001", "9000")] == [True, False]
    centre.policy(queues_reversed_digits=True)
    assert [centre.dialled("3001", digits) for digits in ("9000", "9001")] == [True, False]


def test_the_code_of_all_queues_logs_in_to_the_rest(centre: Centre) -> None:
    for number, code in (("801", "812"), ("802", "813")):
        centre.queue(number, code)
    centre.member("801", "2019")
    centre.login("2019", "3001")
    centre.dialled("3001", "811")
    assert presence(centre) == {"800": True, "801": False}
    assert centre.dialled("3001", "900")
    assert presence(centre) == {"800": True, "801": True}
    assert not centre.dialled("3001", "900")
    assert presence(centre) == {"800": False, "801": False}


def test_only_a_members_line_may_use_them_and_nothing_changes_otherwise(centre: Centre) -> None:
    """R5.2: on a shared phone the caller is its occupant."""
    centre.user("2021")
    assert centre.not_dialled("3001", "811") is Reason.NOT_LOGGED_IN, "an unoccupied phone"
    centre.login("2021", "3001")
    assert centre.not_dialled("3001", "811") is Reason.NOT_A_MEMBER
    assert centre.not_dialled("3001", "900") is Reason.NOT_A_MEMBER
    assert centre.not_dialled("3999", "811") is Reason.NOT_LOGGED_IN
    assert centre.events(Kind.QUEUE_LOGGED_IN) == []
    centre.login("2019", "3001")
    assert centre.dialled("3001", "811"), "the phone's new occupant is one"
    assert [event.data["reason"] for event in centre.events(Kind.LOGIN_REFUSED)][-1] == "not_logged_in"


def test_who_has_a_phone_of_his_own_uses_its_line(centre: Centre) -> None:
    dora = centre.user("2001", hot_desk_access=False)
    centre.phone("4001", shared=False, owner_id=dora.id)
    centre.member("800", "2001")
    centre.bind("4001")
    assert centre.dialled("4001", "811")
    assert centre.state("2001") is Readiness.READY


@pytest.mark.parametrize(
    ("number", "code"), [("800", "899"), ("810", "81"), ("810", "8110"), ("811", "899"), ("810", "90"), ("2019", "899")]
)
def test_a_clash_is_refused_at_entry_and_nothing_is_done(centre: Centre, number: str, code: str) -> None:
    """R1.5"""
    before = centre.position()
    with pytest.raises(Clash):
        centre.write(lambda tx: add_queue(tx, Queue(0, number, code, "x"), ADMIN, centre.now))
    assert centre.position() == before
    with pytest.raises(Clash):
        centre.write(lambda tx: set_code(tx, FeatureCode(Function.QUEUES, "81"), ADMIN, centre.now))
    centre.queue("810", "82")  # and what was free is free


def test_a_changed_code_frees_the_old_strings(centre: Centre) -> None:
    changed = centre.change(code="821")
    assert changed.code == "821"
    centre.queue("801", "811")
    with pytest.raises(Clash, match="queue 801"):
        centre.change(code="811")


# -- a new desk login (R5.5)


def test_a_new_desk_login_starts_queue_logged_out(centre: Centre) -> None:
    centre.agent("2019", "3001")
    centre.logout("3001")
    assert presence(centre)["800"], "left in the queue, and warned of"
    centre.login("2019", "3001")
    assert not presence(centre)["800"]
    assert centre.events(Kind.QUEUE_LOGGED_OUT)[-1].data["why"] == "desk_login"


def test_unless_the_class_of_service_says_otherwise(centre: Centre) -> None:
    centre.queue("801", "812")
    centre.member("801", "2019")
    centre.standard(queue_login_at_desk_login=True)
    centre.bind("3001")
    centre.login("2019", "3001")
    assert presence(centre) == {"800": True, "801": True}
    assert centre.state("2019") is Readiness.READY
    assert {event.data["why"] for event in centre.events(Kind.QUEUE_LOGGED_IN)} == {"desk_login"}


def test_who_moves_takes_his_queues_along(centre: Centre) -> None:
    """Queues follow the person, and what he was being offered is offered anew."""
    centre.agent("2019", "3001")
    centre.bind("3002")
    centre.waits()
    (offer,) = centre.offers()
    centre.login("2019", "3002")
    assert presence(centre)["800"]
    assert centre.answer(offer) is None
    assert centre.rung() == [("2019", "a")]


def test_a_second_desk_changes_nothing(centre: Centre) -> None:
    """R2.8 *several*."""
    centre.standard(elsewhere="several")
    centre.agent("2019", "3001")
    centre.login("2019", "3002")
    assert presence(centre)["800"]
    centre.logout("3001")
    assert centre.state("2019") is Readiness.UNREGISTERED, "3002 is not"
    centre.bind("3002")
    assert centre.state("2019") is Readiness.READY


def test_who_lost_his_registration_comes_back_to_what_he_had(centre: Centre) -> None:
    """He registers as himself; the network was away for a while."""
    centre.trust("10.0.0.0/8")
    centre.register("2019", "call-1")
    binding = centre.bind("2019", "call-1")
    centre.take_part("2019")
    centre.unbind(binding)
    assert (centre.where("2019"), centre.state("2019")) == ([], Readiness.NO_DESK)
    centre.register("2019", "call-2")
    centre.bind("2019", "call-2")
    assert centre.state("2019") is Readiness.READY


# -- leaving the desk, losing the registration (R5.5, R5.6)


@pytest.mark.parametrize("option", [True, False])
def test_desk_logout(centre: Centre, option: bool) -> None:
    centre.change(logout_at_desk_logout=option)
    centre.agent("2019", "3001")
    centre.logout("3001")
    assert presence(centre)["800"] is not option
    assert len(centre.events(Kind.QUEUE_UNREG)) == (not option)
    assert centre.state("2019") is (Readiness.LOGGED_OUT if option else Readiness.NO_DESK)


@pytest.mark.parametrize("option", [True, False])
def test_taken_over_is_left(centre: Centre, option: bool) -> None:
    centre.change(logout_at_desk_logout=option)
    centre.agent("2019", "3001")
    centre.login("2020", "3001")
    assert presence(centre)["800"] is not option


def test_an_unregistered_agent_gets_no_calls_is_counted_apart_and_warned_of(centre: Centre) -> None:
    """R5.6"""
    centre.agent("2019", "3001")
    binding = centre.read(lambda tx: tx.bindings.list(aor="3001"))[0]
    assert centre.seen().ready == 1
    centre.unbind(binding)
    centre.waits()
    assert centre.rung() == []
    seen = centre.seen()
    assert (seen.logged_in, seen.ready, [each.user for each in seen.unregistered], seen.warns) == (1, 0, ["2019"], True)
    (warning,) = centre.events(Kind.QUEUE_UNREG)
    assert (warning.user, warning.data) == ("2019", {"queue": "800"})
    centre.bind("3001", "reg-2")
    assert centre.seen().ready == 1
    assert centre.rung() == [("2019", "a")]


def test_no_unreg_warning_silences_it_but_the_table_shows_it(centre: Centre) -> None:
    centre.change(no_unreg_warning=True)
    centre.login("2019", "3001")
    centre.take_part("2019")
    assert centre.events(Kind.QUEUE_UNREG) == []
    seen = centre.seen()
    assert (len(seen.unregistered), seen.warns) == (1, False)


def test_who_logs_in_unregistered_is_warned_of_at_once(centre: Centre) -> None:
    centre.login("2019", "3001")
    centre.take_part("2019")
    centre.take_part("2019")
    assert len(centre.events(Kind.QUEUE_UNREG)) == 1


def test_logged_out_if_not_registered_and_in_again_when_registered_again(centre: Centre) -> None:
    """R5.5: two options; the second needs the first."""
    centre.change(logout_if_unregistered=True, login_when_registered=True)
    centre.agent("2019", "3001")
    centre.unbind(centre.read(lambda tx: tx.bindings.list(aor="3001"))[0])
    assert not presence(centre)["800"]
    assert centre.events(Kind.QUEUE_LOGGED_OUT)[-1].data == {"queue": "800", "why": "unregistered", "suspended": True}
    assert centre.events(Kind.QUEUE_UNREG) == []
    centre.bind("3001", "reg-2")
    assert centre.state("2019") is Readiness.READY
    assert centre.events(Kind.QUEUE_LOGGED_IN)[-1].data["why"] == "registered"


def test_without_the_second_option_he_stays_out(centre: Centre) -> None:
    centre.change(logout_if_unregistered=True)
    centre.agent("2019", "3001")
    centre.unbind(centre.read(lambda tx: tx.bindings.list(aor="3001"))[0])
    centre.bind("3001", "reg-2")
    assert not presence(centre)["800"]


def test_who_then_logs_out_himself_stays_out(centre: Centre) -> None:
    centre.change(logout_if_unregistered=True, login_when_registered=True)
    centre.agent("2019", "3001")
    centre.unbind(centre.read(lambda tx: tx.bindings.list(aor="3001"))[0])
    centre.take_part("2019", log_in=False)
    centre.bind("3001", "reg-2")
    assert not presence(centre)["800"]


def test_who_goes_to_a_desk_that_is_registered_returns_there(centre: Centre) -> None:
    """His phone has died; the next one needs no new registration."""
    centre.change(logout_if_unregistered=True, login_when_registered=True)
    centre.agent("2019", "3001")
    centre.bind("3002")
    centre.unbind(centre.read(lambda tx: tx.bindings.list(aor="3001"))[0])
    assert not presence(centre)["800"]
    centre.login("2019", "3002")
    assert centre.state("2019") is Readiness.READY


def test_one_of_two_bindings_is_enough(centre: Centre) -> None:
    centre.change(logout_if_unregistered=True)
    centre.agent("2019", "3001")
    second = centre.bind("3001", "reg-2", "sip:3001@10.0.0.10")
    centre.unbind(second)
    assert centre.state("2019") is Readiness.READY


def test_an_outside_telephone_is_never_unregistered(centre: Centre) -> None:
    """R2.6, R2.8: his desk phone goes, the outside number stays."""
    centre.standard(elsewhere="several")
    centre.change(logout_if_unregistered=True)
    centre.agent("2019", "3001")
    centre.outside()
    centre.login("2019", None, PIN, Method.EXTERNAL, outside="0301")
    centre.unbind(centre.read(lambda tx: tx.bindings.list(aor="3001"))[0])
    assert centre.state("2019") is Readiness.READY


# -- pause (R5.7)


def test_a_pause_with_its_reason_survives_everything_but_a_queue_logout(centre: Centre) -> None:
    centre.agent("2019", "3001")
    centre.pause("2019", "lunch")
    one = centre.one("2019")
    assert (one.readiness, one.pause_reason, one.paused_since) == (Readiness.PAUSED, "lunch", centre.now)
    assert centre.events(Kind.QUEUE_PAUSED)[-1].data == {"queue": "800", "reason": "lunch"}
    centre.login("2019", "3002")
    centre.bind("3002")
    assert centre.state("2019") is Readiness.PAUSED
    centre.pause("2019", None)
    assert centre.state("2019") is Readiness.READY
    centre.pause("2019", "again")
    centre.take_part("2019", log_in=False)
    centre.take_part("2019")
    assert centre.state("2019") is Readiness.READY
    with pytest.raises(InvalidValue, match="reason"):
        centre.pause("2019", "x" * 81)


# -- leaving for good (R1.9)


def test_a_disabled_user_leaves_his_queues_at_once_with_events(centre: Centre) -> None:
    centre.agent("2019", "3001")
    centre.waits()
    (offer,) = centre.offers()
    centre.change_user("2019", enabled=False)
    (event,) = centre.events(Kind.QUEUE_LOGGED_OUT)
    assert (event.user, event.data["why"]) == ("2019", "user_removed")
    assert centre.answer(offer) is None
    centre.change_user("2019", enabled=True)
    assert not presence(centre)["800"]


def test_a_deleted_user_leaves_no_offer_behind(centre: Centre) -> None:
    centre.agent("2019", "3001")
    centre.agent("2020", "3002")
    centre.waits()
    (offer,) = centre.offers()
    assert offer.user == "2019"
    centre.write(lambda tx: users.delete_user(tx, "2019", ADMIN, centre.now))
    assert [event.kind for event in centre.events()][-2:] == [Kind.QUEUE_LOGGED_OUT, Kind.USER_DELETED]
    assert centre.rung() == [("2020", "a")]


def test_who_is_no_member_any_more_is_logged_out_first(centre: Centre) -> None:
    centre.agent("2019", "3001")
    centre.waits()
    (offer,) = centre.offers()
    centre.write(lambda tx: remove_member(tx, "800", "2019", ADMIN, centre.now))
    assert [event.kind for event in centre.events()][-2:] == [Kind.QUEUE_LOGGED_OUT, Kind.MEMBER_REMOVED]
    assert centre.answer(offer) is None
    assert centre.not_dialled("3001", "811") is Reason.NOT_A_MEMBER


@pytest.mark.parametrize("delete", [True, False])
def test_an_assigned_phone_that_goes_takes_its_owner_from_the_queue(centre: Centre, delete: bool) -> None:
    dora = centre.user("2001", hot_desk_access=False)
    centre.write(lambda tx: phones.add_phone(tx, _assigned(dora.id, dora.class_id), "s3cret-word", ADMIN, centre.now))
    centre.member("800", "2001")
    centre.bind("4001")
    centre.take_part("2001")
    centre.waits()
    (offer,) = centre.offers()
    if delete:
        centre.write(lambda tx: phones.delete_phone(tx, "4001", ADMIN, centre.now))
    else:
        centre.change_phone("4001", enabled=False)
    assert centre.answer(offer) is None
    assert centre.state("2001") is Readiness.NO_DESK
    assert centre.events(Kind.QUEUE_UNREG)[-1].user == "2001"


def _assigned(owner_id: int, class_id: int) -> Phone:
    return Phone(0, "4001", class_id, shared=False, owner_id=owner_id)


def test_a_queue_goes_only_when_it_has_no_callers_and_nothing_means_it(centre: Centre) -> None:
    centre.agent("2019", "3001")
    call = centre.waits()
    centre.write(lambda tx: trunks.set_inbound(tx, InboundNumber(0, "+4930", "800"), ADMIN, centre.now))
    with pytest.raises(InUse, match="1 callers"):
        centre.write(lambda tx: delete_queue(tx, "800", ADMIN, centre.now))
    (offer,) = centre.offers()
    centre.answer(offer)
    with pytest.raises(InUse, match="1 callers"):
        centre.write(lambda tx: delete_queue(tx, "800", ADMIN, centre.now))
    centre.end(call)
    with pytest.raises(InUse, match=r"inbound number \+4930"):
        centre.write(lambda tx: delete_queue(tx, "800", ADMIN, centre.now))
    centre.change(number="850")
    assert [each.destination for each in centre.read(lambda tx: tx.inbound.list())] == ["850"]
    centre.write(lambda tx: trunks.delete_inbound(tx, "+4930", ADMIN, centre.now))
    centre.write(lambda tx: delete_queue(tx, "850", ADMIN, centre.now))
    kinds = [event.kind for event in centre.events()][-4:]
    assert kinds == [Kind.QUEUE_LOGGED_OUT, Kind.MEMBER_REMOVED, Kind.MEMBER_REMOVED, Kind.QUEUE_DELETED]
    centre.queue("800", "811")


def test_a_schedule_for_a_queue_logs_out_its_members(centre: Centre) -> None:
    """R2.12"""
    centre.user("2021")
    for user, phone in (("2019", "3001"), ("2020", "3002"), ("2021", "3003")):
        centre.login(user, phone)
    centre.schedule("0 10 * * *", scope=Scope.QUEUE, scope_value="800")
    centre.later(3600)
    assert centre.timers().scheduled == 2
    assert (centre.where("2019"), centre.where("2020"), centre.where("2021")) == ([], [], ["3003"])
