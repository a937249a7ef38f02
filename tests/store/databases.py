"""Databases for tests, quickly: one is migrated, the others are copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from psycopg import sql

from freeseat.store.database import Database, open_engine
from freeseat.store.hints import Hint, NoHint
from freeseat.store.migrate import migrate
from freeseat.store.tables import metadata
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
    """Fresh PostgreSQL databases: copied by the server from one that was migrated, then emptied and used again."""

    kind = "postgresql"

    def __init__(self, server: Postgres) -> None:
        self.server = server
        self._template = server.create()
        self._count = 0
        self._free: list[str] = []
        migrate_url(self._template)

    def create(self) -> str:
        """URL of an empty database with the newest schema."""
        if self._free:
            return self._free.pop()
        self._count += 1
        template = self._template.rpartition("/")[2]
        copy = f"{template}_{self._count}"
        with self.server.connect() as connection:
            connection.execute(sql.SQL("create database {} template {}").format(*map(sql.Identifier, (copy, template))))
        return self._template.removesuffix(template) + copy

    def drop(self, url: str) -> None:
        """Empty it, the sealed audit log too: only a superuser in the role of a replica passes over triggers."""
        with self.server.connect(url.rpartition("/")[2]) as connection, connection.transaction():
            connection.execute("set local lock_timeout = '10s'")
            connection.execute("set local session_replication_role = replica")
            for table in metadata.sorted_tables:
                connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table.name)))
        self._free.append(url)


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
