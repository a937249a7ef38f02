"""Bringing a database to the newest schema. Safe to call at every start, by several processes at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from freeseat.store.database import take_turn, unavailable


def migrate(engine: Engine) -> bool:
    """Upgrade to the newest revision; True if anything was done. Raises Unavailable."""
    try:
        with engine.connect() as connection, connection.begin():
            take_turn(connection)
            if _revision(connection) == newest_revision():
                return False
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            return True
    except DBAPIError as error:
        raise unavailable(error) from error


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


def _revision(connection: object) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()  # type: ignore[arg-type]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
