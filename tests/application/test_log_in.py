"""Log in at a phone: takeover, elsewhere, refusals, default owner (R1.2, R1.4, R2.5, R2.7, R2.8, R2.9)."""

from __future__ import annotations

import pytest

from freeseat.application.log_in import LoggedIn, LogIn, judge_login, log_in
from freeseat.application.proving import Authority, PinProof, Refusal
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import Elsewhere
from freeseat.domain.events import Event, Kind
from freeseat.domain.reasons import Reason
from tests.application.office import ADMIN, PIN, Office


def story(events: list[Event]) -> list[tuple[str, str, str, object]]:
    """Events as kind, user, phone, reason."""
    return [(e.kind, e.user, e.phone, e.data.get("reason", "")) for e in events]


def test_a_login(office: Office) -> None:
    before = office.position()
    done = office.login("2019", "3001")
    assert (done.user.number, done.phone.number if done.phone else "") == ("2019", "3001")
    assert (done.login.place, done.login.method, done.login.started_at) == ("3001", Method.MENU, office.now)
    assert office.occupant("3001") == "2019"
    (event,) = office.events(since=before)
    assert (event.kind, event.user, event.phone, event.position) == ("logged_in", "2019", "3001", done.position)
    assert event.actor == Actor("2019", "10.0.0.1", Channel.VOICE)
    assert event.data == {"method": "menu", "place": "3001", "login": done.login.id}


def test_takeover(office: Office) -> None:
    """R2.7: needs only the newcomer's PIN, ends the other login in the same transaction; both are told, in order."""
    bill = office.login("2019", "3001")
    before = office.position()
    ann = office.login("2020", "3001")
    assert [each.id for each in ann.ended] == [bill.login.id]
    assert office.occupant("3001") == "2020"
    assert office.where("2019") == []
    assert story(office.events(since=before)) == [
        ("logged_out", "2019", "3001", "taken_over"),
        ("logged_in", "2020", "3001", ""),
    ]
    assert office.row(bill.login.id).end_reason is EndReason.TAKEN_OVER


def test_move(office: Office) -> None:
    """R2.8, the default."""
    office.login("2019", "3001")
    before = office.position()
    office.login("2019", "3002")
    assert office.where("2019") == ["3002"]
    assert office.occupant("3001") == ""
    assert story(office.events(since=before)) == [
        ("logged_out", "2019", "3001", "moved"),
        ("logged_in", "2019", "3002", ""),
    ]


def test_deny_tells_where(office: Office) -> None:
    office.standard(elsewhere=Elsewhere.DENY)
    office.login("2019", "3001")
    refusal = office.try_login("2019", "3002")
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.ELSEWHERE
    assert "3001" in refusal.detail
    assert "2026-03-02 09:00 UTC" in refusal.detail
    assert office.where("2019") == ["3001"]


def test_several(office: Office) -> None:
    office.standard(elsewhere=Elsewhere.SEVERAL)
    for phone in ("3001", "3002", "3003"):
        office.login("2019", phone)
    assert office.where("2019") == ["3001", "3002", "3003"]


def test_a_refused_newcomer_ends_nobodys_login(office: Office) -> None:
    office.cos("strict", elsewhere=Elsewhere.DENY)
    office.change_user("2020", cos="strict")
    office.login("2020", "3002")
    office.login("2019", "3001")
    assert office.refused("2020", "3001") is Reason.ELSEWHERE
    assert office.refused("2020", "3001", "0000") is Reason.WRONG_CREDENTIALS
    assert (office.occupant("3001"), office.occupant("3002")) == ("2019", "2020")


def test_logging_in_again_at_the_same_phone_changes_nothing(office: Office) -> None:
    first = office.login("2019", "3001")
    before = office.position()
    office.later(60)
    again = office.login("2019", "3001")
    assert again.login == first.login
    assert office.events(since=before) == []


def test_another_method_at_the_same_phone(office: Office) -> None:
    office.login("2019", "3001")
    office.login("2019", "3001", method=Method.WEB)
    assert [place.method for place in office.places("2019")] == [Method.WEB]


def test_refusals_with_their_own_reason(office: Office) -> None:
    """R1.4, R1.9, R2.9."""
    office.user("2030", hot_desk_access=False)
    office.user("2031", hot_desk_access=False)
    owner = office.read(lambda tx: tx.users.get(number="2031"))
    assert owner is not None
    office.phone("2531", shared=False, owner_id=owner.id)
    office.cos("closed", hot_desk_login_accept=False)
    office.phone("3010", "closed")
    office.phone("3011", enabled=False)
    office.user("2032", enabled=False)
    before = office.position()
    refusals = [
        office.refused("2030", "3001"),
        office.refused("2031", "3001"),
        office.refused("2019", "2531"),
        office.refused("2019", "3010"),
        office.refused("2019", "3011"),
        office.refused("2032", "3001"),
        office.refused("2019", "3999"),
        office.refused("2019", "2020"),
    ]
    assert refusals == [
        Reason.NO_HOT_DESK_ACCESS,
        Reason.USER_ASSIGNED,
        Reason.PHONE_ASSIGNED,
        Reason.PHONE_REFUSES,
        Reason.PHONE_DISABLED,
        Reason.USER_DISABLED,
        Reason.PHONE_UNKNOWN,
        Reason.PHONE_UNKNOWN,
    ]
    written = office.events(since=before)
    assert [event.data["reason"] for event in written] == [str(reason) for reason in refusals]
    assert {event.kind for event in written} == {Kind.LOGIN_REFUSED}


def test_on_somebodys_behalf(office: Office) -> None:
    """R2.5: an administrator needs no PIN, but the rules hold."""
    wish = LogIn("2019", "3001", Authority(), Method.CLI, ADMIN)
    done = office.write(lambda tx: log_in(tx, wish, office.now))
    assert isinstance(done, LoggedIn)
    assert office.events()[-1].actor == ADMIN
    unknown = office.write(lambda tx: log_in(tx, LogIn("2999", "3001", Authority(), Method.CLI, ADMIN), office.now))
    assert isinstance(unknown, Refusal)


def test_judging_first_counts_a_wrong_pin_once_and_changes_nothing(office: Office) -> None:
    """R2.1: the menu judges before "press 2 to take ownership"."""
    office.login("2020", "3001")
    actor = Actor("2019", "10.0.0.1", Channel.VOICE)

    def judged(pin: str) -> object:
        wish = LogIn("2019", "3001", PinProof(pin), Method.MENU, actor)
        return office.write(lambda tx: judge_login(tx, wish, office.now))

    assert isinstance(judged("0000"), Refusal)
    assert office.read(lambda tx: tx.failures.times("2019", "10.0.0.1")) == [office.now]
    before = office.position()
    assert not isinstance(judged(PIN), Refusal)
    assert office.occupant("3001") == "2020"
    assert office.events(since=before) == []


@pytest.fixture
def home(office: Office) -> Office:
    """Ann's desk is 3001: it returns to her when a visitor leaves (R1.2)."""
    ann = office.read(lambda tx: tx.users.get(number="2020"))
    assert ann is not None
    office.change_phone("3001", default_owner_id=ann.id)
    return office


def test_the_default_owner_returns_when_the_visitor_logs_out(home: Office) -> None:
    home.login("2019", "3001")
    before = home.position()
    home.logout("3001")
    assert home.occupant("3001") == "2020"
    assert [place.method for place in home.places("2020")] == [Method.RETURN]
    assert story(home.events(since=before)) == [
        ("logged_out", "2019", "3001", "logout"),
        ("logged_in", "2020", "3001", ""),
    ]


def test_the_default_owner_returns_when_the_visitor_moves_on(home: Office) -> None:
    home.login("2019", "3001")
    home.login("2019", "3002")
    assert (home.occupant("3001"), home.occupant("3002")) == ("2020", "2019")


def test_the_default_owner_returns_when_the_visitor_is_taken_away(home: Office) -> None:
    home.login("2019", "3001")
    home.force("2019")
    assert home.occupant("3001") == "2020"


def test_the_default_owner_who_sits_elsewhere_stays_there(home: Office) -> None:
    home.login("2019", "3001")
    home.login("2020", "3002")
    home.logout("3001")
    assert home.occupant("3001") == ""
    assert home.where("2020") == ["3002"]


def test_the_default_owner_can_leave_his_own_desk(home: Office) -> None:
    home.login("2020", "3001")
    home.logout("3001")
    assert home.occupant("3001") == ""


def test_a_disabled_default_owner_neither_stays_nor_returns(home: Office) -> None:
    """R1.9."""
    home.login("2020", "3001")
    home.change_user("2020", enabled=False)
    assert home.occupant("3001") == ""
    home.login("2019", "3001")
    home.logout("3001")
    assert home.occupant("3001") == ""


def test_the_default_owners_desk_is_empty_after_a_takeover_of_it_elsewhere(home: Office) -> None:
    """Bill takes Ann's desk while she is there: she has left it; when he leaves she returns."""
    home.login("2020", "3001")
    home.login("2019", "3001")
    assert home.where("2020") == []
    home.logout("3001")
    assert home.where("2020") == ["3001"]
