"""The policy's one way outside becomes a trunk."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_setting = sa.table("setting", sa.column("name", sa.String), sa.column("value", sa.JSON))
_trunk = sa.table(
    "trunk",
    sa.column("name", sa.String),
    sa.column("uri", sa.String),
    sa.column("username", sa.String),
    sa.column("secret", sa.LargeBinary),
    sa.column("registers", sa.Boolean),
    sa.column("register_seconds", sa.Integer),
    sa.column("sources", sa.JSON),
    sa.column("prefixes", sa.JSON),
    sa.column("strip", sa.Integer),
    sa.column("prepend", sa.String),
    sa.column("priority", sa.Integer),
    sa.column("enabled", sa.Boolean),
)


def upgrade() -> None:
    connection = op.get_bind()
    policy = connection.execute(sa.select(_setting.c.value).where(_setting.c.name == "policy")).scalar()
    outside = _without_user(_read(policy).get("outside", ""))
    if outside and not connection.execute(sa.select(_trunk.c.name).where(_trunk.c.name == "outside")).first():
        connection.execute(
            _trunk.insert().values(
                name="outside",
                uri=outside,
                username="",
                secret=b"",
                registers=False,
                register_seconds=300,
                sources=[],
                prefixes=[],
                strip=0,
                prepend="",
                priority=1,
                enabled=True,
            )
        )


def downgrade() -> None:
    """The policy still holds what it held."""


def _read(policy: Any) -> dict[str, Any]:
    found = json.loads(policy) if isinstance(policy, str) else policy
    return found if isinstance(found, dict) else {}


def _without_user(uri: str) -> str:
    scheme, _, rest = uri.partition(":")
    return f"{scheme}:{rest.rpartition('@')[2]}"[:255] if rest else ""
