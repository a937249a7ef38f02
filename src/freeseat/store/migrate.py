"""Bringing a database to the newest schema. Safe to call at every start, by several processes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from freeseat.domain.errors import Unavailable
from freeseat.store.database import take_turn, unavailable
from freeseat.store.revision import VERSIONS, known_revisions, newest_revision, revision


def migrate(engine: Engine) -> bool:
    """Upgrade to the newest revision; True if anything was done. Raises Unavailable, also if the database is newer."""
    try:
        with engine.connect() as connection, _without_references(connection), connection.begin():
            take_turn(connection)
            found = revision(connection)
            if found == newest_revision():
                return False
            if found is not None and found not in known_revisions():
                raise Unavailable(f"the database has the schema of a newer program ({found}): upgrade this one")
            config = alembic_config()
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


def alembic_config() -> Config:
    """What Alembic needs to know."""
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    return config
