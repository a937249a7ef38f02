"""Log out, by the person, remotely, by force; locate (R2.1, R2.9, R2.10, R2.11, R2.13)."""

from __future__ import annotations

from itertools import product

import pytest

from freeseat.application.directory import rules
from freeseat.application.locate import Whereabouts, locate, locate_from, who_is_where
from freeseat.application.log_out import LoggedOut, log_out_after_call
from freeseat.application.proving import Refusal
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import EndReason, Method, State
from freeseat.domain.directory import Elsewhere
from freeseat.domain.events import Kind
from freeseat.domain.reasons import Reason
from tests.application.office import ADMIN, NODE, Office


def ends(done: LoggedOut | Refusal) -> list[EndReason | None]:
    assert isinstance(done, LoggedOut), done
    return [each.login.end_reason or each.login.pending for each in done.ended]


def reason(done: object) -> Reason:
    assert isinstance(done, Refusal), done
    return done.reason


def test_the_occupant_logs_out_with_his_own_pin(office: Office) -> None:
    office.user("2030", "9406")
    office.login("2030", "3001", "9406")
    assert reason(office.logout("3001", "8305")) is Reason.WRONG_CREDENTIALS, "another's PIN is wrong here"
    assert office.occupant("3001") == "2030"
    assert ends(office.logout("3001", "9406")) == [EndReason.LOGOUT]
    assert office.occupant("3001") == ""


def test_who_registered_as_himself_logs_out_by_feature_code(office: Office) -> None:
    """At a device that is no known phone the AoR is his own number; the phone's next refresh is refused."""
    office.trust("10.0.0.0/24")
    office.register("2019", source="10.0.0.9")
    assert reason(office.logout("2019", "0000", source="10.0.0.9")) is Reason.WRONG_CREDENTIALS
    assert ends(office.logout("2019", source="10.0.0.9")) == [EndReason.LOGOUT]
    assert reason(office.try_register("2019", source="10.0.0.9")) is Reason.REGISTRATION_ENDED


def test_of_several_registrations_the_one_that_dials_logs_out(office: Office) -> None:
    office.trust("10.0.0.0/24")
    office.standard(elsewhere=Elsewhere.SEVERAL)
    office.register("2019", "call-1", "10.0.0.9")
    second = office.register("2019", "call-2", "10.0.0.8")
    office.logout("2019", source="10.0.0.8")
    assert office.row(second.login.id).state is State.ENDED
    assert len(office.places("2019")) == 1


@pytest.mark.parametrize("phone", ["3001", "3999", "2019", ""])
def test_nobody_there(office: Office, phone: str) -> None:
    assert reason(office.logout(phone)) is Reason.NOT_LOGGED_IN


def test_an_administrator_frees_a_phone_or_a_user(office: Office) -> None:
    office.login("2019", "3001")
    assert ends(office.free("3001")) == [EndReason.FORCED]
    office.standard(elsewhere=Elsewhere.SEVERAL)
    office.login("2019", "3001")
    office.login("2019", "3002")
    assert ends(office.force("2019")) == [EndReason.FORCED] * 2
    assert reason(office.force("2019")) is Reason.NOT_LOGGED_IN
    assert reason(office.force("2999")) is Reason.NOT_LOGGED_IN
    assert office.events()[-1].actor == ADMIN


def test_an_administrator_may_wait_for_the_call(office: Office) -> None:
    """R2.13: unlike a forced logout."""
    office.login("2019", "3001")
    assert isinstance(done := after_call(office, "3001"), LoggedOut)
    assert ends(done) == [EndReason.REMOTE]
    assert office.occupant("3001") == ""
    office.login("2019", "3001")
    office.call("3001", answered_at="3002")
    assert isinstance(done := after_call(office, "3001"), LoggedOut)
    assert [each.pending for each in done.ended] == [True]
    assert office.occupant("3001") == "2019"
    assert reason(after_call(office, "3002")) is Reason.NOT_LOGGED_IN


def after_call(office: Office, place: str) -> LoggedOut | Refusal:
    return office.write(lambda tx: log_out_after_call(tx, place, ADMIN, office.now))


@pytest.fixture
def bits(office: Office) -> Office:
    """Ann may log others out, at 3002; Bill's class and the phone's are their own."""
    office.cos("supervisor", remote_logout_enabled=True)
    office.cos("person")
    office.cos("desk")
    office.change_user("2020", cos="supervisor")
    office.change_user("2019", cos="person")
    office.change_phone("3001", cos="desk")
    office.login("2020", "3002")
    office.login("2019", "3001")
    return office


@pytest.mark.parametrize(("enabled", "accept", "login_accept"), list(product([True, False], repeat=3)))
def test_remote_logout_checks_all_three_bits(bits: Office, enabled: bool, accept: bool, login_accept: bool) -> None:
    """R2.9, R2.10: the caller's, the user's, the phone's, each of its own class of service."""
    for name, changes in (
        ("supervisor", {"remote_logout_enabled": enabled}),
        ("person", {"remote_logout_accept": accept}),
        ("desk", {"hot_desk_login_accept": login_accept}),
    ):
        change_class(bits, name, changes)
    done = bits.remote("3002", "2019")
    if enabled and accept and login_accept:
        assert ends(done) == [EndReason.REMOTE]
        assert bits.occupant("3001") == ""
        return
    assert bits.occupant("3001") == "2019"
    wanted = Reason.PHONE_REFUSES if accept else Reason.REMOTE_LOGOUT_NOT_ACCEPTED
    assert reason(done) is (wanted if enabled else Reason.REMOTE_LOGOUT_NOT_ENABLED)
    assert bits.events(Kind.LOGIN_REFUSED)[-1].data["reason"] == str(reason(done))


def change_class(office: Office, name: str, changes: dict[str, bool]) -> None:
    office.write(lambda tx: rules.change_class(tx, name, changes, ADMIN, office.now))


def test_the_callers_class_is_his_own_not_the_phones(bits: Office) -> None:
    """R3.5: the occupant's rights apply; the phone's when nobody is there."""
    bits.change_phone("3003", cos="supervisor")
    assert ends(bits.remote("3003", "2019")) == [EndReason.REMOTE], "an empty phone with that class"
    bits.login("2019", "3003")
    assert reason(bits.remote("3003", "2020")) is Reason.REMOTE_LOGOUT_NOT_ENABLED


def test_who_is_not_logged_in_and_who_does_not_exist_look_the_same(bits: Office) -> None:
    bits.logout("3001")
    answers = [bits.remote("3002", number) for number in ("2019", "2999")]
    assert [(reason(a), a.detail) for a in answers if isinstance(a, Refusal)] == [(Reason.NOT_LOGGED_IN, "")] * 2


def test_who_may_not_ask_learns_nothing(office: Office) -> None:
    office.login("2019", "3001")
    assert {reason(office.remote("3002", number)) for number in ("2019", "2020", "2999")} == {
        Reason.REMOTE_LOGOUT_NOT_ENABLED
    }
    assert reason(office.remote("9999", "2019")) is Reason.NOT_PERMITTED


def test_remote_logout_of_somebody_on_a_call_waits(bits: Office) -> None:
    """R2.13."""
    bits.call("3001")
    done = bits.remote("3002", "2019")
    assert isinstance(done, LoggedOut)
    assert [each.pending for each in done.ended] == [True]
    (place,) = bits.places("2019")
    assert (place.state, place.pending) == (State.PENDING, EndReason.REMOTE)
    again = bits.position()
    bits.remote("3002", "2019")
    assert bits.events(since=again) == [], "told twice, it still waits once"
    bits.later(30)
    bits.hang_up()
    assert bits.where("2019") == []
    ended = bits.events(Kind.LOGGED_OUT)[-1]
    assert (ended.data["reason"], ended.at) == ("remote", bits.now)


def test_a_forced_logout_does_not_wait_and_the_call_survives(office: Office) -> None:
    """R2.13."""
    office.login("2019", "3001")
    office.call("3001")
    assert ends(office.force("2019")) == [EndReason.FORCED]
    assert office.where("2019") == []
    assert len(office.read(lambda tx: tx.calls.list(ended_at=None))) == 1


@pytest.mark.parametrize("how", ["himself", "taken over", "moved"])
def test_what_people_do_at_phones_does_not_wait(office: Office, how: str) -> None:
    office.login("2019", "3001")
    office.call("3001")
    if how == "himself":
        office.logout("3001")
    elif how == "moved":
        office.login("2019", "3002")
    else:
        office.login("2020", "3001")
    assert office.occupant("3001") != "2019"


def test_a_pending_logout_is_dropped_when_he_logs_in_again(bits: Office) -> None:
    bits.call("3001")
    bits.remote("3002", "2019")
    bits.login("2019", "3001")
    assert [place.state for place in bits.places("2019")] == [State.ACTIVE]
    bits.hang_up()
    assert bits.occupant("3001") == "2019"


def test_a_pending_logout_waits_for_the_last_of_his_calls(bits: Office) -> None:
    bits.call("3001", call_id="c1")
    bits.call("3002", "2019", answered_at="3001", call_id="c2")
    bits.remote("3002", "2019")
    bits.hang_up("c1")
    assert bits.occupant("3001") == "2019"
    bits.hang_up("c2")
    assert bits.occupant("3001") == ""


def test_locate(office: Office) -> None:
    """R2.11: node, phone, site, since when, by which method."""
    office.change_phone("3001", site="North", location_id="LOC-7")
    office.login("2019", "3001")
    office.bind("3001")
    assert office.places("2019") == (
        Whereabouts(
            user="2019",
            name="User 2019",
            phone="3001",
            place="3001",
            site="North",
            location_id="LOC-7",
            node=NODE,
            since=office.now,
            method=Method.MENU,
            state=State.ACTIVE,
            pending=None,
            registered=True,
        ),
    )


def test_locate_at_no_live_binding(office: Office) -> None:
    office.login("2019", "3001")
    (place,) = office.places("2019")
    assert (place.registered, place.node) == (False, "")


def test_nobody_and_nowhere(office: Office) -> None:
    assert office.read(lambda tx: locate(tx, "2019")) == ()
    assert office.read(lambda tx: locate(tx, "2999")) is None


def test_locate_by_dialling_needs_permission_and_gives_no_numbers_away(office: Office) -> None:
    """R2.11, R2.15."""
    actor = Actor("3002", "10.0.0.1", Channel.VOICE)
    office.login("2019", "3001")

    def ask(user: str, phone: str = "3002") -> object:
        return office.write(lambda tx: locate_from(tx, phone, user, actor, office.now))

    assert ask("2019") == office.places("2019")
    assert ask("2999") == ask("2020") == ()
    office.standard(locate_enabled=False)
    assert {reason(ask(user)) for user in ("2019", "2020", "2999")} == {Reason.NOT_PERMITTED}
    assert reason(ask("2019", "9999")) is Reason.NOT_PERMITTED


def test_who_is_where(office: Office) -> None:
    office.login("2020", "3002")
    office.login("2019", "3001")
    assert [(p.user, p.phone) for p in office.read(who_is_where)] == [("2020", "3002"), ("2019", "3001")]
