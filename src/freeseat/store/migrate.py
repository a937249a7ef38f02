"""Bringing a database to the newest schema. Safe to call at every start, by several processes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from freeseat.domain.errors import Unavailable
from freeseat.store.database import take_turn, unavailable


def migrate(engine: Engine) -> bool:
    """Upgrade to the newest revision; True if anything was done. Raises Unavailable, also if the database is newer."""
    try:
        with engine.connect() as connection, _without_references(connection), connection.begin():
            take_turn(connection)
            revision = _revision(connection)
            if revision == newest_revision():
                return False
            if revision is not None and revision not in _known():
                raise Unavailable(f"the database has the schema of a newer program ({revision}): upgrade this one")
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return True
    except DBAPIError as error:
        raise unavailable(error) from error


@contextmanager
def _without_references(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making the table anew; rows that refer to it must let that pass.

    https://www.sqlite.org/lang_altertable.html section 7; the setting has no effect within a transaction.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.rollback()
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest revision. Raises Unavailable."""
    try:
        with engine.connect() as connection:
            return _revision(connection) == newest_revision()
    except DBAPIError as error:
        raise unavailable(error) from error


def newest_revision() -> str | None:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _revision(connection: object) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()  # type: ignore[arg-type]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
