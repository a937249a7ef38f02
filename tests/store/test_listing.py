"""Pages of lists on SQLite and PostgreSQL: every filter, the order, keysets, spheres (R10.1, R10.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from freeseat.application.accounts.directory import add_account
from freeseat.application.accounts.principal import Principal
from freeseat.application.directory import phones, users
from freeseat.application.directory.rules import class_of
from freeseat.application.listing import (
    AccountsWanted,
    CallsWanted,
    EventsWanted,
    LoginsWanted,
    Page,
    PageWanted,
    PhonesWanted,
    UsersWanted,
    WorkplacesWanted,
    all_pages,
)
from freeseat.application.ports import Binding, CallRecord
from freeseat.application.queues.directory import add_member, add_queue
from freeseat.application.workplaces.directory import add_workplace
from freeseat.domain.accounts import Account
from freeseat.domain.actors import Channel
from freeseat.domain.directory import Phone, User
from freeseat.domain.errors import InvalidValue
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Role, Sphere
from freeseat.domain.queues import Queue
from freeseat.domain.trunks import InboundNumber
from freeseat.domain.workplaces import Workplace
from freeseat.store.database import Database
from tests.application.office import ADMIN, PIN, Office
from tests.domain.entities import NOW


class Lists(Office):
    """Jürgen 2021 of Sales is in queue 800; ann sits in Berlin; 4001 in Rome is Dora's (2001)."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.cos("staff")

        def furnish(tx: Any) -> None:
            staff = class_of(tx, "staff").id
            juergen = User(0, "2021", "Jürgen Öztürk", staff, department="Sales", email="j@example.org")
            users.add_user(tx, replace(juergen, hot_desk_access=True), PIN, ADMIN, NOW)
            dora = users.add_user(tx, User(0, "2001", "Dora 100%", staff, enabled=False), None, ADMIN, NOW)
            users.change_user(tx, "2001", {"enabled": True}, ADMIN, NOW)
            phones.add_phone(
                tx, Phone(0, "4001", staff, shared=False, owner_id=dora.id, site="rome"), "s3cret-word", ADMIN, NOW
            )
            phones.change_phone(tx, "3001", {"site": "berlin", "mac": "001565aabbcc", "model": "T54W"}, ADMIN, NOW)
            add_queue(tx, Queue(0, "800", "811", "Sales"), ADMIN, NOW)
            add_member(tx, "800", "2021", 1, ADMIN, NOW)
            tx.bindings.add(Binding(0, "3001", "sip:3001@10.0.0.7", "main", 1.0, 501, 500))

        self.write(furnish)
        self.login("2020", "3001")

    def users(self, search: str = "", **wanted: Any) -> list[str]:
        return [row.number for row in self.read(lambda tx: tx.listing.users(UsersWanted(search, **wanted))).rows]

    def phones(self, search: str = "", **wanted: Any) -> list[str]:
        return [row.number for row in self.read(lambda tx: tx.listing.phones(PhonesWanted(search, **wanted))).rows]

    def logins(self, **wanted: Any) -> list[tuple[str, str]]:
        page = self.read(lambda tx: tx.listing.logins(LoginsWanted(**wanted)))
        return [(row.user, row.place) for row in page.rows]

    def calls(self, **wanted: Any) -> list[str]:
        return [row.call.call_id for row in self.read(lambda tx: tx.listing.calls(CallsWanted(**wanted))).rows]

    def found(self, **wanted: Any) -> list[Kind]:
        return [event.kind for event in self.read(lambda tx: tx.listing.events(EventsWanted(**wanted))).rows]


@pytest.fixture
def lists(database: Database) -> Lists:
    return Lists(database)


def test_users_are_searched_by_every_word_in_any_case(lists: Lists) -> None:
    assert lists.users() == ["2001", "2019", "2020", "2021"]
    assert lists.users("USER 20") == ["2019", "2020"]
    assert lists.users("jürgen ÖZT sales") == lists.users("JÜRGEN") == lists.users("example.org") == ["2021"]
    assert lists.users("jürgen berlin") == []
    assert lists.users("100%") == ["2001"]
    assert lists.users("_") == lists.users("\\") == lists.users("\x00") == []


def test_users_are_filtered(lists: Lists) -> None:
    assert lists.users(cos="staff") == ["2001", "2021"]
    assert lists.users(cos="nobody's") == []
    assert lists.users(department="Sales") == ["2021"]
    assert lists.users(hot_desk=False) == ["2001"]
    assert lists.users(enabled=False) == []
    assert lists.users(logged_in=True) == ["2020"]
    assert lists.users("user", logged_in=False) == ["2019"]
    assert lists.users(queue="800") == ["2021"]


def test_a_users_row_tells_where_he_is(lists: Lists) -> None:
    (ann,) = lists.read(lambda tx: tx.listing.users(UsersWanted("2020"))).rows
    assert (ann.class_name, ann.has_pin, ann.phones) == ("standard", True, ())
    assert [(each.place, each.site, each.since) for each in ann.places] == [("3001", "berlin", lists.now)]
    (dora,) = lists.read(lambda tx: tx.listing.users(UsersWanted("dora"))).rows
    assert (dora.has_pin, dora.phones, dora.places) == (False, ("4001",), ())


def test_phones_are_searched_and_filtered(lists: Lists) -> None:
    assert lists.phones() == ["3001", "3002", "3003", "4001"]
    assert lists.phones("00:15:65:AA") == lists.phones("t54 berlin") == ["3001"]
    assert lists.phones(site="rome") == lists.phones(shared=False) == lists.phones(cos="staff") == ["4001"]
    assert lists.phones(registered=True) == lists.phones(occupied=True) == ["3001"]
    assert lists.phones(registered=False) == lists.phones(occupied=False) == ["3002", "3003", "4001"]
    assert lists.phones(enabled=False) == []


def test_a_phones_row_tells_its_occupant_and_owner(lists: Lists) -> None:
    at_3001, *_, own = lists.read(lambda tx: tx.listing.phones(PhonesWanted())).rows
    assert (at_3001.occupant, at_3001.occupant_name, at_3001.since) == ("2020", "User 2020", lists.now)
    assert (at_3001.registered, at_3001.mac, at_3001.owner) == (True, "001565aabbcc", "")
    assert (own.owner, own.owner_name, own.occupant, own.since) == ("2001", "Dora 100%", "", None)


def test_workplaces_are_searched_by_what_they_are_found_by(lists: Lists) -> None:
    def furnish(tx: Any) -> None:
        for place in (
            Workplace(0, "Window", phone_number="3001", site="berlin"),
            Workplace(0, "Door", mac="001565aabbcc", site="rome"),
            Workplace(0, "Corner", address="192.0.2.7"),
        ):
            add_workplace(tx, place, ADMIN, NOW)

    def names(search: str = "", **wanted: Any) -> list[str]:
        return [
            each.name for each in lists.read(lambda tx: tx.listing.workplaces(WorkplacesWanted(search, **wanted))).rows
        ]

    lists.write(furnish)
    assert names() == ["Corner", "Door", "Window"]
    assert names("wind berlin") == names("3001") == names(site="berlin") == ["Window"]
    assert names("00:15:65:aa") == ["Door"]
    assert names("192.0.2") == ["Corner"]
    assert names("berlin door") == names(site="paris") == []
    assert names(within=Sphere.of((), ["rome"])) == ["Door"]
    pages = lists.read(
        lambda tx: all_pages(lambda page: tx.listing.workplaces(WorkplacesWanted(), replace(page, limit=1)))
    )
    assert [each.name for each in pages] == ["Corner", "Door", "Window"]


def test_inbound_numbers_are_searched_and_come_in_pages(lists: Lists) -> None:
    def furnish(tx: Any) -> None:
        for last, destination, description in (("7", "2019", "Bill"), ("6", "2020", ""), ("9", "800", "main line")):
            tx.inbound.add(InboundNumber(0, f"+49305558{last}", destination, description))

    lists.write(furnish)
    ask = lists.read
    assert [each.destination for each in ask(lambda tx: tx.listing.inbound()).rows] == ["2020", "2019", "800"]
    assert [each.number for each in ask(lambda tx: tx.listing.inbound("MAIN 5558")).rows] == ["+493055589"]
    first = ask(lambda tx: tx.listing.inbound(page=PageWanted(limit=2)))
    assert (first.next, first.total) == ("+493055587", 3)
    behind = ask(lambda tx: tx.listing.inbound(page=PageWanted(first.next)))
    assert [each.description for each in behind.rows] == ["main line"]


def test_accounts_are_searched_and_tell_whose_they_are(lists: Lists) -> None:
    def furnish(tx: Any) -> None:
        dora = users.user_of(tx, "2001").id
        for account in (
            Account(0, "dora", Role.AGENT, "hash", full_name="Dora Diaz", user_id=dora),
            Account(0, "ada", Role.ADMINISTRATOR, "hash", email="ada@example.org"),
            Account(0, "susi", Role.SUPERVISOR, "hash", enabled=False, sites=("rome",)),
        ):
            add_account(tx, account, Principal.authority(ADMIN), NOW)

    def found(search: str = "", **wanted: Any) -> list[tuple[str, str]]:
        page = lists.read(lambda tx: tx.listing.accounts(AccountsWanted(search, **wanted)))
        return [(row.account.name, row.user) for row in page.rows]

    lists.write(furnish)
    assert found() == [("ada", ""), ("dora", "2001"), ("susi", "")]
    assert found("DIAZ") == found(role=Role.AGENT) == [("dora", "2001")]
    assert found("example.org") == [("ada", "")]
    assert found(enabled=False) == [("susi", "")]
    first = lists.read(lambda tx: tx.listing.accounts(AccountsWanted(), PageWanted(limit=2)))
    assert (first.next, first.total) == ("dora", 3)


def test_desk_logins_open_and_past(lists: Lists) -> None:
    lists.later(60)
    lists.login("2019", "3001")
    assert lists.logins() == [("2019", "3001"), ("2020", "3001")]
    assert lists.logins(open=True) == lists.logins(user="2019") == [("2019", "3001")]
    assert lists.logins(open=False) == lists.logins(until=lists.now) == [("2020", "3001")]
    assert lists.logins(since=lists.now, site="berlin", place="3001") == [("2019", "3001")]
    assert lists.logins(user="9") == lists.logins(site="rome") == []


def test_calls_of_users_phones_and_queues(lists: Lists) -> None:
    at = lists.now.timestamp()
    first = CallRecord(0, "main", "a", at, "2020", "3001", "2001", "2001", "4001", "internal", answered_at=at + 1)
    others = [
        replace(first, call_id="b", caller="0171", caller_phone="", called="2020", queue="800", kind="queue"),
        replace(first, call_id="c", started_at=at - 60, caller="2019", caller_phone="3002", answered_at=None),
        replace(first, call_id="d", called="2020", called_phone="3001"),
    ]
    lists.write(lambda tx: tx.calls.record([first, *others], [], []))
    assert lists.calls() == ["d", "b", "a", "c"]
    assert lists.calls(user="2020") == ["d", "b", "a"]
    assert lists.calls(phone="3001") == lists.calls(user="2020", phone="3001") == ["d", "a"]
    assert lists.calls(queue="800") == lists.calls(kind="queue") == ["b"]
    assert lists.calls(answered=False) == lists.calls(until=lists.now) == ["c"]
    assert lists.calls(since=lists.now) == ["d", "b", "a"]
    assert lists.calls(within=Sphere.of(["800"], [])) == ["b"]
    assert lists.calls(within=Sphere.of([], ["berlin"])) == ["d", "a"]
    assert lists.calls(within=Sphere.of([], [])) == []
    (row,) = lists.read(lambda tx: tx.listing.calls(CallsWanted(queue="800"))).rows
    assert (row.caller_name, row.called_name, row.queue_name) == ("", "User 2020", "Sales")


def test_events_newest_first(lists: Lists) -> None:
    lists.later(60)
    lists.refused("2019", "3001", "0000")
    assert lists.found()[:2] == [Kind.LOGIN_REFUSED, Kind.LOGGED_IN]
    both = frozenset({Kind.LOGGED_IN, Kind.LOGIN_REFUSED})
    assert lists.found(kinds=both) == [Kind.LOGIN_REFUSED, Kind.LOGGED_IN]
    assert lists.found(kinds=both, user="2020") == lists.found(kinds=both, until=lists.now) == [Kind.LOGGED_IN]
    assert lists.found(channel=Channel.VOICE, since=lists.now) == [Kind.LOGIN_REFUSED]
    assert lists.found(who="2019", source="10.0.0.1") == [Kind.LOGIN_REFUSED]
    assert lists.found(source="10.9.9.9") == lists.found(until=NOW - timedelta(days=1)) == []
    assert Kind.LOGGED_IN in lists.found(phone="3001", since=NOW)


def test_a_supervisor_sees_his_own_queues_and_sites(lists: Lists) -> None:
    """R10.1: people of his queues or at his sites; phones, desks and queues of his own."""
    queue, site, nothing = Sphere.of(["800"], []), Sphere.of([], ["berlin"]), Sphere.of([], [])
    assert lists.users(within=queue) == ["2021"]
    assert lists.users(within=site) == ["2020"]
    assert lists.users(within=Sphere.of(["800"], ["berlin", "rome"])) == ["2001", "2020", "2021"]
    assert lists.phones(within=site) == ["3001"]
    assert lists.logins(within=site) == [("2020", "3001")]
    assert (lists.logins(within=queue), lists.phones(within=queue), lists.users(within=nothing)) == ([], [], [])
    assert set(lists.found(within=queue)) == {Kind.USER_ADDED, Kind.MEMBER_ADDED}
    seen = [lists.read(lambda tx, s=each: tx.listing.queues(within=s)).rows for each in (queue, site)]  # type: ignore[misc]
    assert [[row.queue.number for row in rows] for rows in seen] == [["800"], []]


def test_queues_with_their_counts(lists: Lists) -> None:
    page = lists.read(lambda tx: tx.listing.queues("sal"))
    assert [(row.queue.name, row.members, row.logged_in, row.waiting) for row in page.rows] == [("Sales", 1, 0, 0)]
    assert lists.read(lambda tx: tx.listing.queues("buy")).rows == ()


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda tx, page: tx.listing.users(UsersWanted(), page), id="users"),
        pytest.param(lambda tx, page: tx.listing.phones(PhonesWanted(), page), id="phones"),
        pytest.param(lambda tx, page: tx.listing.logins(LoginsWanted(), page), id="logins"),
        pytest.param(lambda tx, page: tx.listing.queues(page=page), id="queues"),
        pytest.param(lambda tx, page: tx.listing.calls(CallsWanted(user="2020"), page), id="calls"),
        pytest.param(lambda tx, page: tx.listing.events(EventsWanted(), page), id="events"),
    ],
)
def test_pages_follow_each_other_without_gap_or_double(lists: Lists, ask: Callable[..., Page[Any]]) -> None:
    """Also where several rows have the same time."""
    for phone in ("3002", "3003", "3001", "3002"):
        lists.login("2020", phone)
    call = CallRecord(0, "main", "", lists.now.timestamp(), "2020", "3001", "2020", "2020")
    lists.write(lambda tx: tx.calls.record([replace(call, call_id=str(n)) for n in range(5)], [], []))
    lists.write(lambda tx: add_queue(tx, Queue(0, "801", "821", "Other"), ADMIN, NOW))
    whole = lists.read(lambda tx: ask(tx, PageWanted(limit=500)))
    assert (whole.next, whole.total) == (None, len(whole.rows))
    found: list[Any] = []
    page = lists.read(lambda tx: ask(tx, PageWanted(limit=1)))
    while True:
        found += page.rows
        if page.next is None:
            break
        page = lists.read(lambda tx, after=page.next: ask(tx, PageWanted(after, 1)))  # type: ignore[misc]
    assert tuple(found) == whole.rows
    assert len(found) > 1


def test_how_many_there_are_where_all_are_wanted(lists: Lists) -> None:
    page = PageWanted(limit=2)
    assert lists.read(lambda tx: tx.listing.users(UsersWanted(), page)).total == 4
    assert lists.read(lambda tx: tx.listing.phones(PhonesWanted(), page)).total == 4
    assert lists.read(lambda tx: tx.listing.users(UsersWanted("20"), page)).total is None


def test_how_many_are_logged_in_is_always_told(lists: Lists) -> None:
    """The overview has it."""
    for user, phone in (("2019", "3001"), ("2020", "3002"), ("2019", "3003")):
        lists.login(user, phone)
    one = PageWanted(limit=1)
    now_there = lists.read(lambda tx: tx.listing.logins(LoginsWanted(open=True), PageWanted(limit=500)))
    assert lists.read(lambda tx: tx.listing.logins(LoginsWanted(open=True), one)).total == len(now_there.rows) > 1
    nowhere = LoginsWanted(open=True, within=Sphere.of([], ["nowhere"]))
    assert lists.read(lambda tx: tx.listing.logins(nowhere, one)).total == 0
    assert lists.read(lambda tx: tx.listing.logins(LoginsWanted(), one)).total is None


def test_what_no_page_gave_is_refused(lists: Lists) -> None:
    for after in ("x", "1/x", "/", "-1", "2026-01-01/3", "9" * 30):
        with pytest.raises(InvalidValue):
            lists.read(lambda tx, a=after: tx.listing.logins(LoginsWanted(), PageWanted(a)))  # type: ignore[misc]
    for limit in (0, 501):
        with pytest.raises(InvalidValue):
            PageWanted(limit=limit)
    with pytest.raises(InvalidValue):
        lists.read(lambda tx: tx.listing.events(EventsWanted(), PageWanted("x")))
