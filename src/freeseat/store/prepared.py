"""Statements that are compiled once and, on SQLite, handed to the driver itself.

SQLAlchemy's own way from a statement to the driver costs about ten times what SQLite needs to carry it out, and a desk
login is a dozen statements. What a value looks like in the database is still said by the column types alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

_Processor = Callable[[Any], Any] | None
S = TypeVar("S", bound="Select[Any] | Insert | Update | Delete")


class Prepared(Generic[S]):
    """A statement with all its parameters named by `bindparam`, for the whole process; none of them may be a list."""

    def __init__(self, statement: S) -> None:
        self.statement = statement
        self._compiled: _Compiled | None = None

    def all(self, connection: Connection, values: Mapping[str, object]) -> Sequence[Any]:
        """The rows found, as tuples in the order of the columns. Raises DBAPIError."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self.statement, values).all()
        compiled = self._for(connection.dialect)
        cursor = compiled.execute(connection, values)
        try:
            return [compiled.row(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def first(self, connection: Connection, values: Mapping[str, object]) -> Any:
        """The first of them, or None. Raises DBAPIError."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self.statement, values).first()
        compiled = self._for(connection.dialect)
        cursor = compiled.execute(connection, values)
        try:
            row = cursor.fetchone()
        finally:
            cursor.close()
        return None if row is None else compiled.row(row)

    def scalar(self, connection: Connection, values: Mapping[str, object]) -> Any:
        """The first column of the first of them, or None. Raises DBAPIError."""
        row = self.first(connection, values)
        return None if row is None else row[0]

    def run(self, connection: Connection, values: Mapping[str, object]) -> None:
        """Carry out what gives no rows. Raises DBAPIError."""
        if connection.dialect.name != "sqlite":
            connection.execute(self.statement, values)
        else:
            self._for(connection.dialect).execute(connection, values).close()

    def many(self, connection: Connection, values: Sequence[Mapping[str, object]]) -> None:
        """Carry out what gives no rows for each of these, in order. Raises DBAPIError."""
        if connection.dialect.name != "sqlite":
            connection.execute(self.statement, values)
        else:
            self._for(connection.dialect).execute_many(connection, values).close()

    def insert(self, connection: Connection, values: Mapping[str, object]) -> Any:
        """Insert one row; gives the primary key that the database has chosen. Raises DBAPIError."""
        if connection.dialect.name != "sqlite":
            key = connection.execute(self.statement, values).inserted_primary_key
            return key[0] if key else None
        cursor = self._for(connection.dialect).execute(connection, values)
        try:
            return cursor.lastrowid
        finally:
            cursor.close()

    def _for(self, dialect: Dialect) -> _Compiled:
        if self._compiled is None:
            self._compiled = _Compiled(self.statement, dialect)
        return self._compiled


class _Compiled:
    """A statement as SQLite's driver takes it; `row` turns a row it gives into the values of the column types."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._dialect = dialect
        self._defaults: dict[str, Any] = compiled.params
        binds = compiled.binds
        self._given: list[tuple[str, _Processor]] = [
            (name, binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in compiled.positiontup
        ]
        columns = statement.selected_columns if isinstance(statement, Select) else ()
        processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._found = [(index, each) for index, each in enumerate(processors) if each is not None]

    def execute(self, connection: Connection, values: Mapping[str, object]) -> sqlite3.Cursor:
        return straight(connection, self.sql, self._parameters(values))

    def execute_many(self, connection: Connection, values: Sequence[Mapping[str, object]]) -> sqlite3.Cursor:
        return straight(connection, self.sql, [self._parameters(each) for each in values], many=True)

    def _parameters(self, values: Mapping[str, object]) -> Sequence[Any]:
        given = {**self._defaults, **values}
        return [given[name] if process is None else process(given[name]) for name, process in self._given]

    def row(self, row: tuple[Any, ...]) -> Sequence[Any]:
        if not self._found:
            return row
        values = list(row)
        for index, process in self._found:
            values[index] = process(values[index])
        return values


def straight(connection: Connection, sql: str, parameters: Sequence[Any] = (), *, many: bool = False) -> sqlite3.Cursor:
    """Have SQLite's driver execute `sql` within the connection's transaction, with `many` for each of the parameters.

    Raises DBAPIError, as SQLAlchemy does.
    """
    driver: Any = connection.connection.dbapi_connection
    try:
        cursor: sqlite3.Cursor = driver.executemany(sql, parameters) if many else driver.execute(sql, parameters)
    except sqlite3.Error as error:
        raise DBAPIError.instance(sql, parameters, error, sqlite3.Error, dialect=connection.dialect) from error
    return cursor
