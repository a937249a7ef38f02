"""Rows of a table as frozen dataclasses: one generic repository, statements built once for each shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Connection, Select, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from freeseat.domain.errors import Clash

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
        self._by_where: dict[tuple[tuple[str, bool], ...], Select[Any]] = {}
        self.insert = insert(table)
        self.update = (
            update(table)
            .where(table.c[key] == bindparam("_key"))
            .values({name: bindparam(name) for name in self.names if name != key})
        )
        self.delete = delete(table).where(table.c[key] == bindparam("_key"))

    def entity(self, row: Any) -> E:
        """The entity of a row whose columns are in the fields' order."""
        return self.kind(*row)

    def select(self, where: dict[str, object]) -> Select[Any]:
        """The statement for these columns; a None means IS NULL."""
        names = tuple((name, value is None) for name, value in where.items())
        found = self._by_where.get(names)
        if found is None:
            found = self._select.order_by(self.table.c[self.key])
            for name, is_null in names:
                column = self.table.c[name]
                found = found.where(column.is_(None) if is_null else column == bindparam(name))
            self._by_where[names] = found
        return found

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
        row = self.connection.execute(self.shape.select(where), _given(where)).first()
        return None if row is None else self.shape.entity(row)

    def list(self, **where: object) -> list[E]:
        """All rows that fit, by key."""
        return [self.shape.entity(row) for row in self.connection.execute(self.shape.select(where), _given(where))]

    def among(self, column: str, values: Iterable[object], **where: object) -> Sequence[E]:
        """All rows whose column is one of these values and that fit, in few statements."""
        wanted = tuple(dict.fromkeys(values))
        statement = self.shape.select(where).where(self.shape.table.c[column].in_(bindparam("_among", expanding=True)))
        return [
            self.shape.entity(row)
            for start in range(0, len(wanted), _AT_ONCE)
            for row in self.connection.execute(statement, {**_given(where), "_among": wanted[start : start + _AT_ONCE]})
        ]

    def add(self, row: E) -> E:
        """Insert; gives it back with its id. Raises Clash where uniqueness forbids it."""
        values = self.shape.values(row)
        if self.shape.key != "id":
            self._checked(self.shape.insert, values, row)
            return row
        del values["id"]
        result = self._checked(self.shape.insert, values, row)
        return replace(row, id=result.inserted_primary_key[0])

    def update(self, row: E) -> None:
        """Replace the row of the same key. Raises Clash where uniqueness forbids it."""
        values = self.shape.values(row)
        values["_key"] = values.pop(self.shape.key)
        self._checked(self.shape.update, values, row)

    def delete(self, row: E) -> None:
        """Delete the row of that key."""
        self.connection.execute(self.shape.delete, {"_key": getattr(row, self.shape.key)})

    def _checked(self, statement: Any, values: dict[str, Any], row: E) -> Any:
        try:
            return self.connection.execute(statement, values)
        except IntegrityError as error:
            raise _clash(self.shape.table.name, row, error) from error


def _given(where: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in where.items() if value is not None}


def _clash(table: str, row: object, error: IntegrityError) -> Clash:
    """The domain's error for a violated uniqueness; both databases name the columns or the index in their text."""
    text = str(error.orig)
    for field in ("number", "mac", "instance", "name", "cidr", "code", "phone_id", "user_id"):
        if field in text or field.removesuffix("_id") in text.partition("desk_login_")[2]:
            value = str(getattr(row, field, ""))
            return Clash(field, value, f"this {table.replace('_', ' ')}", "another one")
    return Clash(table, "", f"this {table.replace('_', ' ')}", text)
