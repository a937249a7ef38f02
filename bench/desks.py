"""Desk logins under load: how many a second, the shift change, and how soon Kamailio's tables carry a login."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.generator import Account, Generator, Load, Plan, Target, write_accounts
from bench.node import Node
from freeseat.application.locate import locate
from freeseat.application.log_in import LoggedIn, LogIn, log_in
from freeseat.application.ports import Transaction
from freeseat.application.proving import Authority
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import Method
from freeseat.edge.switch.applied import wait_applied
from freeseat.store.database import Database
from freeseat.store.hints import hint_for
from freeseat.store.vault import AesVault

_LOGIN_MS = 5000
"""Deadline of a login: SIP's own (64 x T1) would be 32 s, but nobody waits so long at a desk."""
_APPLIED_SECONDS = 5.0


@dataclass(frozen=True)
class People:
    """Users of the office by index, from `first` on; each logs in once in a run."""

    first: int
    count: int

    def numbers(self, node: Node) -> list[str]:
        """Their extension numbers."""
        accounts = node.prepared.office.user_accounts()
        return [account.number for account in accounts[self.first : self.first + self.count]]


@dataclass(frozen=True)
class Shift:
    """A shift change: the generator's figures and what was found afterwards.

    `lost`: people who are not logged in although they tried. `wrong`: people whom the database or *locate* shows
    otherwise than they logged in. `unreachable`: of `called` calls to them, those that did not reach them.
    """

    load: Load
    lost: int
    wrong: int
    called: int
    unreachable: int


def register(generator: Generator, node: Node, people: People, *, rate: float = 0, window: int = 0) -> Load:
    """Let people register as themselves, each once, at a rate or with so many under way."""
    plan = Plan("register", people.count, rate=rate, window=window, first=people.first, accounts=people.count)
    return generator.run(node.people, replace(plan, identity="desk", expires=500, deadline_ms=_LOGIN_MS))


def shift_change(generator: Generator, node: Node, people: People, *, rate: float, calls: int) -> Shift:
    """Let people log in at a rate, then look each of them up, and call `calls` of them."""
    log = node.prepared.directory / "shift.log"
    plan = Plan("register", people.count, rate=rate, first=people.first, accounts=people.count, log=log)
    load = generator.run(node.people, replace(plan, identity="desk", expires=500, deadline_ms=_LOGIN_MS))
    acknowledged = {line.split()[0] for line in log.read_text().splitlines() if line.endswith(" 200")}
    numbers = people.numbers(node)
    with closing(open_database(node)) as database:
        wrong = database.read(lambda tx: sum(not _is_right(tx, number) for number in numbers if number in acknowledged))
    reached = _call(generator, node, numbers[:calls])
    return Shift(load, len(set(numbers) - acknowledged), wrong, reached.offered, reached.failed)


def propagation(node: Node, people: People) -> list[float]:
    """Log people in at the phones of their index, one after the other, as an administrator does.

    Gives for each the seconds from the commit until Kamailio's tables carry it, Kamailio's own acknowledgement being
    the proof.
    """
    numbers, offices = people.numbers(node), node.prepared.office.phone_accounts()
    with closing(open_database(node)) as database:
        return [
            _carried_after(node, database, user, phone.number)
            for user, phone in zip(numbers, offices[people.first :], strict=False)
        ]


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of them lie."""
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))]


def _carried_after(node: Node, database: Database, user: str, phone: str) -> float:
    wish = LogIn(user, phone, Authority(), Method.CLI, Actor.system())
    outcome = database.write(lambda tx: log_in(tx, wish, datetime.now(UTC)))
    committed = time.monotonic()
    if not isinstance(outcome, LoggedIn):
        raise RuntimeError(f"login of {user} at {phone} was refused: {outcome.reason}")
    if not asyncio.run(wait_applied(node.prepared.runtime, outcome.position, _APPLIED_SECONDS)):
        return _APPLIED_SECONDS
    return time.monotonic() - committed


def _is_right(tx: Transaction, number: str) -> bool:
    """Whether the user is at just one place, his own registration, for *locate* and in the rows themselves."""
    user = tx.users.get(number=number)
    logins = tx.logins.of_user(user.id) if user else ()
    places = locate(tx, number) or ()
    own = [login for login in logins if login.method is Method.REGISTER and login.place == number]
    return len(logins) == len(own) == len(places) == 1 and places[0].place == number


def _call(generator: Generator, node: Node, numbers: Sequence[str]) -> Load:
    """Call each of them once, from phones with occupants."""
    directory = node.prepared.directory
    callers = node.prepared.office.phone_accounts()[: node.prepared.office.occupied]
    target = Target(
        node.target.port,
        node.target.domain,
        write_accounts(directory / "callers", callers),
        write_accounts(directory / "called", [Account(number, "-") for number in numbers]),
    )
    return generator.run(target, Plan("call", len(numbers), rate=100, hold_ms=10, deadline_ms=2000))


def open_database(node: Node) -> Database:
    """Give the node's database, opened beside it as the command line does."""
    prepared = node.prepared
    hints: Path = prepared.runtime / "hints"
    return Database(prepared.database_url, AesVault(prepared.key), hint_for(prepared.database_url, hints))
