"""Lamps of users and phones (R8.1, R8.2): who watches sees where people are and what they do, wherever they sit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freeseat.domain.directory import Right
from freeseat.domain.lamps import LoggedOutLamp
from freeseat.domain.policy import Policy
from tests.acceptance.office import Office
from tests.clients.raw import RawPhone
from tests.lamps.watcher import Watcher

pytestmark = pytest.mark.sip


@pytest.fixture
def watcher(office: Office) -> Watcher:
    """Ann's phone 3003, with Ann, who may call and therefore watch her colleagues."""
    office.seat("2020", "3003")
    return Watcher(office.raw_desk("3003"))


def test_a_login_and_a_logout_are_seen(office: Office, watcher: Watcher) -> None:
    user, phone = watcher.watch("2019"), watcher.watch("3001")
    assert user.until("logged-out").entity == "sip:2019@office.test"
    phone.until("logged-out")
    office.seat("2019", "3001")
    assert user.until("idle").plain == "idle"
    phone.until("idle")
    office.free("3001")
    user.until("logged-out")
    phone.until("logged-out")


def test_logged_out_looks_unlike_idle_on_a_plain_phone_as_the_policy_says(office: Office, watcher: Watcher) -> None:
    lamp = watcher.watch("2019")
    assert lamp.until("logged-out").plain == "held"
    for look, plain in ((LoggedOutLamp.BUSY, "busy"), (LoggedOutLamp.IDLE, "idle")):
        office.policy(replace(Policy(), logged_out_lamp=look))
        watcher.pump(lambda plain=plain: lamp.shown is not None and lamp.shown.plain == plain, 15.0, f"shown {plain}")  # type: ignore[misc]
        assert lamp.until("logged-out").state == "logged-out"


def test_a_call_rings_and_talks_on_the_lamps_of_both_and_of_their_phones(office: Office, watcher: Watcher) -> None:
    office.user("2021")
    office.seat("2019", "3001")
    office.seat("2021", "3002")
    desk, caller = office.desk("3001"), office.desk("3002")
    lamps = {number: watcher.watch(number) for number in ("2019", "3001", "2021", "3002")}
    for lamp in lamps.values():
        lamp.until("idle")
    caller.dial("2019")
    desk.ringing()
    assert lamps["2019"].until("ringing").dialogs == (("early", "recipient"),)
    assert lamps["3001"].until("ringing").plain == "ringing"
    assert lamps["2021"].until("calling").dialogs == (("proceeding", "initiator"),)
    lamps["3002"].until("calling")
    desk.answer()
    for lamp in lamps.values():
        assert lamp.until("talking").plain == "busy"
    caller.hang_up()
    for lamp in lamps.values():
        lamp.until("idle")


def test_a_call_that_nobody_answers_leaves_the_lamp(office: Office, watcher: Watcher) -> None:
    office.seat("2019", "3001")
    desk, lamp = office.desk("3001"), watcher.watch("2019")
    lamp.until("idle")
    caller = office.desk("3002")
    office.user("2021")
    office.seat("2021", "3002")
    caller.dial("2019")
    desk.ringing()
    lamp.until("ringing")
    caller.hang_up()
    lamp.until("idle")


def test_the_lamp_of_a_user_follows_him_to_another_phone(office: Office, watcher: Watcher) -> None:
    user, first, second = (watcher.watch(number) for number in ("2019", "3001", "3002"))
    office.seat("2019", "3001")
    user.until("idle")
    first.until("idle")
    office.seat("2019", "3002")
    first.until("logged-out")
    second.until("idle")
    assert user.until("idle").state == "idle"
    office.user("2021")
    office.phone("3004")
    office.seat("2021", "3004")
    desk, caller = office.desk("3002"), office.desk("3004")
    caller.dial("2019")
    desk.ringing()
    user.until("ringing")
    second.until("ringing")
    assert first.shown is not None
    assert first.shown.state == "logged-out"
    caller.hang_up()
    user.until("idle")


def test_a_takeover_changes_the_lamps_of_both(office: Office, watcher: Watcher) -> None:
    office.user("2021")
    bill, other = watcher.watch("2019"), watcher.watch("2021")
    office.seat("2019", "3001")
    bill.until("idle")
    office.seat("2021", "3001")
    bill.until("logged-out")
    other.until("idle")


def test_without_credentials_nobody_learns_anything(office: Office) -> None:
    stranger = office.raw("3003", password="")
    answers = []
    for target in ("2019", "3001", "9999"):
        uri = f"sip:{target}@{stranger.domain}"
        headers = {"Event": "dialog", "Contact": f"<{stranger.contact}>", "Expires": "600"}
        answers.append(stranger.ask(stranger.request("SUBSCRIBE", uri, f"<{uri}>", headers)))
    assert {(answer.code, answer.reason) for answer in answers} == {(407, "Proxy Authentication Required")}
    assert len({tuple(name for name, _ in answer.headers) for answer in answers}) == 1, "one shape"
    wrong = Watcher(office.raw("3003", password="wrong"))
    assert {wrong.refused(target).code for target in ("2019", "9999")} == {403}
    wrong.quiet()


def test_who_may_not_call_may_not_watch(office: Office) -> None:
    office.cos("mute", rights=frozenset({Right.FEATURES}))
    office.user("2021", cos="mute")
    office.seat("2021", "3001")
    mute = Watcher(office.raw_desk("3001"))
    assert mute.refused("2019").code == 403
    empty = Watcher(office.raw_desk("3002"))
    assert empty.refused("2019").code == 403, "R4.8: nobody is there who might call"
    mute.quiet()


def test_groups_that_are_apart_do_not_watch_each_other(office: Office, watcher: Watcher) -> None:
    office.policy(replace(Policy(), apart=(("sales", "traders"),)))
    office.change_user("2020", group="sales")
    office.change_user("2019", group="traders")
    assert watcher.refused("2019").code == 403


def test_unknown_numbers_and_unknown_packages_are_refused(office: Office, watcher: Watcher) -> None:
    assert watcher.refused("9999").code == 404
    refused = watcher.refused("2019", "presence")
    assert refused.code == 489
    assert refused.require("allow-events") == "dialog, message-summary, reg"


def test_a_subscription_is_refreshed_only_with_credentials(office: Office, watcher: Watcher) -> None:
    lamp = watcher.watch("2019")
    lamp.until("logged-out")
    before = len(lamp.notes)
    assert lamp.refresh() == 200
    watcher.pump(lambda: len(lamp.notes) > before, 15.0, "a refresh is answered by a NOTIFY (RFC 6665 4.2.1.2)")
    assert lamp.until("logged-out").version > 0
    watcher.phone.password = "wrong"
    assert lamp.refresh() == 403


def test_a_document_is_taken_from_the_control_plane_only(office: Office, watcher: Watcher) -> None:
    lamp = watcher.watch("2019")
    lamp.until("logged-out")
    with RawPhone(office.node.server, "3003") as forger:
        uri = "sip:2019@office.test"
        headers = {"Event": "dialog", "Expires": "600", "X-Freeseat-Lamps": "guess", "X-Freeseat-Passed": "1"}
        assert forger.ask(forger.request("PUBLISH", uri, f"<{uri}>", headers, b"<dialog-info/>")).code == 407
    watcher.quiet()


def test_over_tcp_notifies_come_on_the_connection_of_the_subscription(office: Office) -> None:
    office.seat("2020", "3003")
    watcher = Watcher(office.raw_desk("3003", transport="tcp"))
    lamp = watcher.watch("2019")
    lamp.until("logged-out")
    office.seat("2019", "3001")
    lamp.until("idle")


def test_one_s_own_registrations(office: Office, watcher: Watcher) -> None:
    """RFC 3680: a phone sees which contacts are bound to its number, and nobody else's."""
    from tests.lamps.documents import contacts

    own = watcher.watch("3003", "reg")
    own.body(lambda body: bool(body) and contacts(body) == [watcher.phone.contact])
    assert watcher.refused("3001", "reg").code == 403
