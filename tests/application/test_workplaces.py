"""The page of a workplace: whose it is, what it shows, what its occupant does there (R6.1 to R6.3, R2.4, R5.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from freeseat.application.log_in import LoggedIn, Registration
from freeseat.application.log_out import LoggedOut
from freeseat.application.ports import Binding, Transaction
from freeseat.application.proving import Refusal
from freeseat.application.workplaces.acting import log_in_at, log_out_at, pause_at, take_part_at
from freeseat.application.workplaces.clients import GRACE, client_started, client_stopped, clients_lost
from freeseat.application.workplaces.desk import DeskSeen, desk_seen
from freeseat.application.workplaces.directory import (
    Link,
    add_workplace,
    change_workplace,
    delete_workplace,
    give_link,
    revoke_link,
    save_settings,
    settings_of,
    workplace_by_token,
    workplace_of,
)
from freeseat.application.workplaces.place import phone_of, place_of
from freeseat.application.workplaces.wishes import (
    SUPERSEDED,
    open_wishes,
    wish_to_answer,
    wish_to_dial,
    wish_to_hang_up,
    wish_went,
)
from freeseat.domain.actors import Actor, Channel
from freeseat.domain.call_wishes import EXPIRED, CallWish, WishState
from freeseat.domain.desk_login import Method
from freeseat.domain.errors import Clash, InvalidValue, NotFound
from freeseat.domain.events import Kind
from freeseat.domain.pin import LockoutPolicy
from freeseat.domain.queues import QueueVerb, Readiness
from freeseat.domain.reasons import Reason
from freeseat.domain.workplaces import DeskSettings, Layout, SettingsScope, Theme, Workplace
from tests.application.centre import Centre
from tests.application.office import ADMIN, PIN, Office

T = TypeVar("T")
TOKEN = "t" * 43
PC = Actor("desk", "10.9.9.9", Channel.WEB)


class Desk(Centre):
    """The centre, with the workplace *desk* beside phone 3001."""

    def __init__(self, office: Office) -> None:
        super().__init__(office)
        self.add("desk", phone_number="3001")

    def add(self, name: str, **fields: Any) -> Workplace:
        return self.write(lambda tx: add_workplace(tx, replace(Workplace(0, name), **fields), ADMIN, self.now))

    def alter(self, name: str = "desk", /, **changes: Any) -> Workplace:
        return self.write(lambda tx: change_workplace(tx, name, changes, ADMIN, self.now))

    def desk(self, name: str = "desk") -> DeskSeen:
        return self.read(lambda tx: desk_seen(tx, workplace_of(tx, name), self.now))

    def whose(self, name: str = "desk") -> str:
        occupant = self.desk(name).occupant
        return occupant.user.number if occupant else ""

    def phone_at(self, name: str = "desk") -> str:
        found = self.read(lambda tx: phone_of(tx, workplace_of(tx, name)))
        return found.number if found else ""

    def do(self, use_case: Callable[[Transaction, Workplace], T], name: str = "desk") -> T:
        return self.write(lambda tx: use_case(tx, workplace_of(tx, name)))

    def save(self, user: str = "2019", queue: str = "", name: str = "desk", **fields: Any) -> None:
        def use_case(tx: Transaction, workplace: Workplace) -> None:
            person = tx.users.get(number=user)
            assert person is not None
            save_settings(tx, workplace, person, replace(DeskSettings(), **fields), PC, self.now, queue)

        self.do(use_case, name)

    def opens(self, page: str = "p1", queue: str = "", name: str = "desk") -> None:
        self.do(lambda tx, workplace: client_started(tx, workplace, page, self.now, queue), name)

    def closes(self, page: str = "p1", name: str = "desk") -> None:
        self.do(lambda tx, workplace: client_stopped(tx, workplace, page, self.now), name)

    def logged_in(self, user: str = "2019", number: str = "800") -> bool:
        return self.one(user, number).logged_in

    def dial_wish(self, number: str = "2020", user: str = "2019") -> CallWish:
        wish = self.do(lambda tx, workplace: wish_to_dial(tx, workplace, user, number, PC, self.now))
        assert isinstance(wish, CallWish), wish
        return wish

    def went(self, wish: CallWish, state: WishState, reason: str = "") -> CallWish | None:
        return self.write(lambda tx: wish_went(tx, wish.id, state, reason, self.now))

    def wishes(self) -> list[int]:
        return [wish.id for wish in self.read(lambda tx: open_wishes(tx, self.now))]


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(office)


# -- which phone (R6.1)


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


# -- what it shows (R6.2)


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


# -- logging in and out there (R2.4)


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


# -- links


def test_a_link_opens_its_own_page_and_nothing_else(desk: Desk) -> None:
    def opened(token: str, link: Link) -> str:
        found = desk.read(lambda tx: workplace_by_token(tx, token, link))
        return found.name if found else ""

    assert opened("", Link.PAGE) == ""
    desk.write(lambda tx: give_link(tx, "desk", Link.PAGE, TOKEN, ADMIN, desk.now))
    desk.write(lambda tx: give_link(tx, "desk", Link.LOGIN, "q" * 43, ADMIN, desk.now))
    assert opened(TOKEN, Link.PAGE) == "desk"
    assert opened(TOKEN, Link.LOGIN) == ""
    assert opened("q" * 43, Link.LOGIN) == "desk"
    assert opened("q" * 43, Link.PAGE) == ""
    desk.alter(enabled=False)
    assert opened(TOKEN, Link.PAGE) == ""
    desk.alter(enabled=True)
    desk.write(lambda tx: give_link(tx, "desk", Link.PAGE, "u" * 43, ADMIN, desk.now))
    assert opened(TOKEN, Link.PAGE) == ""
    desk.write(lambda tx: revoke_link(tx, "desk", Link.PAGE, ADMIN, desk.now))
    assert opened("u" * 43, Link.PAGE) == ""
    with pytest.raises(InvalidValue, match="random"):
        desk.write(lambda tx: give_link(tx, "desk", Link.PAGE, "short", ADMIN, desk.now))
    everything = repr(desk.events())
    assert TOKEN not in everything
    assert "digest" not in repr([event.data for event in desk.events(Kind.WORKPLACE_CHANGED)])


def test_a_workplace_is_checked(desk: Desk) -> None:
    for fields, right in (
        ({"phone_number": ""}, "name the phone"),
        ({"phone_number": "x"}, "digits"),
        ({"mac": "12"}, "12 hexadecimal"),
        ({"address": "phone"}, "IP address"),
        ({"queues": ("800", "800")}, "once"),
        ({"name": ""}, "empty"),
        ({"digest": "x"}, "use one of"),
    ):
        with pytest.raises(InvalidValue, match=right):
            desk.alter(**fields)
    with pytest.raises(Clash):
        desk.add("desk", phone_number="3002")
    assert desk.alter(address="::ffff:192.0.2.7").address == "192.0.2.7"
    assert desk.alter(mac="00-04-F2-AA-BB-CC").mac == "0004f2aabbcc"


def test_deleting_a_workplace_takes_all_of_it_away(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.alter(settings_scope=SettingsScope.LOCAL)
    desk.save(sound=False)
    desk.opens()
    desk.write(lambda tx: delete_workplace(tx, "desk", ADMIN, desk.now))
    assert desk.read(lambda tx: (tx.desk_settings.list(), tx.open_pages.list())) == ([], [])
    with pytest.raises(NotFound):
        desk.desk()


def test_what_shows_a_queue_follows_its_number(desk: Desk) -> None:
    desk.alter(queues=("800",))
    desk.login("2019", "3001")
    desk.save(queues=("800",))
    desk.change("800", number="880")
    assert desk.read(lambda tx: workplace_of(tx, "desk")).queues == ("880",)
    assert desk.read(lambda tx: tx.desk_settings.list())[0].settings.queues == ("880",)


def test_a_workplace_follows_its_phones_number(desk: Desk) -> None:
    desk.change_phone("3001", number="3009")
    assert desk.phone_at() == "3009"


# -- settings (R6.3)


def test_settings_follow_the_user_or_stay_at_the_workplace(desk: Desk) -> None:
    desk.add("other", phone_number="3002")

    def found(name: str, user: str, queue: str = "") -> DeskSettings:
        return desk.read(lambda tx: settings_of(tx, workplace_of(tx, name), tx.users.get(number=user), queue))

    desk.save(theme=Theme.DARK, layout=Layout.LIST)
    assert found("other", "2019").theme is Theme.DARK
    assert found("other", "2020") == DeskSettings()
    desk.alter("other", settings_scope=SettingsScope.LOCAL)
    assert found("other", "2019") == DeskSettings()
    desk.save(name="other", sound=False)
    desk.save(name="other", queue="800", theme=Theme.LIGHT)
    assert found("other", "2020").sound is False
    assert found("other", "2020", "800").theme is Theme.LIGHT
    assert found("other", "2020", "801").sound is False
    assert found("desk", "2019").theme is Theme.DARK
    with pytest.raises(InvalidValue):
        desk.save(language="deutsch")


# -- the client starts and stops (R5.5)


def test_log_in_to_queues_when_the_client_starts_and_out_when_it_stops(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens()
    assert desk.logged_in()
    desk.closes()
    desk.later(GRACE.total_seconds() - 1)
    desk.timers()
    assert desk.logged_in()
    desk.later(1)
    desk.timers()
    assert not desk.logged_in()
    assert [event.data["why"] for event in desk.events(Kind.QUEUE_LOGGED_IN, Kind.QUEUE_LOGGED_OUT)] == [
        "client_started", "client_stopped",
    ]  # fmt: skip


def test_reloading_the_page_changes_nothing(desk: Desk) -> None:
    """Not even for who has logged out of a queue meanwhile; the new page has another name."""
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens("p1")
    desk.closes("p1")
    desk.later(1)
    desk.opens("p2")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()
    desk.take_part("2019", log_in=False)
    desk.closes("p2")
    desk.opens("p3")
    assert not desk.logged_in()
    desk.opens("p3")
    desk.closes("p3")
    desk.opens("p3")
    desk.later(60)
    desk.timers()
    assert len(desk.read(lambda tx: tx.open_pages.list())) == 1


def test_without_those_settings_nothing_happens(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.opens()
    assert not desk.logged_in()
    desk.take_part("2019")
    desk.closes()
    desk.later(60)
    desk.timers()
    assert desk.logged_in()


def test_a_second_window_keeps_the_client(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens("p1")
    desk.opens("p2")
    desk.closes("p1")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()


def test_windows_of_single_queues(desk: Desk) -> None:
    """R6.3: locally, each workplace and queue has its own settings."""
    desk.queue("801", "822")
    desk.member("801", "2019")
    desk.alter(settings_scope=SettingsScope.LOCAL)
    desk.login("2019", "3001")
    desk.save(queue="801", log_in_at_start=True, log_out_at_stop=True)
    desk.opens("a", "800")
    desk.opens("b", "801")
    assert (desk.logged_in(number="800"), desk.logged_in(number="801")) == (False, True)
    desk.closes("b")
    desk.later(60)
    desk.timers()
    assert not desk.logged_in(number="801")


def test_a_takeover_is_a_start_for_one_and_a_stop_for_the_other(desk: Desk) -> None:
    desk.login("2019", "3001")
    for user in ("2019", "2020"):
        desk.save(user, log_in_at_start=True, log_out_at_stop=True)
    desk.opens()
    desk.login("2020", "3001")
    desk.opens()
    assert desk.logged_in("2020")
    assert desk.logged_in("2019")
    desk.later(60)
    desk.timers()
    assert (desk.logged_in("2019"), desk.logged_in("2020")) == (False, True)


def test_moving_to_another_desk_with_a_page_keeps_the_queues(desk: Desk) -> None:
    desk.add("other", phone_number="3002")
    desk.login("2019", "3001")
    desk.save(log_in_at_start=True, log_out_at_stop=True)
    desk.opens("p1")
    desk.opens("p2", name="other")
    desk.login("2019", "3002")
    desk.opens("p1")
    desk.opens("p2", name="other")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()


def test_pages_that_do_not_come_back_after_a_restart_have_stopped(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.save(log_out_at_stop=True)
    desk.take_part("2019")
    desk.opens("p1")
    assert desk.write(lambda tx: clients_lost(tx, desk.now)) == 1
    desk.later(5)
    desk.opens("p1")
    desk.later(60)
    desk.timers()
    assert desk.logged_in()
    desk.write(lambda tx: clients_lost(tx, desk.now))
    desk.later(60)
    desk.timers()
    assert not desk.logged_in()


# -- wishes (R6.2)


def test_a_wish_to_dial_goes_on_until_it_is_done(desk: Desk) -> None:
    desk.login("2019", "3001")
    wish = desk.dial_wish("+49 (30) 555-019")
    assert (wish.phone, wish.number) == ("3001", "+4930555019")
    (event,) = desk.events(Kind.DIAL_WISHED)
    assert (event.phone, event.user, event.data) == ("3001", "2019", {"wish": wish.id, "number": "+4930555019"})
    assert desk.wishes() == [wish.id]
    assert desk.desk().wish == wish
    assert desk.went(wish, WishState.RINGING) is not None
    done = desk.went(wish, WishState.CONNECTED)
    assert done is not None
    assert done.done_at == desk.now
    assert desk.wishes() == []
    assert desk.desk().wish is None
    assert desk.went(wish, WishState.FAILED) is None
    assert [event.data["state"] for event in desk.events(Kind.WISH_WENT)] == ["ringing", "connected"]


def test_clicking_twice_is_one_wish_and_another_number_replaces_it(desk: Desk) -> None:
    desk.login("2019", "3001")
    first = desk.dial_wish("2020")
    assert desk.dial_wish("2020") == first
    second = desk.dial_wish("2021")
    assert desk.wishes() == [second.id]
    (event,) = desk.events(Kind.WISH_WENT)
    assert (event.data["wish"], event.data["reason"]) == (first.id, SUPERSEDED)


def test_a_wish_that_nobody_takes_up_fails(desk: Desk) -> None:
    """A phone must not dial minutes later."""
    desk.login("2019", "3001")
    wish = desk.dial_wish()
    desk.later(10)
    assert desk.wishes() == []
    desk.timers()
    (event,) = desk.events(Kind.WISH_WENT)
    assert (event.data["state"], event.data["reason"]) == ("failed", EXPIRED)
    desk.later(3601)
    desk.timers()
    assert desk.read(lambda tx: tx.wishes.get(id=wish.id)) is None


def test_answering_and_hanging_up(desk: Desk) -> None:
    desk.login("2019", "3001")
    desk.do(lambda tx, workplace: wish_to_answer(tx, workplace, "2019", "c1", PC, desk.now))
    desk.do(lambda tx, workplace: wish_to_hang_up(tx, workplace, "2019", "", PC, desk.now))
    assert [(event.kind, event.data["call_id"]) for event in desk.events(Kind.ANSWER_WISHED, Kind.HANG_UP_WISHED)] == [
        (Kind.ANSWER_WISHED, "c1"), (Kind.HANG_UP_WISHED, ""),
    ]  # fmt: skip
    assert len(desk.wishes()) == 2


@pytest.mark.parametrize("number", ["", "sip:2020@example.org", "2020;x", "1" * 33])
def test_only_what_can_be_dialled_is_dialled(desk: Desk, number: str) -> None:
    desk.login("2019", "3001")
    with pytest.raises(InvalidValue):
        desk.dial_wish(number)


def test_a_binding_row_is_found_by_its_source(desk: Desk) -> None:
    desk.bind("3001", source="2001:db8::7")
    found: list[Binding] = desk.read(lambda tx: tx.bindings.list(source="2001:db8::7"))
    assert [each.aor for each in found] == ["3001"]
