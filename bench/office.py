"""An office to measure: as many users and phones as wanted, put straight into a fresh database.

The rows are those the use cases would write. They are inserted in bulk because a hundred thousand use cases, each with
its events and checks, would take longer than the measurement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from bench.generator import Account
from freeseat.application.directory.rules import add_trusted, found, set_policy
from freeseat.application.ports import Transaction
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import DeskLogin, Method
from freeseat.domain.directory import DEFAULT_CODES, Phone, TrustedNetwork, User
from freeseat.domain.numbering import NumberRange
from freeseat.domain.policy import Policy
from freeseat.store import tables
from freeseat.store.database import Database
from freeseat.store.hints import NoHint
from freeseat.store.migrate import migrate
from freeseat.store.transaction import LOGINS, PHONES, USERS, SqlTransaction
from freeseat.store.vault import AesVault

FIRST_USER = 200_000
FIRST_PHONE = 300_000
TRUSTED = "127.64.0.0/10"


@dataclass(frozen=True)
class Office:
    """`size` users and as many shared phones; the first `occupied` users sit at the phones of the same index."""

    size: int
    occupied: int

    def phone_accounts(self) -> list[Account]:
        """Give the phones as they register: number and SIP secret."""
        return [Account(str(FIRST_PHONE + i), f"secret-of-{FIRST_PHONE + i}") for i in range(self.size)]

    def user_accounts(self) -> list[Account]:
        """Give the users as they register as themselves: number and PIN."""
        return [Account(str(FIRST_USER + i), pin(i)) for i in range(self.size)]


def pin(index: int) -> str:
    """Give the PIN of a user: four digits that differ between neighbours."""
    return f"{(index * 7919 + 1000) % 9000 + 1000}"


def fill(database_url: str, key: bytes, office: Office, now: datetime) -> None:
    """Create the schema and the office in an empty database; secrets are sealed with `key` (32 octets)."""
    database = Database(database_url, AesVault(key), NoHint())
    try:
        migrate(database.engine)
        database.write(lambda tx: _fill(tx, office, now))
    finally:
        database.close()


def _fill(tx: Transaction, office: Office, now: datetime) -> None:
    assert isinstance(tx, SqlTransaction), "bulk inserts need the connection"
    actor = Actor.system()
    found(tx, actor, now, DEFAULT_CODES)
    add_trusted(tx, TrustedNetwork(0, TRUSTED, "bench"), actor, now)
    last = str(FIRST_PHONE + office.size - 1)
    set_policy(tx, Policy(shared_phone_ranges=(NumberRange(str(FIRST_PHONE), last),)), actor, now)
    (standard,) = tx.classes.list()
    pins = [account.password for account in office.user_accounts()]
    secrets = [account.password for account in office.phone_accounts()]
    _insert(tx, USERS.table, (_user(i, standard.id, tx.vault.seal(pins[i]), now) for i in range(office.size)))
    _insert(tx, PHONES.table, (_phone(i, standard.id, tx.vault.seal(secrets[i])) for i in range(office.size)))
    _insert(tx, tables.claim, _claims(office))
    _insert(tx, LOGINS.table, (_login(i, now) for i in range(office.occupied)))


def _user(index: int, class_id: int, sealed: bytes, now: datetime) -> dict[str, Any]:
    number, name = str(FIRST_USER + index), f"Person {index}"
    user = User(index + 1, number, name, class_id, sealed, now, hot_desk_access=True, location="hq")
    return USERS.values(user)


def _phone(index: int, class_id: int, sealed: bytes) -> dict[str, Any]:
    return PHONES.values(
        Phone(index + 1, str(FIRST_PHONE + index), class_id, sealed, mac=f"02{index:010x}", site="hq", location_id="hq")
    )


def _login(index: int, now: datetime) -> dict[str, Any]:
    return LOGINS.values(DeskLogin(index + 1, index + 1, index + 1, str(FIRST_PHONE + index), Method.MENU, now))


def _claims(office: Office) -> Iterator[dict[str, Any]]:
    for kind, first in (("user", FIRST_USER), ("phone", FIRST_PHONE)):
        for i in range(office.size):
            yield {"string": str(first + i), "owner": f"{kind} {first + i}", "is_prefix": False}


def _insert(tx: SqlTransaction, table: Any, rows: Iterable[dict[str, Any]], size: int = 5000) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            tx.connection.execute(insert(table), batch)
            batch = []
    if batch:
        tx.connection.execute(insert(table), batch)
