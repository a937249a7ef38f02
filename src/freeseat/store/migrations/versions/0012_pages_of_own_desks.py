"""Pages of people's own desks count as agent clients, too (R5.5)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("open_page") as batch:
        batch.alter_column("workplace_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
        batch.create_foreign_key(
            batch.f("fk_open_page_owner_id_person"), "person", ["owner_id"], ["id"], ondelete="CASCADE"
        )
        batch.create_unique_constraint(batch.f("uq_open_page_owner_id_page"), ["owner_id", "page"])


def downgrade() -> None:
    op.execute("DELETE FROM open_page WHERE workplace_id IS NULL")
    with op.batch_alter_table("open_page") as batch:
        batch.drop_constraint(batch.f("uq_open_page_owner_id_page"), type_="unique")
        batch.drop_constraint(batch.f("fk_open_page_owner_id_person"), type_="foreignkey")
        batch.drop_column("owner_id")
        batch.alter_column("workplace_id", existing_type=sa.Integer(), nullable=False)
