"""Rows of a table as frozen dataclasses: one generic repository, statements built once for each shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Connection, Delete, Insert, Select, Table, Update, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from freeseat.domain.errors import Clash
from freeseat.store.prepared import Prepared

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

E = TypeVar("E", bound="DataclassInstance")

_AT_ONCE = 500


class Shape(Generic[E]):
    """How one kind of entity lies in its table: field names are column names, `key` is the primary key.

    Holds the prepared statements; one instance for the whole process.
    """

    def __init__(self, kind: type[E], table: Table, key: str = "id") -> None:
        self.kind, self.table, self.key = kind, table, key
        self.names = [f.name for f in fields(kind)]
        self._select = select(*(table.c[name] for name in self.names))
        self._by_where: dict[tuple[tuple[str, bool], ...], Prepared[Select[Any]]] = {}
        values: dict[str, Any] = {name: bindparam(name) for name in self.names if name != key}
        own_key: dict[str, Any] = {} if key == "id" else {key: bindparam(key)}
        this = table.c[key] == bindparam("_key")
        self.insert: Prepared[Insert] = Prepared(insert(table).values(own_key | values))
        self.update: Prepared[Update] = Prepared(update(table).where(this).values(values))
        self.delete: Prepared[Delete] = Prepared(delete(table).where(this))

    def entity(self, row: Any) -> E:
        """The entity of a row whose columns are in the fields' order."""
        return self.kind(*row)

    def select(self, where: dict[str, object]) -> Prepared[Select[Any]]:
        """The statement for these columns; a None means IS NULL."""
        names = tuple((name, value is None) for name, value in where.items())
        prepared = self._by_where.get(names)
        if prepared is None:
            found = self._select.order_by(self.table.c[self.key])
            for name, is_null in names:
                column = self.table.c[name]
                found = found.where(column.is_(None) if is_null else column == bindparam(name))
            prepared = self._by_where[names] = Prepared(found)
        return prepared

    def all(self) -> Select[Any]:
        """The statement for all rows, to be narrowed further."""
        return self._select

    def values(self, entity: E) -> dict[str, Any]:
        """The entity's columns."""
        return {name: getattr(entity, name) for name in self.names}


class TableRows(Generic[E]):
    """`application.ports.Rows` over one table."""

    def __init__(self, connection: Connection, shape: Shape[E]) -> None:
        self.connection, self.shape = connection, shape

    def get(self, **where: object) -> E | None:
        """The one row that fits, or None."""
        row = self.shape.select(where).first(self.connection, _given(where))
        return None if row is None else self.shape.entity(row)

    def list(self, **where: object) -> list[E]:
        """All rows that fit, by key."""
        return [self.shape.entity(row) for row in self.shape.select(where).all(self.connection, _given(where))]

    def among(self, column: str, values: Iterable[object], **where: object) -> Sequence[E]:
        """All rows whose column is one of these values and that fit, in few statements."""
        wanted = tuple(dict.fromkeys(values))
        among = self.shape.table.c[column].in_(bindparam("_among", expanding=True))
        statement = self.shape.select(where).statement.where(among)
        return [
            self.shape.entity(row)
            for start in range(0, len(wanted), _AT_ONCE)
            for row in self.connection.execute(statement, {**_given(where), "_among": wanted[start : start + _AT_ONCE]})
        ]

    def add(self, row: E) -> E:
        """Insert; gives it back with its id. Raises Clash where uniqueness forbids it."""
        values = self.shape.values(row)
        if self.shape.key == "id":
            del values["id"]
        with self._checked(row):
            key = self.shape.insert.insert(self.connection, values)
        return replace(row, id=key) if self.shape.key == "id" else row

    def update(self, row: E) -> None:
        """Replace the row of the same key. Raises Clash where uniqueness forbids it."""
        values = self.shape.values(row)
        values["_key"] = values.pop(self.shape.key)
        with self._checked(row):
            self.shape.update.run(self.connection, values)

    def delete(self, row: E) -> None:
        """Delete the row of that key."""
        self.shape.delete.run(self.connection, {"_key": getattr(row, self.shape.key)})

    @contextmanager
    def _checked(self, row: E) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise _clash(self.shape.table.name, row, error) from error


def _given(where: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in where.items() if value is not None}


def _clash(table: str, row: object, error: IntegrityError) -> Clash:
    """The domain's error for a violated uniqueness; both databases name the columns or the index in their text."""
    text = str(error.orig)
    for field in ("oidc_subject", "number", "mac", "instance", "name", "cidr", "code", "phone_id", "user_id"):
        if field in text or field.removesuffix("_id") in text.partition("desk_login_")[2]:
            value = str(getattr(row, field, ""))
            return Clash(field, value, f"this {table.replace('_', ' ')}", "another one")
    return Clash(table, "", f"this {table.replace('_', ' ')}", text)
