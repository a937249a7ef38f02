"""SQLite knows nothing of how many logins are past: who asks for open ones must not read somebody's whole history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from freeseat.application.listing import LoginsWanted
from freeseat.application.ports import Transaction
from freeseat.domain.queues import Queue
from freeseat.store.database import Database


def plans(database: Database, question: Callable[[Transaction], object], table: str) -> str:
    """How SQLite goes about a question: its lines about a table."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    database.read(question)
    event.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        lines = [
            row[3]
            for statement, parameters in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    return "\n".join(line for line in lines if table in line)


@pytest.mark.parametrize(
    "question",
    [
        lambda tx: tx.queue_states.of_queue(Queue(1, "801", "811", "Sales")),
        lambda tx: tx.logins.among("user_id", [1, 2], ended_at=None),
        lambda tx: tx.logins.among("place", ["3001"], ended_at=None),
    ],
    ids=["members of a queue", "people", "places"],
)
def test_open_logins_are_found_without_the_past(database: Database, question: Callable[[Transaction], object]) -> None:
    if database.engine.dialect.name != "sqlite":
        return
    found = plans(database, question, "desk_login")
    assert found
    for line in found.splitlines():
        assert "ended_at=?" in line or "ix_desk_login_open" in line, line


def test_the_logins_of_one_person_are_searched_for(database: Database) -> None:
    """A list of one person's logins never walks down those of everybody (R10.1)."""
    if database.engine.dialect.name != "sqlite":
        return
    found = plans(database, lambda tx: tx.listing.logins(LoginsWanted(user="2019")), "desk_login")
    assert "ix_desk_login_user_started (user_id=?)" in found
