"""What all lists share: pages by keyset, words that are searched for, whose rows may be seen."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    String,
    and_,
    func,
    literal,
    or_,
    select,
    type_coerce,
)

from freeseat.application.listing import PageWanted
from freeseat.domain.errors import InvalidValue
from freeseat.domain.permissions import Sphere
from freeseat.store import tables

K = TypeVar("K", int, float, datetime)

_MOST_WORDS = 5
_MOST_VARIANTS = 3
_LONGEST_WORD = 100
_ESCAPE = "\\"
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3})+\.?")
_MAC = re.compile(r"[0-9A-Fa-f]{1,4}([:.-][0-9A-Fa-f]{1,4})+")

PERSON, PHONE, LOGIN, QUEUE = tables.person.c, tables.phone.c, tables.desk_login.c, tables.queue.c
MEMBER, CLASS = tables.queue_member.c, tables.service_class.c


def searched(connection: Connection, text: str, *columns: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """Every word of a text stands in one of these columns, in whatever case."""
    return [or_(*_anywhere(connection, word, columns)) for word in text.split()[:_MOST_WORDS]]


def _anywhere(connection: Connection, word: str, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[bool]]:
    """Databases know the case of ASCII letters alike (SQLite's LIKE is blind to it); of others each is tried."""
    patterns = [f"%{variant}%" for variant in _variants(word[:_LONGEST_WORD])]
    texts = [type_coerce(column, String) for column in columns]
    if connection.dialect.name == "postgresql":  # which looks once into one long text much sooner than into four
        whole = func.concat_ws("\n", *texts, type_=String).collate("C")
        return [whole.ilike(pattern, escape=_ESCAPE) for pattern in patterns]
    return [each.like(pattern, escape=_ESCAPE) for each in texts for pattern in patterns]


def _variants(word: str) -> list[str]:
    """The word with its non-ASCII letters in lower and upper case, the first few of them."""
    choices: list[tuple[str, ...]] = []
    tried = 0
    for letter in word:
        both = (letter,) if letter.isascii() else tuple(dict.fromkeys((letter.lower(), letter.upper())))
        if len(both) > 1:
            tried += 1
        each = both if tried <= _MOST_VARIANTS else both[:1]
        choices.append(tuple(_ESCAPE + text if text in "%_\\" else text for text in each))
    return ["".join(parts).replace("\x00", "?") for parts in itertools.product(*choices)]


def without_separators(text: str) -> str:
    """Words that are searched for, with MACs, or parts of them, as they are stored; IP addresses stay as they are."""

    def stored(word: str) -> str:
        is_mac = _MAC.fullmatch(word) and not _ADDRESS.fullmatch(word)
        return re.sub(r"[:.-]", "", word) if is_mac else word

    return " ".join(map(stored, text.split()))


def within(
    sphere: Sphere, by_queue: Callable[[Select[Any]], ColumnElement[bool]] | None, by_site: ColumnElement[bool] | None
) -> list[ColumnElement[bool]]:
    """The condition that rows are of the queues or sites that may be seen; [] where everything may."""
    given: list[ColumnElement[bool]] = []
    if sphere.queues is not None and by_queue is not None:
        given.append(by_queue(members_of(sphere.queues)))
    if sphere.sites is not None and by_site is not None:
        given.append(by_site)
    return [or_(*given)] if given else []


def members_of(queues: Collection[str]) -> Select[Any]:
    """The ids of the members of queues, by the queues' numbers."""
    return select(MEMBER.user_id).join(tables.queue, QUEUE.id == MEMBER.queue_id).where(QUEUE.number.in_(queues))


def class_id(connection: Connection, name: str) -> ColumnElement[Any]:
    """The id of the class of a name; that of none, where there is no such class."""
    found = connection.execute(select(CLASS.id).where(CLASS.name == name)).scalar()
    return literal(found if found is not None else 0)


def behind(order: ColumnElement[Any], row_id: ColumnElement[Any], key: tuple[Any, int]) -> ColumnElement[bool]:
    """Rows that come behind this one where the last come first; written so that an index on `order` serves it."""
    at, last = key
    return and_(order <= at, or_(order < at, row_id < last))


def read_key(after: str, read: Callable[[str], K]) -> tuple[K, int]:
    """A key of two parts as `written_key` wrote it. Raises InvalidValue."""
    at, _, row_id = after.rpartition("/")
    try:
        return read(at), int(row_id)
    except ValueError:
        raise _no_page(after) from None


def read_position(after: str) -> int:
    """A key that is a position. Raises InvalidValue."""
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        raise _no_page(after)
    return int(after)


def read_time(text: str) -> datetime:
    """The time in a key. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def written_key(at: float | datetime, row_id: int) -> str:
    """A key of two parts as text."""
    return f"{at.isoformat() if isinstance(at, datetime) else repr(at)}/{row_id}"


def _no_page(after: str) -> InvalidValue:
    return InvalidValue("after", after[:80], "use the `next` of the page before")


def cut(
    rows: Sequence[Any], page: PageWanted, key: Callable[[Any], str]
) -> tuple[Sequence[Any], str | None, int | None]:
    """Of one row more than wanted: the page's rows, the key of the next page, and the total where it is plain."""
    kept = rows[: page.limit]
    if len(rows) > page.limit:
        return kept, key(kept[-1]), None
    return kept, None, len(rows) if page.after is None else None


def keyset_page(
    connection: Connection, found: Select[Any], key: ColumnElement[Any], page: PageWanted, *, everything: bool
) -> tuple[Sequence[Any], str | None, int | None]:
    """A page of rows in the order of their unique `key`, a text: the rows, the key of the next page, and the total.

    `everything`: all rows of the key's table are wanted, so that it is cheap to count them.
    """
    if page.after is not None:
        found = found.where(key > page.after)
    rows = connection.execute(found.order_by(key).limit(page.limit + 1)).all()
    kept, following, total = cut(rows, page, lambda row: str(row._mapping[key]))
    if total is None and page.after is None and everything:
        total = counted(connection, key.table)
    return kept, following, total


def counted(connection: Connection, table: FromClause) -> int:
    """How many rows a table has."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def unfiltered(wanted: Any, kind: type[Any]) -> bool:
    """Whether all rows are wanted."""
    return bool(wanted == kind())


def newest(rows: Sequence[Row[Any]], order: Callable[[Row[Any]], Any], limit: int) -> list[Row[Any]]:
    """Rows of several statements in one order, the last first, each once."""
    merged: dict[Any, Row[Any]] = {}
    for row in sorted(rows, key=order, reverse=True):
        merged.setdefault(order(row), row)
    return list(merged.values())[:limit]
