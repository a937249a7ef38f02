"""A wish to dial keeps the dialog by which voice has the phone dial, so that a new process can end it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call_wish", sa.Column("leg", sa.Text()))


def downgrade() -> None:
    op.drop_column("call_wish", "leg")
