"""Column types that carry domain values: UTC times, enumerations, JSON of typed values."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import JSON, VARCHAR, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine


class Utc(TypeDecorator[datetime]):
    """An aware time, always UTC, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database; a naive time is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """One value of a string enumeration, stored as its word."""

    impl = String(32)
    cache_ok = True

    def __init__(self, enumeration: type[StrEnum]) -> None:
        super().__init__()
        self.enumeration = enumeration

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else self.enumeration(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """From the database."""
        return None if value is None else self.enumeration(value)


class Typed(TypeDecorator[Any]):
    """A typed value (dataclass, set, tuple ...) stored as JSON and validated on the way back."""

    impl = JSON
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """To the database."""
        return adapter(self.kind).dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """From the database."""
        return adapter(self.kind).validate_python(value)


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """What validates values of a type; made at its first use, since that takes a while."""
    return TypeAdapter(kind)


class Line(TypeDecorator[str]):
    """Text of bounded length, as it may come from the wire: what no database would store is replaced, the rest cut.

    So a name of ten thousand letters, NUL or half a surrogate pair is an unknown name, and never an error. Searching
    for such a text finds what storing it left. `ordered` sorts by code point on both, so that prefixes are ranges.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int, *, ordered: bool = False) -> None:
        super().__init__(length)
        self.length, self.ordered = length, ordered

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """The database's own type."""
        if self.ordered and dialect.name == "postgresql":
            return dialect.type_descriptor(VARCHAR(self.length, collation="C"))
        return dialect.type_descriptor(String(self.length))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        if value is None or (value.isascii() and len(value) <= self.length and "\x00" not in value):
            return value
        return value.replace("\x00", "?").encode("utf-8", "replace").decode("utf-8")[: self.length]


def dialable() -> Line:
    """A dialable string."""
    return Line(32, ordered=True)
