"""Pages of lists at size: `scripts/bench --lists [--postgresql] [--quick] [--json FILE]`.

100,000 users and phones, a million events: every page in under 200 ms of the server's time (R10.1).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text
from tests.clients.postgres import Postgres

from bench.budgets import Budget, Limit, Row, judge
from bench.list_pages import PAGES, browser, seconds_of
from bench.office import FIRST_PHONE, FIRST_USER, Office, fill
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
)
from freeseat.application.ports import Transaction
from freeseat.application.reports.desks import occupancy, where
from freeseat.application.reports.failures import failures
from freeseat.application.reports.period import Period
from freeseat.application.reports.seats import seats
from freeseat.domain.actors import Channel
from freeseat.domain.buckets import Unit
from freeseat.domain.events import Kind
from freeseat.domain.permissions import Sphere
from freeseat.store.database import Database
from freeseat.store.hints import NoHint
from freeseat.store.vault import AesVault

_KEY = bytes(range(32))
_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_ROUNDS = 5
_PAGE = Budget("pages of lists, slowest", "ms", Limit.VALUE_AT_MOST, 200)
_LAST = PageWanted(limit=100)
_WHOLE = Budget("whole pages, slowest", "ms", Limit.VALUE_AT_MOST, 200)
_REPORT = Budget("reports, slowest", "ms", Limit.VALUE_AT_MOST, 5_000)

Asked = Callable[[Transaction], Sequence[Any]]
W = TypeVar("W")


def main() -> int:
    """Fill a database, measure every kind of page; 1 if a budget was missed."""
    parser = argparse.ArgumentParser(prog="scripts/bench --lists", description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there")
    options = parser.parse_args()
    size = 10_000 if options.quick else 100_000
    directory = Path(tempfile.mkdtemp(prefix="freeseat-lists-"))
    try:
        with _database(directory, postgresql=options.postgresql) as url:
            rows = list(_measure(directory, url, size))
    finally:
        shutil.rmtree(directory)
    slowest = max((row for row in rows if row.budget == _PAGE.bound), key=lambda row: row.value)
    if options.json:
        options.json.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    print(f"slowest: {slowest.name}, {slowest.value:.0f} ms")
    return 0 if all(row.ok for row in rows) else 1


@contextmanager
def _database(directory: Path, *, postgresql: bool) -> Iterator[str]:
    if not postgresql:
        yield f"sqlite:///{directory / 'lists.sqlite'}"
        return
    with Postgres() as server:
        yield server.create()


def _measure(directory: Path, url: str, size: int) -> Iterator[Row]:
    started = time.monotonic()
    fill(url, _KEY, Office(size, size // 2), _NOW)
    database = Database(url, AesVault(_KEY), NoHint())
    try:
        _fill_history(database, size)
        print(f"filled in {time.monotonic() - started:.0f} s", flush=True)
        for name, asked in _questions(size).items():
            yield _row(database, _PAGE, name, asked)
        for name, asked in _reports().items():
            yield _row(database, _REPORT, name, asked)
        with browser(directory, url, _KEY, database) as client:
            seconds_of(client, "/portal")  # the page that everybody begins with; it loads what all pages share
            for name, address in PAGES.items():
                taken = [seconds_of(client, address) for _ in range(_ROUNDS)]
                yield _judged(_WHOLE, f"whole page, {name}", taken, "octets")
    finally:
        database.close()


def _row(database: Database, budget: Budget, name: str, asked: Asked) -> Row:
    taken = []
    for _ in range(_ROUNDS):
        at = time.perf_counter()
        rows = len(database.read(asked))
        taken.append((time.perf_counter() - at, rows))
    return _judged(budget, name, taken, "rows")


def _judged(budget: Budget, name: str, taken: list[tuple[float, int]], unit: str) -> Row:
    """The slowest of some rounds, each its seconds and how much came."""
    times = sorted(seconds * 1000 for seconds, _ in taken)
    note = f"{taken[-1][1]} {unit}, median {times[len(times) // 2]:.0f} ms"
    row = judge(replace(budget, name=name), times[-1], note=note)
    print(f"{'ok' if row.ok else 'MISSED':6} {name:50} {row.value:8.1f} ms  ({row.note})", flush=True)
    return row


def _questions(size: int) -> dict[str, Asked]:
    """Usual pages, and those that find nothing or stand far behind: the worst cases."""
    deep = PageWanted(str(FIRST_USER + size - 200), 100)
    user, phone = str(FIRST_USER + 77), str(FIRST_PHONE + 77)
    long_ago, day = _NOW - timedelta(days=200), timedelta(days=1)
    site, queue = Sphere.of((), ["site-7"]), Sphere.of(["801"], ())
    users = {
        "first page": UsersWanted(),
        "search of a name": UsersWanted("person 7777"),
        "search that finds nothing": UsersWanted("nobody xyz"),
        "search, not ASCII": UsersWanted("jürgen"),
        "department": UsersWanted(department="dep-3"),
        "class": UsersWanted(cos="standard"),
        "class nobody has": UsersWanted(cos="none"),
        "disabled": UsersWanted(enabled=False),
        "logged in": UsersWanted(logged_in=True),
        "logged out": UsersWanted(logged_in=False),
        "of a queue": UsersWanted(queue="801"),
        "of a queue, searched": UsersWanted("7777", queue="801"),
        "of a sphere of sites": UsersWanted(within=site),
        "of a sphere of queues": UsersWanted("person", within=queue),
    }
    phones = {
        "first page": PhonesWanted(),
        "search of a MAC": PhonesWanted("02:00:00:00:1f"),
        "search that finds nothing": PhonesWanted("nothing-at-all"),
        "site": PhonesWanted(site="site-7"),
        "assigned": PhonesWanted(shared=False),
        "occupied": PhonesWanted(occupied=True),
        "free": PhonesWanted(occupied=False),
        "registered": PhonesWanted(registered=True),
        "not registered": PhonesWanted(registered=False),
        "of a sphere": PhonesWanted(within=site),
    }
    logins = {
        "newest": LoginsWanted(),
        "open": LoginsWanted(open=True),
        "past": LoginsWanted(open=False),
        "of a user": LoginsWanted(user=user),
        "of a phone": LoginsWanted(place=phone),
        "of a site": LoginsWanted(site="site-7"),
        "of a day long ago": LoginsWanted(since=long_ago, until=long_ago + day),
        "of a sphere": LoginsWanted(within=queue),
    }
    calls = {
        "newest": CallsWanted(),
        "of a user": CallsWanted(user=user),
        "of a phone": CallsWanted(phone=phone),
        "of a queue": CallsWanted(queue="801"),
        "not answered": CallsWanted(answered=False),
        "of a kind nobody has": CallsWanted(kind="none"),
        "of a day long ago": CallsWanted(since=long_ago, until=long_ago + day),
        "of a sphere": CallsWanted(within=Sphere.of(["801"], ["site-7"])),
    }
    events = {
        "newest": EventsWanted(),
        "of a user": EventsWanted(user=user),
        "of a phone and kind": EventsWanted(frozenset({Kind.LOGGED_IN}), phone=phone),
        "of a rare kind": EventsWanted(frozenset({Kind.PIN_LOCKED, Kind.LOGIN_REFUSED})),
        "of an administrator": EventsWanted(who="admin"),
        "of a rare channel": EventsWanted(channel=Channel.WEB),
        "from an address that nothing came from": EventsWanted(source="192.0.2.1"),
        "of a day long ago": EventsWanted(since=long_ago, until=long_ago + day),
        "of a kind and a day long ago": EventsWanted(frozenset({Kind.LOGGED_IN}), since=long_ago, until=long_ago + day),
        "of a sphere": EventsWanted(within=site),
    }
    workplaces = {
        "first page": WorkplacesWanted(),
        "search of an address": WorkplacesWanted("10.7.77"),
        "search that finds nothing": WorkplacesWanted("nothing-at-all"),
        "of a site": WorkplacesWanted(site="site-7"),
    }
    accounts = {
        "first page": AccountsWanted(),
        "search of a name": AccountsWanted("person 7777"),
        "search that finds nothing": AccountsWanted("nobody xyz"),
    }
    return {
        **_named("workplaces", lambda tx, wanted: tx.listing.workplaces(wanted, _LAST), workplaces),
        **_named("accounts", lambda tx, wanted: tx.listing.accounts(wanted, _LAST), accounts),
        **_named("users", lambda tx, wanted: tx.listing.users(wanted, _LAST), users),
        "users, a deep page": lambda tx: tx.listing.users(UsersWanted(), deep).rows,
        **_named("phones", lambda tx, wanted: tx.listing.phones(wanted, _LAST), phones),
        **_named("desk logins", lambda tx, wanted: tx.listing.logins(wanted, _LAST), logins),
        **_named("calls", lambda tx, wanted: tx.listing.calls(wanted, _LAST), calls),
        **_named("events", lambda tx, wanted: tx.listing.events(wanted, _LAST), events),
        "events, a deep page": lambda tx: tx.listing.events(EventsWanted(), PageWanted("1000", 100)).rows,
    }


def _named(kind: str, asked: Callable[[Transaction, W], Page[Any]], wanted: dict[str, W]) -> dict[str, Asked]:
    def of(each: W) -> Asked:
        return lambda tx: asked(tx, each).rows

    return {f"{kind}, {name}": of(each) for name, each in wanted.items()}


def _reports() -> dict[str, Asked]:
    """Reports read a whole period: all users and what happened to them, or every desk login."""
    year, ten_days = _NOW - timedelta(days=360), Period(_NOW - timedelta(days=10), _NOW, Unit.DAY)
    return {
        "report, seats for billing of a year": lambda tx: seats(tx, year, _NOW, "UTC", _NOW),
        "report, occupancy of ten days": lambda tx: occupancy(tx, ten_days, _NOW),
        "report, who sat where on a day": lambda tx: where(tx, _NOW - timedelta(days=1), _NOW),
        "report, failed logins of a year": lambda tx: failures(tx, year, _NOW),
    }


def _fill_history(database: Database, size: int) -> None:
    """Ten events a user over a year (the first: he was added), two past logins, three calls; sites and bindings."""
    is_sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.begin() as connection:
        if is_sqlite:
            connection.exec_driver_sql("BEGIN")
        for statement in _history(size, is_sqlite=is_sqlite):
            connection.exec_driver_sql(statement if is_sqlite else statement.replace("%", "%%"))
    if is_sqlite:
        return  # nobody analyzes an SQLite file, PostgreSQL does so by itself
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _history(size: int, *, is_sqlite: bool) -> Iterator[str]:
    def series(count: int) -> str:
        if is_sqlite:
            return (
                f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s) s"
            )
        return f"generate_series(1, {count}) AS s(n)"

    def at(seconds: str) -> str:
        end = _NOW.strftime("%Y-%m-%d %H:%M:%S")
        if is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%S.000000', '{end}', (0 - ({seconds})) || ' seconds')"
        return f"timestamptz '{end}+00' - ({seconds}) * interval '1 second'"

    events, calls, logins, year = 10 * size, 3 * size, 2 * size, 360 * 86_400
    false, true = ("0", "1") if is_sqlite else ("false", "true")
    yield f"UPDATE person SET department = 'dep-' || (id % 100), name = name || CASE id % 1000 WHEN 7 THEN ' Jürgen' ELSE '' END, enabled = CASE id % 5000 WHEN 1 THEN {false} ELSE {true} END"  # noqa: E501
    yield "UPDATE phone SET site = 'site-' || (id % 1000), model = 'T5' || (id % 9)"
    few = f"CASE WHEN s.n <= {size} THEN 'user_added' WHEN s.n % 1000 = 0 THEN 'login_refused'"
    kinds = f"{few} WHEN s.n % 2 = 0 THEN 'logged_in' ELSE 'logged_out' END"
    yield f"INSERT INTO event (position, at, kind, actor, source, channel, \"user\", phone, data) SELECT 100 + s.n, {at(f'{year} - s.n * {year / events}')}, {kinds}, CASE WHEN s.n % 20000 = 0 THEN 'admin' ELSE CAST({FIRST_USER} + s.n % {size} AS VARCHAR) END, '10.1.2.' || (s.n % 250), CASE WHEN s.n % 40000 = 0 THEN 'web' WHEN s.n % 2 = 0 THEN 'voice' ELSE 'register' END, CAST({FIRST_USER} + s.n % {size} AS VARCHAR), CAST({FIRST_PHONE} + s.n % {size} AS VARCHAR), '{{\"method\": \"menu\", \"place\": \"3001\"}}' FROM {series(events)}"  # noqa: E501
    began = f"{year} - s.n * {year / logins}"
    yield f"INSERT INTO desk_login (id, user_id, phone_id, place, method, started_at, exclusive, call_id, contact, source, location_id, ended_at, end_reason) SELECT 1000000 + s.n, 1 + s.n % {size}, 1 + s.n % {size}, CAST({FIRST_PHONE} + s.n % {size} AS VARCHAR), 'menu', {at(began)}, {true}, '', '', '', '', {at(f'{began} - 60')}, 'logout' FROM {series(logins)}"  # noqa: E501
    began = f"{_NOW.timestamp()} - {year} + s.n * {year / calls}"
    yield f"INSERT INTO call_record (id, node, call_id, started_at, caller, caller_phone, dialled, called, called_phone, kind, queue, answered_at, ended_at, code, cause, source) SELECT s.n, 'main', 'c' || s.n, {began}, CAST({FIRST_USER} + s.n % {size} AS VARCHAR), CAST({FIRST_PHONE} + s.n % {size} AS VARCHAR), '1', CAST({FIRST_USER} + s.n * 7 % {size} AS VARCHAR), CAST({FIRST_PHONE} + s.n * 7 % {size} AS VARCHAR), 'internal', CASE s.n % 100 WHEN 1 THEN '801' ELSE '' END, CASE s.n % 100000 WHEN 1 THEN NULL ELSE {began} + 3 END, {began} + 60, 200, 'normal', '' FROM {series(calls)}"  # noqa: E501
    yield f"INSERT INTO binding (id, aor, contact, node, at, expires, granted, received, path, socket, call_id, cseq, instance, user_agent, source) SELECT s.n, CAST({FIRST_PHONE} - 1 + s.n AS VARCHAR), 'sip:x', 'main', 1, 1, 500, '', '', '', '', 1, '', '', '' FROM {series(size - 10)}"  # noqa: E501
    yield f"INSERT INTO queue (id, number, code, name, strategy, ring_seconds, wrap_up_seconds, misses_until_pause, overflow_to, no_agents_to, announce_seconds, language, reversed_digits, logout_at_desk_logout, logout_if_unregistered, login_when_registered, no_unreg_warning) VALUES (1, '801', '811', 'Sales', 'longest_idle', 20, 0, 3, '', '', 30, 'en', {false}, {false}, {false}, {false}, {false})"  # noqa: E501
    yield f"INSERT INTO workplace (id, name, phone_number, mac, address, queues, site, settings_scope, enabled) SELECT s.n, 'Desk ' || s.n, '', '', '10.' || (s.n % 250) || '.' || (s.n % 199) || '.' || (s.n % 241), '[]', 'site-' || (s.n % 1000), 'user', {true} FROM {series(size)}"  # noqa: E501
    yield f"INSERT INTO account (id, name, role, password, full_name, email, user_id, queues, sites, language, theme, enabled) SELECT s.n + 10, 'a' || s.n, 'agent', 'x', 'Person ' || s.n, '', s.n, '[]', '[]', '', 'auto', {true} FROM {series(size)}"  # noqa: E501
    yield f"INSERT INTO queue_member (id, queue_id, user_id, priority) SELECT s.n, 1, s.n * 20, 1 FROM {series(500)}"


if __name__ == "__main__":
    sys.exit(main())
