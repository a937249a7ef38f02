"""Databases for tests, quickly: one is migrated, the others are copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from psycopg import sql

from freeseat.store.database import Database, open_engine
from freeseat.store.hints import Hint, NoHint
from freeseat.store.migrate import migrate
from freeseat.store.vault import AesVault
from tests.clients.postgres import Postgres

VAULT = AesVault(bytes(range(32)))


class SqliteCopies:
    """Fresh SQLite files, copied from one that was migrated."""

    kind = "sqlite"

    def __init__(self, directory: Path) -> None:
        self._template = directory / "template.sqlite"
        self._directory = directory
        self._count = 0
        migrate_url(f"sqlite:///{self._template}")

    def create(self) -> str:
        """URL of a fresh database with the newest schema."""
        self._count += 1
        copy = self._directory / f"{self._count}.sqlite"
        shutil.copyfile(self._template, copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        """Remove it."""
        path = Path(url.removeprefix("sqlite:///"))
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()


class PostgresCopies:
    """Fresh PostgreSQL databases, copied by the server from one that was migrated."""

    kind = "postgresql"

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._template = server.create()
        self._count = 0
        migrate_url(self._template)

    def create(self) -> str:
        """URL of a fresh database with the newest schema."""
        self._count += 1
        template, copy = self._template.rpartition("/")[2], f"copy_{self._count}"
        with self.server.connect() as connection:
            connection.execute(sql.SQL("create database {} template {}").format(*map(sql.Identifier, (copy, template))))
        return self._template.removesuffix(template) + copy

    def drop(self, url: str) -> None:
        """Remove it, ending its connections."""
        self.server.drop(url)


Copies = SqliteCopies | PostgresCopies


def migrate_url(url: str) -> bool:
    """Migrate the database of that URL, leaving no connection behind; True if anything was done."""
    engine = open_engine(url)
    try:
        return migrate(engine)
    finally:
        engine.dispose()


def open_database(url: str, hint: Hint | None = None) -> Database:
    """A database as the program opens it, with the tests' key."""
    return Database(url, VAULT, hint or NoHint())
