"""The tables of accounts, sign-ins, invitations and tokens."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, text

from freeseat.domain.permissions import Permission, Role
from freeseat.domain.workplaces import Theme
from freeseat.store.columns import Line, Typed, Utc, Word
from freeseat.store.tables import metadata

_Id = BigInteger().with_variant(Integer, "sqlite")
_DIGEST = 64

account = Table(
    "account",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", Line(64), nullable=False, unique=True),
    Column("role", Word(Role), nullable=False),
    Column("password", String(255), nullable=False),
    Column("full_name", String(80), nullable=False),
    Column("email", Line(254), nullable=False, index=True),
    Column("oidc_subject", Line(512), unique=True),
    Column("user_id", ForeignKey("person.id", ondelete="SET NULL"), index=True),
    Column("queues", Typed(tuple[str, ...]), nullable=False),
    Column("sites", Typed(tuple[str, ...]), nullable=False),
    Column("language", String(2), nullable=False),
    Column("theme", Word(Theme), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("added_at", Utc),
    Column("signed_in_at", Utc),
    sqlite_autoincrement=True,
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("digest", Line(_DIGEST), nullable=False, unique=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("last_seen_at", Utc, nullable=False),
    Column("source", Line(64), nullable=False),
)

invitation = Table(
    "invitation",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("digest", Line(_DIGEST), nullable=False, unique=True),
    Column("role", Word(Role), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), index=True),
    Column("queues", Typed(tuple[str, ...]), nullable=False),
    Column("sites", Typed(tuple[str, ...]), nullable=False),
    Column("user_id", ForeignKey("person.id", ondelete="SET NULL")),
    Column("used_at", Utc),
    Column("first_run", Boolean, nullable=False),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("digest", Line(_DIGEST), nullable=False, unique=True),
    Column("prefix", String(16), nullable=False),
    Column("scopes", Typed(frozenset[Permission]), nullable=False),
    Column("queues", Typed(tuple[str, ...]), nullable=False),
    Column("sites", Typed(tuple[str, ...]), nullable=False),
    Column("added_at", Utc),
    Column("added_by", Line(80), nullable=False),
    Column("expires_at", Utc),
    Column("last_used_at", Utc),
    Column("revoked_at", Utc),
)
_HOLDS = text("revoked_at IS NULL")
Index("uq_api_token_name", api_token.c.name, unique=True, sqlite_where=_HOLDS, postgresql_where=_HOLDS)
