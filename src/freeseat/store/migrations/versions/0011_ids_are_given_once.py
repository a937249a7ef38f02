"""Ids are given once: SQLite gives the highest anew after its row was deleted, and with it another's past (R3.4)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("person", "phone", "queue", "queue_call", "offer", "account", "workplace")
_REMEMBERED = {
    "person": ("desk_login.user_id", "queue_call.user_id", "offer.user_id"),
    "phone": ("desk_login.phone_id",),
    "queue": ("queue_call.queue_id",),
}
"""Who has been there and may be gone: where ids are kept that have no row any more."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in _TABLES:
        _make_anew(table, given_once=True)
    for table, columns in _REMEMBERED.items():
        for column in columns:
            _go_on_behind(table, *column.split("."))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in _TABLES:
            _make_anew(table, given_once=False)


def _make_anew(table: str, *, given_once: bool) -> None:
    kwargs = {"sqlite_autoincrement": given_once}
    with op.batch_alter_table(table, recreate="always", table_kwargs=kwargs) as batch:
        batch.alter_column("id", existing_type=sa.Integer(), existing_nullable=False)


def _go_on_behind(table: str, elsewhere: str, column: str) -> None:
    connection = op.get_bind()
    highest = connection.scalar(sa.select(sa.func.max(sa.column(column))).select_from(sa.table(elsewhere))) or 0
    given = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).scalar()
    if given is None:
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, highest))
    elif given < highest:
        connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (highest, table))
