"""The database that the settings name, ready for use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from freeseat.application.directory.rules import found
from freeseat.bootstrap.key import load_or_create_key
from freeseat.domain.actors import Actor
from freeseat.domain.directory import DEFAULT_CODES
from freeseat.settings import Settings
from freeseat.store.database import Database
from freeseat.store.hints import Listener, hint_for, listener_for
from freeseat.store.revision import is_current
from freeseat.store.vault import AesVault


def open_database(settings: Settings) -> Database:
    """Open the database, bring it to the newest schema and give a new one its first entries.

    Raises Unavailable if it cannot be reached, SettingsError if the key file is not right.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    vault = AesVault(load_or_create_key(settings.secrets_key_file))
    database = Database(settings.database_url, vault, hint_for(settings.database_url, _hints(settings)))
    if not is_current(database.engine):
        from freeseat.store.migrate import migrate  # Alembic takes longer to load than most commands to run

        migrate(database.engine)
    if not database.read(lambda tx: tx.classes.list()):
        database.write(lambda tx: found(tx, Actor.system(), datetime.now(UTC), DEFAULT_CODES))
    return database


@contextmanager
def opened_database(settings: Settings) -> Iterator[Database]:
    """`open_database` for a `with` block; closes it at the end."""
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


def open_listener(settings: Settings, name: str) -> Listener:
    """What tells a follower of that name that the feed has something new."""
    return listener_for(settings.database_url, _hints(settings), name)


def _hints(settings: Settings) -> Path:
    return settings.runtime_dir / "hints"
