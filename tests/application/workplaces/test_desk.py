"""What a workplace's page shows, and what its occupant does there (R6.2, R2.4)."""

from __future__ import annotations

from dataclasses import replace

from freeseat.application.log_in import LoggedIn
from freeseat.application.log_out import LoggedOut
from freeseat.application.proving import Refusal
from freeseat.application.workplaces.acting import log_in_at, log_out_at, pause_at, take_part_at
from freeseat.application.workplaces.wishes import (
    wish_to_dial,
)
from freeseat.domain.actors import Channel
from freeseat.domain.desk_login import Method
from freeseat.domain.events import Kind
from freeseat.domain.pin import LockoutPolicy
from freeseat.domain.queues import QueueVerb, Readiness
from freeseat.domain.reasons import Reason
from tests.application.office import PIN
from tests.application.workplaces.desk import PC, Desk


def test_it_shows_the_occupants_queues_with_colleagues_and_callers(desk: Desk) -> None:
    desk.queue("801", "822")
    desk.member("801", "2019")
    desk.queue("802", "833")
    desk.agent("2019", "3001")
    desk.agent("2020", "3002")
    desk.waits()
    seen = desk.desk()
    assert [each.seen.queue.number for each in seen.queues] == ["800", "801"]
    first = seen.queues[0]
    assert (first.own.user, first.own.readiness) == ("2019", Readiness.READY)
    assert [member.user for member in first.seen.members] == ["2019", "2020"]
    assert [(caller.number, caller.position) for caller in first.seen.waiting] == [("0171", 1)]
    desk.alter(queues=("801", "802", "800"))
    assert [each.seen.queue.number for each in desk.desk().queues] == ["801", "800"]


def test_it_shows_the_call(desk: Desk) -> None:
    desk.login("2019", "3001")
    assert desk.desk().call is None
    desk.call("3001", "2020")
    call = desk.desk().call
    assert call is not None
    assert (call.number, call.name, call.outgoing, call.answered_at, call.call_id) == (
        "2020", "User 2020", True, None, "c1",
    )  # fmt: skip
    desk.hang_up()
    assert desk.desk().call is None
    desk.login("2020", "3002")
    desk.call("3002", "2019", call_id="c2")
    ringing = desk.desk().call
    assert ringing is not None
    assert (ringing.number, ringing.name, ringing.outgoing, ringing.answered_at) == ("2020", "User 2020", False, None)
    desk.hang_up("c2")
    desk.call("3002", "2019", answered_at="3001", call_id="c3")
    talking = desk.desk().call
    assert talking is not None
    assert (talking.call_id, talking.answered_at) == ("c3", desk.now)


def test_a_queues_call_shows_who_really_calls(desk: Desk) -> None:
    desk.agent("2019", "3001")
    entered = desk.waits()
    (offer,) = desk.offers()
    ringing = desk.desk().call
    assert ringing is not None
    assert (ringing.number, ringing.name, ringing.queue, ringing.answered_at) == ("0171", "Carla", "800", None)
    desk.later(3)
    desk.answer(offer)
    talking = desk.desk().call
    assert talking is not None
    assert (talking.queue, talking.answered_at) == ("800", desk.now)
    desk.end(entered)
    assert desk.desk().call is None


def test_a_logout_that_waits_for_the_call_is_shown(desk: Desk) -> None:
    """R2.13."""
    desk.standard(remote_logout_enabled=True)
    desk.login("2019", "3001")
    desk.call("3001", answered_at="3002")
    desk.remote("3002", "2019")
    occupant = desk.desk().occupant
    assert occupant is not None
    assert occupant.pending is not None


def test_logging_in_on_the_page(desk: Desk) -> None:
    done = desk.do(lambda tx, workplace: log_in_at(tx, workplace, "2019", PIN, PC, desk.now))
    assert isinstance(done, LoggedIn)
    assert (done.login.method, desk.occupant("3001"), desk.whose()) == (Method.WEB, "2019", "2019")
    out = desk.do(lambda tx, workplace: log_out_at(tx, workplace, "2019", PC, desk.now))
    assert isinstance(out, LoggedOut)
    assert desk.whose() == ""


def test_wrong_pins_on_the_page_are_counted_by_source(desk: Desk) -> None:
    """R2.15."""
    desk.policy(lockout=LockoutPolicy(failures=2))

    def attempt(pin: str, source: str = "10.9.9.9") -> Reason | None:
        actor = replace(PC, source=source)
        done = desk.do(lambda tx, workplace: log_in_at(tx, workplace, "2019", pin, actor, desk.now))
        return done.reason if isinstance(done, Refusal) else None

    assert attempt("0000") is Reason.WRONG_CREDENTIALS
    assert attempt("0001") is Reason.WRONG_CREDENTIALS
    assert attempt(PIN) is Reason.LOCKED
    assert attempt(PIN, "10.9.9.8") is None


def test_nobody_logs_in_where_no_phone_is_known(desk: Desk) -> None:
    desk.alter(phone_number="3999")
    done = desk.do(lambda tx, workplace: log_in_at(tx, workplace, "2019", PIN, PC, desk.now))
    assert isinstance(done, Refusal)
    assert done.reason is Reason.PHONE_UNKNOWN


def test_the_occupant_takes_part_and_pauses(desk: Desk) -> None:
    """R5.4: also at a queue of which he is no member, where he is refused."""
    desk.login("2019", "3001")
    desk.bind("3001")

    def take_part(verb: QueueVerb, queue: str = "800") -> object:
        return desk.do(lambda tx, workplace: take_part_at(tx, workplace, "2019", verb, queue, PC, desk.now))

    take_part(QueueVerb.LOG_IN)
    assert desk.state("2019") is Readiness.READY
    (event,) = desk.events(Kind.QUEUE_LOGGED_IN)
    assert (event.actor.who, event.actor.source, event.actor.channel) == ("2019", "10.9.9.9", Channel.WEB)
    desk.do(lambda tx, workplace: pause_at(tx, workplace, "2019", "lunch", "", PC, desk.now))
    assert desk.one("2019").pause_reason == "lunch"
    desk.do(lambda tx, workplace: pause_at(tx, workplace, "2019", None, "800", PC, desk.now))
    take_part(QueueVerb.TOGGLE)
    assert desk.state("2019") is Readiness.LOGGED_OUT
    refused = take_part(QueueVerb.LOG_IN, "801")
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.NOT_A_MEMBER


def test_a_page_that_has_not_seen_a_takeover_changes_nothing(desk: Desk) -> None:
    desk.agent("2019", "3001")
    desk.login("2020", "3001")
    for use_case in (
        lambda tx, workplace: take_part_at(tx, workplace, "2019", QueueVerb.LOG_IN, "", PC, desk.now),
        lambda tx, workplace: pause_at(tx, workplace, "2019", "", "", PC, desk.now),
        lambda tx, workplace: log_out_at(tx, workplace, "2019", PC, desk.now),
        lambda tx, workplace: wish_to_dial(tx, workplace, "2019", "112", PC, desk.now),
    ):
        done = desk.do(use_case)
        assert isinstance(done, Refusal)
        assert done.reason is Reason.NOT_LOGGED_IN
    assert desk.occupant("3001") == "2020"
