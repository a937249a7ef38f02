"""Workplaces, boards, plans and webhooks on SQLite and PostgreSQL: rows, uniqueness, and what is counted there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from freeseat.application.pages import CallState
from freeseat.application.ports import Binding, CallRecord, Transaction
from freeseat.application.queues.ports import Outcome, QueueCall, WaitState
from freeseat.domain.actors import Actor
from freeseat.domain.boards import Board, BoardColumn, DayCounts, Thresholds
from freeseat.domain.call_wishes import CallWish, WishKind, WishState
from freeseat.domain.desk_login import Method
from freeseat.domain.directory import Phone, User
from freeseat.domain.errors import Clash
from freeseat.domain.events import Event, Kind
from freeseat.domain.permissions import Sphere
from freeseat.domain.plans import FloorPlan, MediaType, Placement, PlanImage
from freeseat.domain.queues import Attendance, Queue, QueueMember
from freeseat.domain.webhooks import Delivery, Webhook, WebhookProgress
from freeseat.domain.workplaces import DeskSettings, Layout, OpenPage, SavedSettings, SettingsScope, Theme, Workplace
from freeseat.store.database import Database
from tests.domain.entities import COS, NOW, login

WORKPLACE = Workplace(
    0, "desk 7", "3001", "0004f2000001", "2001:db8::7", ("800", "801"), "berlin", SettingsScope.LOCAL, False, "a" * 64,
    "b" * 64,
)  # fmt: skip
BOARD = Board(
    0, "wall", ("800",), Thresholds(1, 2, 3, 4), (BoardColumn.WAITING,), "de", Theme.LIGHT, "Europe/Berlin", 30,
    "c" * 64, NOW,
)  # fmt: skip
SETTINGS = DeskSettings(("800",), Layout.WINDOWS, Theme.DARK, "de", False, True, True)
WISH = CallWish(0, WishKind.DIAL, "3001", "2019", NOW, NOW, "+4930", "c1", WishState.RINGING, "why", None)


def test_every_field_comes_back_as_it_was(database: Database) -> None:
    def write(tx: Transaction) -> list[tuple[Any, Any]]:
        cos = tx.classes.add(COS).id
        user, phone = tx.users.add(User(0, "2019", "Bill", cos)), tx.phones.add(Phone(0, "3001", cos))
        workplace = tx.workplaces.add(WORKPLACE)
        plan = tx.plans.add(FloorPlan(0, "ground", "berlin", MediaType.WEBP, 640, 480, NOW))
        hook = tx.webhooks.add(Webhook(0, "crm", "https://crm.example", b"\0x", (Kind.LOGGED_IN,), False))
        return [
            (tx.workplaces, workplace),
            (tx.boards, tx.boards.add(BOARD)),
            (tx.desk_settings, tx.desk_settings.add(SavedSettings(0, user.id, None, "", SETTINGS))),
            (tx.desk_settings, tx.desk_settings.add(SavedSettings(0, None, workplace.id, "800", SETTINGS))),
            (tx.open_pages, tx.open_pages.add(OpenPage(0, workplace.id, None, "p", user.id, "800", NOW, NOW))),
            (tx.open_pages, tx.open_pages.add(OpenPage(0, None, user.id, "p", None, "", NOW))),
            (tx.wishes, tx.wishes.add(WISH)),
            (tx.plans, plan),
            (tx.plan_images, tx.plan_images.add(PlanImage(0, plan.id, bytes(range(256))))),
            (tx.placements, tx.placements.add(Placement(0, plan.id, phone.id, 0.1, 1 / 3))),
            (tx.webhooks, hook),
            (tx.webhook_progress, tx.webhook_progress.add(WebhookProgress(0, hook.id, 7, 2, NOW, NOW, "o", NOW))),
            (tx.deliveries, tx.deliveries.add(Delivery(0, hook.id, 7, NOW, 503, "Later", 0.125))),
        ]

    def check(tx: Transaction) -> None:
        for rows, row in write(tx):
            assert rows.get(id=row.id) == row

    database.write(check)


def test_what_must_be_unique(database: Database) -> None:
    def workplaces(tx: Transaction) -> None:
        tx.workplaces.add(WORKPLACE)
        tx.workplaces.add(replace(WORKPLACE, name="desk 8", digest="d" * 64))

    def without_links(tx: Transaction) -> None:
        for name in "ab":
            tx.workplaces.add(Workplace(0, name, "3001"))

    def wishes(tx: Transaction) -> None:
        tx.wishes.add(replace(WISH, done_at=NOW))
        tx.wishes.add(WISH)
        tx.wishes.add(replace(WISH, kind=WishKind.HANG_UP))
        tx.wishes.add(WISH)

    def settings(tx: Transaction) -> None:
        workplace = tx.workplaces.add(replace(WORKPLACE, name="desk 9", digest=None, login_digest=None))
        for queue in ("800", "801", "800"):
            tx.desk_settings.add(SavedSettings(0, None, workplace.id, queue, SETTINGS))

    database.write(without_links)
    for use_case in (workplaces, wishes, settings):
        with pytest.raises(Clash):
            database.write(use_case)


def test_what_belongs_to_something_goes_with_it(database: Database) -> None:
    def use_case(tx: Transaction) -> list[object]:
        cos = tx.classes.add(COS).id
        user, phone = tx.users.add(User(0, "2019", "Bill", cos)), tx.phones.add(Phone(0, "3001", cos))
        workplace = tx.workplaces.add(WORKPLACE)
        tx.desk_settings.add(SavedSettings(0, user.id, None, "", SETTINGS))
        tx.open_pages.add(OpenPage(0, workplace.id, None, "p", user.id, "", NOW))
        tx.open_pages.add(OpenPage(0, None, user.id, "p", None, "", NOW))
        plan = tx.plans.add(FloorPlan(0, "ground", "", MediaType.PNG, 1, 1, NOW))
        tx.placements.add(Placement(0, plan.id, phone.id, 0, 0))
        tx.users.delete(user)
        tx.phones.delete(phone)
        return [*tx.desk_settings.list(), *tx.open_pages.list(), *tx.placements.list()]

    assert database.write(use_case) == []


# -- counting (R6.4)


def _call(queue: Queue, at: datetime, waited: float | None, outcome: Outcome | None, stayed: float = 20.0) -> QueueCall:
    answered = at + timedelta(seconds=waited) if waited is not None else None
    state = WaitState.ENDED if outcome else WaitState.WAITING
    name = f"{queue.id} {at} {waited} {outcome}"
    ended = at + timedelta(seconds=stayed) if outcome else None
    return QueueCall(0, queue.id, "voice", name, "1", "", at, state, None, answered, ended, outcome)


def test_callers_are_counted_by_queue_since_a_time(database: Database) -> None:
    def use_case(tx: Transaction) -> dict[str, DayCounts]:
        queues = [tx.queues.add(Queue(0, f"80{n}", f"81{n}", "Sales")) for n in range(3)]
        first, second, _ = queues
        for waited, outcome in (
            (20.0, Outcome.ANSWERED), (20.002, Outcome.ANSWERED), (5.0, None), (None, Outcome.ABANDONED),
            (None, Outcome.OVERFLOW), (None, None),
        ):  # fmt: skip
            tx.queue_calls.add(_call(first, NOW, waited, outcome))
        tx.queue_calls.add(_call(first, NOW - timedelta(microseconds=1), 1.0, Outcome.ANSWERED))
        tx.queue_calls.add(_call(second, NOW + timedelta(hours=9), None, Outcome.ABANDONED, 20.002))
        found = tx.queue_counts.since([queue.id for queue in queues], NOW, 20)
        return {queue.number: found[queue.id] for queue in queues if queue.id in found}

    assert database.write(use_case) == {
        "800": DayCounts(answered=3, in_time=2, abandoned=1, early=1, decided=5),
        "801": DayCounts(abandoned=1, decided=1),
    }
    assert database.read(lambda tx: tx.queue_counts.since([], NOW, 20)) == {}


def test_callers_and_members_of_a_sphere_now(database: Database) -> None:
    def use_case(tx: Transaction) -> list[tuple[int, int]]:
        cos = tx.classes.add(COS).id
        for number in range(2):
            queue = tx.queues.add(Queue(0, f"80{number}", f"81{number}", "Sales"))
            for minute, outcome in ((1, None), (2, None), (3, Outcome.ABANDONED)):
                tx.queue_calls.add(_call(queue, NOW + timedelta(minutes=minute), None, outcome))
            user = tx.users.add(User(0, f"201{number}", "Bill", cos))
            tx.members.add(QueueMember(0, queue.id, user.id))
            tx.attendances.add(Attendance(0, queue.id, user.id, logged_in_at=NOW if number else None))
        return [tx.queue_counts.now(sphere) for sphere in (Sphere(), Sphere.of(["800"], ()), Sphere.of((), ["x"]))]

    assert database.write(use_case) == [(4, 1), (2, 0), (0, 0)]


def test_calls_under_way(database: Database) -> None:
    def use_case(tx: Transaction) -> tuple[list[CallState], int]:
        began = CallRecord(0, "main", "a", 1.0, "2019", "3001", "2020", "2020", kind="internal", source="")
        tx.calls.add(began)
        tx.calls.add(replace(began, call_id="b", called_phone="3002", answered_at=2.0))
        tx.calls.add(replace(began, call_id="c", answered_at=2.0, ended_at=3.0))
        return [each._replace(id=0) for each in tx.calls_under_way.states()], tx.calls_under_way.count()

    states, count = database.write(use_case)
    assert states == [CallState(0, "3001", "", "2020", None), CallState(0, "3001", "3002", "2020", 2.0)]
    assert count == 2


def test_what_the_timers_look_for(database: Database) -> None:
    def use_case(tx: Transaction) -> tuple[list[str], int, int]:
        workplace = tx.workplaces.add(WORKPLACE)
        for page, stops in (("a", None), ("b", NOW), ("c", NOW + timedelta(seconds=1))):
            tx.open_pages.add(OpenPage(0, workplace.id, None, page, None, "", NOW, stops))
        for done in (None, NOW, NOW + timedelta(seconds=1)):
            tx.wishes.add(replace(WISH, done_at=done))
        found = tx.sweeping.wishes_done(NOW + timedelta(seconds=1))
        tx.sweeping.forget_wishes(NOW + timedelta(seconds=1))
        return [page.page for page in tx.sweeping.closed_pages(NOW)], found, len(tx.wishes.list())

    assert database.write(use_case) == (["b"], 1, 2)


def test_the_log_of_a_hook(database: Database) -> None:
    def use_case(tx: Transaction) -> tuple[list[int], int]:
        one, other = (tx.webhooks.add(Webhook(0, name, "https://x.example")) for name in "ab")
        for position in range(1, 6):
            for hook in (one, other):
                tx.deliveries.add(Delivery(0, hook.id, position, NOW, 200, "", 0.1))
        tx.delivery_log.keep(one.id, 3)
        tx.delivery_log.keep(other.id, 9)
        return [made.position for made in tx.delivery_log.newest(one.id, 2)], len(tx.deliveries.list())

    assert database.write(use_case) == ([5, 4], 8)


def test_the_directory_is_read_page_by_page(database: Database) -> None:
    """By code point, so that 2 comes before 10."""

    def use_case(tx: Transaction) -> list[list[str]]:
        cos = tx.classes.add(COS).id
        for number in ("2019", "201", "30", "4"):
            tx.users.add(User(0, number, "Bill", cos, enabled=number != "30"))
            tx.phones.add(Phone(0, f"9{number}", cos))
        return [
            list(tx.numbers.user_numbers("", 2)), list(tx.numbers.user_numbers("2019", 9)),
            list(tx.numbers.phone_numbers("9201", 2)),
        ]  # fmt: skip

    assert database.write(use_case) == [["201", "2019"], ["4"], ["92019", "930"]]


def test_tallies_for_metrics(database: Database) -> None:
    def use_case(tx: Transaction) -> tuple[object, ...]:
        cos = tx.classes.add(COS).id
        for number, method in (("1", Method.MENU), ("2", Method.MENU), ("3", Method.WEB)):
            user, phone = tx.users.add(User(0, number, "Bill", cos)), tx.phones.add(Phone(0, f"9{number}", cos))
            tx.logins.add(login(user.id, phone.id, method=method))
            tx.bindings.add(Binding(0, phone.number, "sip:x", "main", 1.0, 501, 500))
        tx.calls.add(CallRecord(0, "main", "c1", 1.0, kind="internal"))
        tx.calls.add(CallRecord(0, "main", "c2", 1.0, kind="internal", ended_at=2.0))
        for reason in ("locked", "locked", "elsewhere"):
            tx.events.append(Event(NOW, Kind.LOGIN_REFUSED, Actor.system(), data={"reason": reason}))
        last = tx.events.last_position()
        tx.set_followed("webhooks", "7")
        at_last, refusals = tx.tallies.refusals(0)
        assert tx.tallies.refusals(last) == (last, {})
        assert at_last == last
        return (
            dict(tx.tallies.logins()), dict(tx.tallies.bindings()), dict(tx.tallies.open_calls()), dict(refusals),
            dict(tx.tallies.followers()),
        )  # fmt: skip

    assert database.write(use_case) == (
        {"menu": 2, "web": 1}, {"main": 3}, {"internal": 1}, {"locked": 2, "elsewhere": 1}, {"webhooks": "7"},
    )  # fmt: skip


def test_nobody_who_looks_for_waiting_callers_reads_a_days_calls(database: Database) -> None:
    """SQLite knows nothing of how many calls are over: what is open has to be in an index of its own."""
    if database.engine.dialect.name != "sqlite":
        return
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    database.read(lambda tx: (tx.waiting.of_queue(1), tx.queue_counts.since([1], NOW, 20)))
    event.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        plans = [
            " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in asked
            if "queue_call" in statement
        ]
    assert "ended_at=?" in plans[0] or "ix_queue_call_open" in plans[0]
    assert "ix_queue_call_day (queue_id=? AND entered_at>?)" in plans[1]
