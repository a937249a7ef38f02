"""Who looks for the open logins of a person or a place reads these alone, not the whole history."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INDEXES = (("ix_desk_login_user_started", "user_id"), ("ix_desk_login_place_started", "place"))


def upgrade() -> None:
    for name, column in _INDEXES:
        op.drop_index(name, "desk_login")
        op.create_index(name, "desk_login", [column, "ended_at", "started_at"])


def downgrade() -> None:
    for name, column in _INDEXES:
        op.drop_index(name, "desk_login")
        op.create_index(name, "desk_login", [column, "started_at"])
