"""Logged in at an outside telephone (R2.6): who may, at which numbers, once there and gone again."""

from __future__ import annotations

import pytest

from freeseat.application.directory import trunks
from freeseat.application.log_out import LoggedOut
from freeseat.application.outside import OutsideCaller, identify_outside, log_out_outside
from freeseat.application.proving import PinProof, Refusal
from freeseat.application.switch_tables import changes_after
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import Elsewhere, Right
from freeseat.domain.events import Kind
from freeseat.domain.reasons import Reason
from freeseat.domain.trunks import InboundNumber
from tests.application.office import ADMIN, PIN, Office

CALLER = Actor("+44123", "192.0.2.1", Channel.VOICE)
NUMBER = "0044123"


@pytest.fixture(autouse=True)
def _carrier(office: Office) -> None:
    office.outside()


def go(office: Office, number: str = NUMBER, user: str = "2019", pin: str = PIN) -> None:
    office.login(user, None, pin, Method.EXTERNAL, outside=number)


def refused(office: Office, number: str, user: str = "2019") -> Reason:
    return office.refused(user, None, PIN, Method.EXTERNAL, outside=number)


def identify(office: Office, user: str = "2019", pin: str = PIN) -> OutsideCaller | Refusal:
    return office.write(lambda tx: identify_outside(tx, user, PinProof(pin), CALLER, office.now))


def leave(office: Office, user: str = "2019", pin: str = PIN) -> LoggedOut | Refusal:
    return office.write(lambda tx: log_out_outside(tx, user, PinProof(pin), CALLER, office.now))


def test_his_calls_go_to_the_number_outside(office: Office) -> None:
    position = office.position()
    go(office)
    (where,) = office.places("2019")
    assert (where.place, where.phone, where.method, where.registered) == ("tel:" + NUMBER, "", Method.EXTERNAL, True)
    entry = office.read(lambda tx: changes_after(tx, position, "office.test", 100)).numbers["2019"]
    assert entry is not None
    assert entry.split("|")[3] == "tel:" + NUMBER
    assert [event.data["method"] for event in office.events(Kind.LOGGED_IN)] == ["external"]


def test_the_usual_rules_hold(office: Office) -> None:
    """R1.4: only hot desk users; R2.15: a wrong PIN counts like any other."""
    office.user("2030", hot_desk_access=False)
    assert refused(office, NUMBER, "2030") is Reason.NO_HOT_DESK_ACCESS
    assert office.refused("2019", None, "0000", Method.EXTERNAL, outside=NUMBER) is Reason.WRONG_CREDENTIALS


@pytest.mark.parametrize(
    "number", ["", "1", "112", "911", "2020", "3001", "900", "+49301000", "49301000", "*45", "12 3"]
)
def test_not_every_number_will_do(office: Office, number: str) -> None:
    """No emergency number, none of our own, nothing that is no number."""
    inbound = InboundNumber(0, "+49301000", "2019")
    office.write(lambda tx: trunks.set_inbound(tx, inbound, ADMIN, office.now))
    assert refused(office, number) is Reason.OUTSIDE_NUMBER
    assert not office.places("2019")


def test_only_where_he_could_call_himself(office: Office) -> None:
    """R3.5: his right to call abroad, and a trunk that carries the number."""
    office.standard(rights=frozenset({Right.FEATURES, Right.INTERNAL, Right.NATIONAL}))
    assert refused(office, NUMBER) is Reason.OUTSIDE_NUMBER
    go(office, "030123")
    office.write(lambda tx: trunks.change_trunk(tx, "carrier", {"prefixes": ("0049",)}, ADMIN, office.now))
    assert refused(office, "030124") is Reason.OUTSIDE_NUMBER


def test_elsewhere_is_policy_here_too(office: Office) -> None:
    """R2.8: move by default; several rings at all; deny says no."""
    office.login("2019", "3001")
    go(office)
    assert [each.place for each in office.places("2019")] == ["tel:" + NUMBER]
    office.standard(elsewhere=Elsewhere.SEVERAL)
    office.login("2019", "3001")
    go(office, "030123")
    assert {each.place for each in office.places("2019")} == {"tel:" + NUMBER, "3001", "tel:030123"}
    office.standard(elsewhere=Elsewhere.DENY)
    assert refused(office, "030124") is Reason.ELSEWHERE


def test_again_at_the_same_number_goes_on_and_another_one_moves(office: Office) -> None:
    go(office)
    go(office)
    assert len(office.events(Kind.LOGGED_IN)) == 1
    go(office, "030123")
    assert [each.place for each in office.places("2019")] == ["tel:030123"]


def test_a_telephone_outside_is_taken_over_like_one_inside(office: Office) -> None:
    """R2.7."""
    go(office)
    go(office, user="2020")
    assert not office.places("2019")
    assert office.events(Kind.LOGGED_OUT)[-1].data["reason"] == EndReason.TAKEN_OVER


def test_calling_again_he_logs_out(office: Office) -> None:
    assert leave(office) == Refusal(Reason.NOT_LOGGED_IN, "", office.position())
    go(office)
    who = identify(office)
    assert isinstance(who, OutsideCaller)
    assert [login.place for login in who.logins] == ["tel:" + NUMBER]
    assert isinstance(leave(office, pin="0000"), Refusal)
    assert isinstance(leave(office), LoggedOut)
    assert not office.places("2019")
    assert office.events(Kind.LOGGED_OUT)[-1].data["reason"] == EndReason.LOGOUT


def test_who_calls_in_is_told_at_once_when_he_may_not(office: Office) -> None:
    office.user("2030", hot_desk_access=False)
    found = identify(office, "2030")
    assert isinstance(found, Refusal)
    assert found.reason is Reason.NO_HOT_DESK_ACCESS
    unknown, wrong = identify(office, "2999"), identify(office, pin="0000")
    assert isinstance(unknown, Refusal)
    assert isinstance(wrong, Refusal)
    assert unknown.reason is wrong.reason is Reason.WRONG_CREDENTIALS
    office.login("2019", "3001")
    who = identify(office)
    assert isinstance(who, OutsideCaller)
    assert (who.user.number, who.logins) == ("2019", ())
    office.standard(elsewhere=Elsewhere.DENY)
    found = identify(office)
    assert isinstance(found, Refusal)
    assert found.reason is Reason.ELSEWHERE
