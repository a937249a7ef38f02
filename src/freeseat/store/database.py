"""The one door to the database: `write` runs use cases, `read` answers questions.

Writes of one process pass through one thread, which commits everything that has queued up in one transaction (group
commit): each use case runs in a savepoint of its own, and its caller gets the result only after the commit. Between
processes and nodes, writers take turns: SQLite by its write lock (`BEGIN IMMEDIATE`), before which they stand in line
(`turns`), PostgreSQL by an advisory lock of the transaction. So positions of events grow in commit order, and a
follower reading on from its position misses none.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from freeseat.application.ports import Transaction, Vault
from freeseat.domain.errors import Unavailable
from freeseat.store.hints import Hint
from freeseat.store.prepared import straight
from freeseat.store.transaction import SqlTransaction
from freeseat.store.turns import Turns

T = TypeVar("T")
UseCase = Callable[[Transaction], T]

_WRITERS_TURN = 0x66726565
_LARGEST_BATCH = 200
_GATHER_SECONDS = 0.004
"""How long the writer waits for more when several came together before: a commit costs as much for one as for ten."""
_BUSY_MILLISECONDS = 10_000
_OPEN_AGAIN_SECONDS = 0.01
_IMPATIENT_POSTGRESQL = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8_000,
    "options": f"-c lock_timeout={_BUSY_MILLISECONDS}",
}
"""A server that went away without a word is given up within seconds: people wait for the answer."""


@dataclass(slots=True)
class _Wish(Generic[T]):
    use_case: UseCase[T]
    done: Future[T]
    durable: bool


class Database:
    """A database of Freeseat by its SQLAlchemy URL (`sqlite:///...` or `postgresql+psycopg://...`).

    `hint` is given a nudge after each commit that added events. Close it when done.
    """

    def __init__(self, url: str, vault: Vault, hint: Hint) -> None:
        self.url, self.vault, self.hint = url, vault, hint
        self.engine = open_engine(url)
        self._reading = self.engine.execution_options(**_reading_options(self.engine))
        self._wishes: queue.SimpleQueue[_Wish[Any] | None] = queue.SimpleQueue()
        self._turns = _turns(self.engine)
        self._door, self._closed = threading.Lock(), False
        self._thread = threading.Thread(target=self._write_all, name="database writer", daemon=True)
        self._thread.start()

    def submit(self, use_case: UseCase[T], *, durable: bool = True) -> Future[T]:
        """Run a use case in the writer's next transaction; the future has its result once committed.

        Without `durable` the commit outlives the death of any process, but not a loss of power: for what can be read
        again from elsewhere. It is far cheaper.
        A FreeseatError from the use case undoes just this use case and is the future's exception; if the database
        cannot be reached, or was closed, it is Unavailable. A future that is cancelled in time is not run.
        """
        wish: _Wish[T] = _Wish(use_case, Future(), durable)
        with self._door:
            if self._closed:
                wish.done.set_exception(Unavailable("the database was closed"))
            else:
                self._wishes.put(wish)
        return wish.done

    def write(self, use_case: UseCase[T]) -> T:
        """`submit`, waiting for the result."""
        return self.submit(use_case).result()

    def read(self, question: UseCase[T]) -> T:
        """Answer a question from one consistent snapshot. Raises Unavailable."""
        try:
            with self._reading.connect() as connection, connection.begin():
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN")
                return question(SqlTransaction(connection, self.vault))
        except DBAPIError as error:
            raise unavailable(error) from error

    def close(self) -> None:
        """Finish the writes that were submitted and close all connections. Twice does nothing more."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._wishes.put(None)
        self._thread.join()
        self.hint.close()
        self.engine.dispose()
        if self._turns is not None:
            self._turns.close()

    def _write_all(self) -> None:
        crowd = False
        while (first := self._wishes.get()) is not None:
            if crowd:
                time.sleep(_GATHER_SECONDS)
            batch, more = self._queued(first)
            crowd = len(batch) > 1
            running = [wish for wish in batch if wish.done.set_running_or_notify_cancel()]
            if running:
                self._commit(running)
            if not more:
                return

    def _queued(self, first: _Wish[Any]) -> tuple[list[_Wish[Any]], bool]:
        batch = [first]
        with suppress(queue.Empty):
            while len(batch) < _LARGEST_BATCH:
                wish = self._wishes.get_nowait()
                if wish is None:
                    return batch, False
                batch.append(wish)
        return batch, True

    def _commit(self, batch: list[_Wish[Any]]) -> None:
        results: list[tuple[_Wish[Any], Any, BaseException | None]] = []
        appended = 0
        try:
            with self._turn(), self.engine.connect() as connection, connection.begin():
                take_turn(connection, durable=any(wish.durable for wish in batch))
                for wish in batch:
                    result, error, events = self._run(connection, wish)
                    results.append((wish, result, error))
                    appended = max(appended, events)
        except DBAPIError as error:
            for wish in batch:
                wish.done.set_exception(unavailable(error))
            return
        except BaseException as error:
            for wish in batch:
                wish.done.set_exception(error)
            return
        if appended:
            self.hint.give()
        for wish, result, failure in results:
            if failure is not None:
                wish.done.set_exception(failure)
            else:
                wish.done.set_result(result)

    def _turn(self) -> AbstractContextManager[None]:
        return self._turns.taken() if self._turns is not None else nullcontext()

    def _run(self, connection: Connection, wish: _Wish[T]) -> tuple[T | None, BaseException | None, int]:
        """Run one use case in a savepoint. A lost database is not its own fault and ends the whole batch."""
        transaction = SqlTransaction(connection, self.vault)
        savepoint = _Savepoint(connection)
        try:
            result = wish.use_case(transaction)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            savepoint.rollback()
            return None, unavailable(error), 0
        except Exception as error:
            savepoint.rollback()
            return None, error, 0
        savepoint.release()
        return result, None, transaction.events.appended


class _Savepoint:
    """A savepoint of the writer, past SQLAlchemy's, which would cost a desk login more than its own statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._execute("SAVEPOINT wish")

    def release(self) -> None:
        self._execute("RELEASE SAVEPOINT wish")

    def rollback(self) -> None:
        self._execute("ROLLBACK TO SAVEPOINT wish")
        self._execute("RELEASE SAVEPOINT wish")

    def _execute(self, sql: str) -> None:
        if self._connection.dialect.name == "sqlite":
            straight(self._connection, sql).close()
        else:
            self._connection.exec_driver_sql(sql)


def open_engine(url: str) -> Engine:
    """An engine with the settings that the stores need. Raises Unavailable for an unknown kind of database."""
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        engine = create_engine(parsed, connect_args={"timeout": _BUSY_MILLISECONDS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if kind == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=_IMPATIENT_POSTGRESQL
        )
    raise Unavailable(f"database {kind!r} is not supported; use sqlite or postgresql")


def _turns(engine: Engine) -> Turns | None:
    """The turns at an SQLite file; PostgreSQL's advisory lock keeps its own line."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    return Turns(file, _BUSY_MILLISECONDS / 1000) if file and file != ":memory:" else None


def _reading_options(engine: Engine) -> dict[str, Any]:
    """What makes a reading transaction see one moment only: SQLite's do anyhow."""
    if engine.dialect.name == "sqlite":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def take_turn(connection: Connection, *, durable: bool = True) -> None:
    """Become the only writer until this transaction ends; without `durable` its commit does not wait for the disk."""
    if connection.dialect.name == "sqlite":
        if connection.info.get("durable", True) != durable:
            connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            connection.info["durable"] = durable
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        if not durable:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _WRITERS_TURN})


def unavailable(error: DBAPIError) -> Unavailable:
    """The domain's error for a database that failed; its own words are kept for the log."""
    return Unavailable(f"the database cannot be used: {error.orig}")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    _keep_a_log(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_a_log(cursor: Any) -> None:
    """Readers do not wait for writers. The first to open a new file tells it so, and so do all who come meanwhile:
    SQLite refuses them at once, whatever busy_timeout says, for each might wait for the other (R9.4).
    """
    deadline = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_OPEN_AGAIN_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """SQLAlchemy's own BEGIN is left out: writers begin in `take_turn`, readers in `read`."""
