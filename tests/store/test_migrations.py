"""Migrations: from empty to the newest schema, by anybody, any number of times, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from freeseat.domain.errors import Unavailable
from freeseat.store import migrate as module
from freeseat.store.database import open_engine, take_turn
from freeseat.store.migrate import alembic_config, migrate
from freeseat.store.revision import is_current, known_revisions, newest_revision
from freeseat.store.tables import metadata
from tests.store.conftest import BOTH


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.sqlite"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def engine(empty: str) -> Iterator[Engine]:
    opened = open_engine(empty)
    yield opened
    opened.dispose()


def test_from_empty_and_twice_in_a_row(engine: Engine) -> None:
    assert not is_current(engine)
    assert migrate(engine)
    assert is_current(engine)
    assert not migrate(engine)
    assert set(metadata.tables) <= set(inspect(engine).get_table_names())


def test_the_migrated_schema_is_the_one_the_program_uses(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_unique_indexes_hold_only_for_open_logins(engine: Engine) -> None:
    """What compare_metadata does not compare: the condition of a partial index."""
    migrate(engine)
    kind = "sqlite" if engine.dialect.name == "sqlite" else "postgresql"
    found = {
        index["name"]: str(index["dialect_options"][f"{kind}_where"]).lower().replace("(", "").replace(")", "")
        for index in inspect(engine).get_indexes("desk_login")
        if index["unique"]
    }
    assert found == {
        "uq_desk_login_phone": "ended_at is null",
        "uq_desk_login_user": "ended_at is null and exclusive",
    }


def test_many_at_once(empty: str) -> None:
    """Several processes start together (R9.4)."""

    def upgrade(_: int) -> bool:
        engine = open_engine(empty)
        try:
            return migrate(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(upgrade, range(4))) == [False, False, False, True]


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    """The first makes it one that readers do not wait for; those who come meanwhile are not refused (R9.4)."""
    for attempt in range(30):
        together = Barrier(4)

        def opened(url: str, together: Barrier = together) -> str:
            engine = open_engine(url)
            together.wait()
            with engine.connect() as connection:
                mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())
            engine.dispose()
            return mode

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(opened, [f"sqlite:///{tmp_path}/{attempt}.sqlite"] * 4)) == {"wal"}


def test_step_by_step_down_and_up_again(engine: Engine) -> None:
    """Every revision can be left, and what is left behind does not stand in the way of coming back."""
    migrate(engine)
    run(engine, command.downgrade, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    for script in reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions())):
        run(engine, command.upgrade, script.revision)
    assert is_current(engine)


def run(engine: Engine, step: Any, revision: str) -> None:
    config = alembic_config()
    with engine.connect() as connection, connection.begin():
        take_turn(connection)
        config.attributes["connection"] = connection
        step(config, revision)


def test_the_files_numbers_are_the_revisions() -> None:
    """Who only asks whether the schema is current need not load Alembic."""
    scripts = ScriptDirectory.from_config(alembic_config())
    assert scripts.get_heads() == [newest_revision()]
    assert {script.revision for script in scripts.walk_revisions()} == known_revisions()


def test_a_database_of_a_newer_program(engine: Engine) -> None:
    """R9.4, and restoring the wrong backup: say so, change nothing."""
    migrate(engine)
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer"):
        migrate(engine)
    assert not is_current(engine)


def test_a_failed_migration_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        command.upgrade(*_)  # type: ignore[arg-type]
        raise RuntimeError("power cut")

    class Broken:
        upgrade = staticmethod(broken)

    monkeypatch.setattr(module, "command", Broken)
    with pytest.raises(RuntimeError):
        migrate(engine)
    monkeypatch.undo()
    assert inspect(engine).get_table_names() == []
    assert migrate(engine)


@pytest.mark.parametrize(
    ("outside", "trunk"),
    [("sip:gate@192.0.2.7:5080;transport=tcp", "sip:192.0.2.7:5080;transport=tcp"), ("", None)],
)
def test_the_way_outside_becomes_a_trunk(engine: Engine, outside: str, trunk: str | None) -> None:
    """What a policy of the first version named goes on working; nobody's policy is touched."""
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        value = json.dumps({"main_number": "1", "outside": outside})
        connection.execute(text("INSERT INTO setting (name, value) VALUES ('policy', :value)"), {"value": value})
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT uri FROM trunk WHERE name = 'outside'")).scalar() == trunk
