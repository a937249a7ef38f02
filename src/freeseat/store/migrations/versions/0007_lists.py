"""What lists, searches and reports walk down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ix_person_searched", "person", ["number", "name", "department", "email"]),
    ("ix_person_department", "person", ["department", "number"]),
    ("ix_phone_searched", "phone", ["number", "mac", "site", "model"]),
    ("ix_phone_site", "phone", ["site", "number"]),
    ("ix_desk_login_started", "desk_login", ["started_at"]),
    ("ix_desk_login_ended", "desk_login", ["ended_at"]),
    ("ix_desk_login_user_started", "desk_login", ["user_id", "started_at"]),
    ("ix_desk_login_place_started", "desk_login", ["place", "started_at"]),
    ("ix_call_record_caller", "call_record", ["caller", "started_at"]),
    ("ix_call_record_called", "call_record", ["called", "started_at"]),
    ("ix_call_record_kind", "call_record", ["kind", "started_at"]),
    ("ix_event_kind", "event", ["kind", "position"]),
    ("ix_event_actor", "event", ["actor", "position"]),
    ("ix_event_source", "event", ["source", "position"]),
    ("ix_event_channel", "event", ["channel", "position"]),
    ("ix_offer_queue_at", "offer", ["queue_id", "at"]),
)
_OF_QUEUE = sa.text("queue <> ''")


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        op.create_index(name, table, columns)
    op.create_index(
        "ix_call_record_queue",
        "call_record",
        ["queue", "started_at"],
        sqlite_where=_OF_QUEUE,
        postgresql_where=_OF_QUEUE,
    )


def downgrade() -> None:
    op.drop_index("ix_call_record_queue", "call_record")
    for name, table, _columns in reversed(_INDEXES):
        op.drop_index(name, table)
