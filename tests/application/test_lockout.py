"""Proving a PIN, counted across all channels per user and source (R2.15)."""

from __future__ import annotations

import json

import pytest

from freeseat.application.directory.users import change_pin, set_pin, unlock_user
from freeseat.application.log_out import LoggedOut
from freeseat.application.proving import DigestProof, PinProof, Refusal
from freeseat.application.run_timers import timers_due
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.desk_login import Method
from freeseat.domain.events import Kind
from freeseat.domain.pin import LockoutPolicy, PinPolicy
from freeseat.domain.reasons import Reason
from tests.application.office import ADMIN, PIN, Office
from tests.store.databases import open_database

HERE, THERE = "10.0.0.1", "10.0.0.2"


def lock(office: Office, user: str = "2019", source: str = HERE) -> None:
    for _ in range(3):
        assert office.refused(user, "3001", "0000", source=source) is Reason.WRONG_CREDENTIALS


def wrong_by_voice(office: Office) -> Reason:
    return office.refused("2019", "3001", "0000", source=HERE)


def wrong_by_register(office: Office) -> Reason:
    refusal = office.try_register("2019", source=HERE, right=False, fingerprint="aa")
    assert isinstance(refusal, Refusal)
    return refusal.reason


def wrong_by_web(office: Office) -> Reason:
    return office.refused("2019", "3002", "1111", Method.WEB, source=HERE)


def wrong_at_logout(office: Office) -> Reason:
    refusal = office.logout("3003", "0000", source=HERE)
    assert isinstance(refusal, Refusal)
    return refusal.reason


def wrong_at_changing_the_pin(office: Office) -> Reason:
    actor = Actor("2019", HERE, Channel.WEB)
    refusal = office.write(lambda tx: change_pin(tx, "2019", "0000", "8306", actor, office.now))
    assert isinstance(refusal, Refusal)
    return refusal.reason


WAYS = [wrong_by_voice, wrong_by_register, wrong_by_web, wrong_at_logout, wrong_at_changing_the_pin]


@pytest.mark.parametrize("start", range(len(WAYS)))
def test_three_failures_across_channels_lock_the_pair_for_all_of_them(office: Office, start: int) -> None:
    office.trust("10.0.0.0/24")
    office.login("2019", "3003", source=THERE)
    ways = WAYS[start:] + WAYS[:start]
    assert [way(office) for way in ways[:3]] == [Reason.WRONG_CREDENTIALS] * 3
    assert {way(office) for way in WAYS} == {Reason.LOCKED}
    assert office.refused("2019", "3001", PIN, source=HERE) is Reason.LOCKED, "the right PIN too"
    assert len(office.events(Kind.PIN_LOCKED)) == 1


def test_two_do_not(office: Office) -> None:
    for _ in range(2):
        office.refused("2019", "3001", "0000")
    office.login("2019", "3001")


def test_the_rest_of_the_office_is_not_locked_out(office: Office) -> None:
    lock(office)
    office.login("2020", "3001", source=HERE)
    office.login("2019", "3002", source=THERE)


def test_a_lock_ends_after_its_time(office: Office) -> None:
    lock(office)
    office.later(899.9)
    assert office.refused("2019", "3001") is Reason.LOCKED
    office.later(0.1)
    office.login("2019", "3001")


def test_trying_while_locked_neither_counts_nor_lengthens_the_lock(office: Office) -> None:
    lock(office)
    office.later(890)
    for _ in range(5):
        assert office.refused("2019", "3001", "0000") is Reason.LOCKED
    office.later(10)
    assert office.refused("2019", "3001", "0000") is Reason.WRONG_CREDENTIALS
    office.login("2019", "3001")


def test_failures_long_ago_do_not_count(office: Office) -> None:
    for _ in range(4):
        assert office.refused("2019", "3001", "0000") is Reason.WRONG_CREDENTIALS
        office.later(150)
    office.login("2019", "3001")


def test_success_forgets_the_failures_before(office: Office) -> None:
    for _ in range(3):
        office.refused("2019", "3001", "0000")
        office.refused("2019", "3001", "0000")
        office.login("2019", "3001")


def test_the_same_wrong_response_counts_once(office: Office) -> None:
    """A phone with a wrong PIN repeats its REGISTER; a retransmission is no second guess."""
    office.trust("10.0.0.0/24")
    for _ in range(10):
        refusal = office.try_register("2019", source=HERE, right=False, fingerprint="same")
        assert isinstance(refusal, Refusal)
        assert refusal.reason is Reason.WRONG_CREDENTIALS
    for guess in ("b", "c"):
        office.try_register("2019", source=HERE, right=False, fingerprint=guess)
    assert office.refused("2019", "3001", source=HERE) is Reason.LOCKED


def test_the_same_wrong_pin_typed_again_is_another_try(office: Office) -> None:
    lock(office)
    assert office.refused("2019", "3001", source=HERE) is Reason.LOCKED


def test_an_unknown_extension_looks_the_same(office: Office) -> None:
    """Neither answer nor lock nor what is written down tells whether an extension exists."""
    answers, traces = [], []
    for number in ("2019", "2999"):
        before = office.position()
        answers.append([office.try_login(number, "3001", "0000") for _ in range(5)])
        events = office.events(since=before)
        traces.append([(e.kind, e.phone, json.dumps(e.data, sort_keys=True)) for e in events])
    known, unknown = answers
    assert [(a.reason, a.detail) for a in known if isinstance(a, Refusal)] == [
        (a.reason, a.detail) for a in unknown if isinstance(a, Refusal)
    ]
    assert traces[0] == traces[1]


@pytest.mark.parametrize("number", ["", "9" * 200, "20\x0019", "\ud800", "bill@office.example", "'; DROP TABLE event"])
def test_whatever_arrives_as_an_extension_is_refused_like_a_wrong_pin(office: Office, number: str) -> None:
    office.trust("10.0.0.0/24")
    assert office.refused(number, "3001", "0000") is Reason.WRONG_CREDENTIALS
    refusal = office.try_register(number, right=False, source=HERE)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.WRONG_CREDENTIALS


def test_locks_survive_a_restart(office: Office) -> None:
    lock(office)
    again = open_database(office.database.url)
    until = again.read(lambda tx: tx.failures.locked_until("2019", HERE))
    again.close()
    assert until is not None
    assert (until - office.now).total_seconds() == 900


def test_all_of_it_is_configurable(office: Office) -> None:
    office.policy(lockout=LockoutPolicy(failures=1, window_seconds=10, lock_seconds=60))
    assert office.refused("2019", "3001", "0000") is Reason.WRONG_CREDENTIALS
    assert office.refused("2019", "3001") is Reason.LOCKED
    office.later(60)
    office.login("2019", "3001")


def test_an_administrator_lifts_locks(office: Office) -> None:
    lock(office)
    lock(office, source=THERE)
    assert office.write(lambda tx: unlock_user(tx, "2019", ADMIN, office.now)) == 2
    office.login("2019", "3001")


def test_a_new_pin_lifts_locks(office: Office) -> None:
    lock(office)
    office.write(lambda tx: set_pin(tx, "2019", "9406", ADMIN, office.now))
    office.login("2019", "3001", "9406")


def test_old_failures_and_locks_are_swept(office: Office) -> None:
    """Else somebody who guesses numbers fills the disk."""
    for n in range(20):
        office.refused(f"27{n:02}", "3001", "0000")
    lock(office)
    assert not office.read(lambda tx: timers_due(tx, office.now))
    office.later(86_400 + 901)
    assert office.read(lambda tx: timers_due(tx, office.now))
    office.timers()
    assert not office.read(lambda tx: timers_due(tx, office.now))
    left = office.read(lambda tx: [tx.failures.times(f"27{n:02}", HERE) for n in range(20)])
    assert left == [[]] * 20
    assert office.read(lambda tx: tx.failures.locked_until("2019", HERE)) is None


def test_a_failed_attempt_tells_who_when_where_and_how(office: Office) -> None:
    """R10.2."""
    before = office.position()
    office.refused("2019", "3001", "0000", Method.WEB, source=THERE)
    (event,) = office.events(since=before)
    assert (event.kind, event.at, event.user, event.phone) == (Kind.LOGIN_REFUSED, office.now, "2019", "3001")
    assert event.actor == Actor("2019", THERE, Channel.WEB)
    assert event.data["reason"] == "wrong_credentials"


def test_no_pin_is_ever_written_into_an_event(office: Office) -> None:
    office.refused("2019", "3001", "90817263")
    office.user("2030", "7391")
    office.write(lambda tx: set_pin(tx, "2030", "6482", ADMIN, office.now))
    everything = repr(office.events())
    assert not [secret for secret in ("90817263", "7391", "6482", "s3cret") if secret in everything]
    assert "90817263" not in repr(PinProof("90817263"))


def test_an_expired_pin_only_logs_out_and_changes_itself(office: Office) -> None:
    """R1.8."""
    office.policy(pin=PinPolicy(expiry_days=90))
    office.login("2019", "3001")
    office.later(90 * 86_400)
    assert office.refused("2019", "3002") is Reason.PIN_EXPIRED
    assert isinstance(office.logout("3001"), LoggedOut)
    actor = Actor("2019", HERE, Channel.VOICE)
    office.write(lambda tx: change_pin(tx, "2019", PIN, "9406", actor, office.now))
    office.login("2019", "3002", "9406")


def test_who_has_no_pin_cannot_log_in_even_where_blank_pins_are_allowed(office: Office) -> None:
    office.user("2030", None)
    assert office.refused("2030", "3001", "") is Reason.WRONG_CREDENTIALS
    office.policy(pin=PinPolicy(allow_blank=True))
    assert office.refused("2030", "3001", "") is Reason.WRONG_CREDENTIALS


def test_a_blank_pin_only_where_policy_allows_it(office: Office) -> None:
    office.policy(pin=PinPolicy(allow_blank=True))
    office.user("2030", "")
    office.login("2030", "3001", "")
    office.policy(pin=PinPolicy())
    assert office.refused("2030", "3001", "") is Reason.WRONG_CREDENTIALS


def test_a_blank_pin_never_registers(office: Office) -> None:
    """R2.2: a register with no password is refused."""
    office.trust("10.0.0.0/24")
    office.policy(pin=PinPolicy(allow_blank=True))
    office.user("2030", "")
    refusal = office.try_register("2030")
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.NO_PASSWORD


def test_a_right_digest_proves(office: Office) -> None:
    office.login("2019", "3001", DigestProof(right=True, fingerprint=""), Method.HOTELING)
