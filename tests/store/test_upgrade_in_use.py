"""A database in use is upgraded from the first schema to the newest: nothing is lost, references hold (R9.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, insert, text

from freeseat.store.database import open_engine, take_turn
from freeseat.store.migrate import alembic_config, migrate
from freeseat.store.revision import is_current
from tests.store.conftest import BOTH


def _row(table: Table, **known: Any) -> dict[str, Any]:
    """A row of the schema as it was: what is not named is empty."""
    empty: dict[type, Any] = {
        str: "", bool: False, bytes: b"", int: 0, object: [], datetime: datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    needed = (column for column in table.columns if not column.nullable and not column.primary_key)
    return {column.name: empty[column.type.python_type] for column in needed} | known


@pytest.mark.parametrize("kind", BOTH)
def test_an_office_of_the_first_schema(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sqlite = f"sqlite:///{tmp_path_factory.mktemp('old')}/old.sqlite"
    engine = open_engine(sqlite if kind == "sqlite" else request.getfixturevalue("postgres_url"))
    with engine.connect() as connection, connection.begin():
        take_turn(connection)
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        old = MetaData()
        old.reflect(connection)
        classes, people = old.tables["service_class"], old.tables["person"]
        connection.execute(insert(classes), [_row(classes, id=1, name="standard", elsewhere="move")])
        connection.execute(insert(people), [_row(people, number="2019", class_id=1)])
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
