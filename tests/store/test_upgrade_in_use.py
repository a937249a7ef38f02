"""A database in use is upgraded from the first schema to the newest: nothing is lost, references hold (R9.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, insert, text

from freeseat.application.ports import Transaction
from freeseat.application.queues.attendance import dial_queue_code
from freeseat.application.queues.directory import add_member, add_queue
from freeseat.application.queues.offers import state_of
from freeseat.domain.actors import Actor
from freeseat.domain.desk_login import Method
from freeseat.domain.errors import Clash
from freeseat.domain.queues import Queue, QueueVerb, Readiness
from freeseat.store.database import open_engine, take_turn
from freeseat.store.migrate import alembic_config, migrate
from freeseat.store.revision import is_current
from tests.domain.entities import NOW
from tests.store.conftest import BOTH
from tests.store.databases import open_database


def _row(table: Table, **known: Any) -> dict[str, Any]:
    """A row of the schema as it was: what is not named is empty."""
    empty: dict[type, Any] = {
        str: "", bool: False, bytes: b"", int: 0, float: 0.0, object: [], datetime: datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    needed = (column for column in table.columns if not column.nullable and not column.primary_key)
    return {column.name: empty[column.type.python_type] for column in needed} | known


@pytest.mark.parametrize("kind", BOTH)
def test_an_office_of_the_first_schema(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sqlite = f"sqlite:///{tmp_path_factory.mktemp('old')}/old.sqlite"
    url = sqlite if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    with engine.connect() as connection, connection.begin():
        take_turn(connection)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = MetaData()
        old.reflect(connection)
        for table, known in _OFFICE:
            connection.execute(insert(old.tables[table]), [_row(old.tables[table], **known)])
    assert migrate(engine)
    assert is_current(engine)
    with engine.connect() as connection, connection.begin():
        found = connection.execute(
            text("SELECT person.number FROM person JOIN service_class ON person.class_id = service_class.id")
        )
        assert found.scalars().all() == ["2019"]
        if kind == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1, "in force again"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    engine.dispose()
    database = open_database(url)
    try:
        database.write(_goes_on)
    finally:
        database.close()


_OFFICE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("service_class", {"id": 1, "name": "standard", "elsewhere": "move"}),
    ("person", {"id": 1, "number": "2019", "class_id": 1, "hot_desk_access": True, "enabled": True}),
    ("phone", {"id": 1, "number": "3001", "class_id": 1, "shared": True, "enabled": True, "idle_policy": "features"}),
    ("desk_login", {"user_id": 1, "phone_id": 1, "place": "3001", "method": "menu", "exclusive": True}),
    ("claim", {"string": "2019", "owner": "user 2019"}),
    ("binding", {"aor": "3001", "contact": "sip:3001@10.0.0.7", "node": "main", "at": 1.0}),
    ("event", {"kind": "logged_in", "channel": "voice", "user": "2019", "data": {"place": "3001"}}),
)
"""Somebody sits at a registered phone."""


def _goes_on(tx: Transaction) -> None:
    """Who was logged in still is, what is claimed stays so, and what is new can be used at once."""
    login = tx.logins.at_phone(1)
    assert login is not None
    assert (login.place, login.method) == ("3001", Method.MENU)
    assert tx.events.last_position() == 1
    with pytest.raises(Clash, match="user 2019"):
        add_queue(tx, Queue(0, "2019", "811", "Sales"), Actor.system(), NOW)
    queue = add_queue(tx, Queue(0, "800", "811", "Sales"), Actor.system(), NOW)
    add_member(tx, "800", "2019", 1, Actor.system(), NOW)
    dial_queue_code(tx, "3001", QueueVerb.LOG_IN, "800", Actor.system(), NOW)
    (state,) = tx.queue_states.of_queue(queue)
    assert state_of(state, NOW) is Readiness.READY
    cos = tx.classes.get(id=1)
    assert cos is not None
    assert not cos.queue_login_at_desk_login
