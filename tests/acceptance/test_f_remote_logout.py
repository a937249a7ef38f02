"""(f) Remote logout: `*33` and an extension, allowed only with all three permission bits (R2.9, R2.10)."""

from __future__ import annotations

import pytest

from freeseat.domain.events import Kind
from tests.acceptance.office import Office
from tests.clients.raw import RawPhone

pytestmark = pytest.mark.sip


@pytest.fixture
def supervisor(office: Office) -> RawPhone:
    """2019 sits at 3001; everybody's class permits everything. The supervisor's own phone calls."""
    office.cos("supervisors", remote_logout_enabled=True)
    office.cos("agents", remote_logout_accept=True)
    office.cos("desks", hot_desk_login_accept=True)
    office.user("2001", cos="supervisors", hot_desk_access=False)
    office.user("2019", cos="agents")
    office.phone("4001", owner="2001")
    office.phone("3001", cos="desks")
    office.seat("2019", "3001")
    return office.raw_desk("4001")


def test_with_all_three_bits(office: Office, supervisor: RawPhone) -> None:
    office.menu(supervisor, "*332019", "", "extension", "digit_2", "digit_0", "digit_1", "digit_9", "logged_out")
    assert office.where() == {}
    event = office.await_event(Kind.LOGGED_OUT, user="2019", phone="3001", reason="remote")
    assert (event.actor.who, event.actor.channel) == ("4001", "voice")


def test_the_extension_may_be_keyed(office: Office, supervisor: RawPhone) -> None:
    office.menu(supervisor, "*33", "2019#", "logged_out")
    assert office.where() == {}


@pytest.mark.parametrize(
    ("cos", "bit", "reason"),
    [
        ("supervisors", "remote_logout_enabled", "remote_logout_not_enabled"),
        ("agents", "remote_logout_accept", "remote_logout_not_accepted"),
        ("desks", "hot_desk_login_accept", "phone_refuses"),
    ],
)
def test_with_one_bit_missing(office: Office, supervisor: RawPhone, cos: str, bit: str, reason: str) -> None:
    office.cos(cos, **{bit: False})
    office.menu(supervisor, "*332019", "", f"refused_{reason}")
    assert office.where() == {"3001": "2019"}
    assert office.reasons("2019") == [reason]
    assert f'"reason": "{reason}"' in office.node.log_text()


def test_from_a_shared_phone_the_occupants_class_counts(office: Office, supervisor: RawPhone) -> None:
    """R3.5: the phone's own class does not enable remote logout; its occupant's does."""
    office.phone("3002")
    office.user("2020", cos="supervisors")
    phone = office.raw_desk("3002")
    office.menu(phone, "*332019", "", "refused_remote_logout_not_enabled")
    office.seat("2020", "3002")
    office.menu(phone, "*332019", "", "logged_out")
    assert office.where() == {"3002": "2020"}


@pytest.mark.parametrize("dialled", ["*332020", "*332999"])
def test_who_is_not_logged_in_and_who_does_not_exist_sound_alike(
    office: Office, supervisor: RawPhone, dialled: str
) -> None:
    office.user("2020")
    office.menu(supervisor, dialled, "", "refused_not_logged_in")


def test_somebody_registered_as_himself(office: Office, supervisor: RawPhone) -> None:
    office.user("2020")
    office.trust("127.1.0.0/16")
    there = office.raw("2020", "4711", ip="127.1.0.5")
    assert there.register().code == 200
    office.menu(supervisor, "*332020", "", "logged_out")
    assert office.where() == {"3001": "2019"}
    assert there.register().code == 403, "his refresh does not log him in again"
