"""Which schema a database has, and which the program knows: asked at every start, so without loading Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from freeseat.domain.errors import Unavailable
from freeseat.store.database import unavailable

VERSIONS = Path(__file__).parent / "migrations" / "versions"
_TABLE = "alembic_version"


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest revision. Raises Unavailable."""
    try:
        with engine.connect() as connection:
            return revision(connection) == newest_revision()
    except DBAPIError as error:
        raise unavailable(error) from error


def revision(connection: Connection) -> str | None:
    """The revision of a database; None if it has none yet."""
    if not connection.dialect.has_table(connection, _TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar()  # noqa: S608 - a constant


def newest_revision() -> str:
    """The newest revision that this program knows: migrations are numbered, and their files begin with the number."""
    return max(known_revisions())


def known_revisions() -> set[str]:
    """All revisions that this program knows."""
    known = {path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py")}
    if not known:
        raise Unavailable(f"{VERSIONS}: the migrations are missing: install Freeseat anew")
    return known
