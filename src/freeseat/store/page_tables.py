"""The tables of what pages show: workplaces, boards, floor plans; and of webhooks."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from freeseat.domain.boards import BoardColumn, Thresholds
from freeseat.domain.call_wishes import WishKind, WishState
from freeseat.domain.events import Kind
from freeseat.domain.plans import MediaType
from freeseat.domain.workplaces import DeskSettings, SettingsScope, Theme
from freeseat.store.columns import Line, Typed, Utc, Word, dialable
from freeseat.store.tables import binding, call_record, metadata, queue_call

_Id = BigInteger().with_variant(Integer, "sqlite")
_DIGEST = 64

workplace = Table(
    "workplace",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("phone_number", dialable(), nullable=False, index=True),
    Column("mac", Line(12), nullable=False),
    Column("address", Line(64), nullable=False),
    Column("queues", Typed(tuple[str, ...]), nullable=False),
    Column("site", String(80), nullable=False),
    Column("settings_scope", Word(SettingsScope), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("digest", Line(_DIGEST), unique=True),
    Column("login_digest", Line(_DIGEST), unique=True),
    sqlite_autoincrement=True,
)

desk_settings = Table(
    "desk_settings",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("user_id", ForeignKey("person.id", ondelete="CASCADE"), unique=True),
    Column("workplace_id", ForeignKey("workplace.id", ondelete="CASCADE")),
    Column("queue", dialable(), nullable=False),
    Column("settings", Typed(DeskSettings), nullable=False),
    UniqueConstraint("workplace_id", "queue"),
)

open_page = Table(
    "open_page",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("workplace_id", ForeignKey("workplace.id", ondelete="CASCADE")),
    Column("owner_id", ForeignKey("person.id", ondelete="CASCADE")),
    Column("page", Line(64), nullable=False),
    Column("user_id", ForeignKey("person.id", ondelete="CASCADE"), index=True),
    Column("queue", dialable(), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("stops_at", Utc, index=True),
    UniqueConstraint("workplace_id", "page"),
    UniqueConstraint("owner_id", "page"),
)

call_wish = Table(
    "call_wish",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", Word(WishKind), nullable=False),
    Column("phone", dialable(), nullable=False),
    Column("user", dialable(), nullable=False),
    Column("at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("number", dialable(), nullable=False),
    Column("call_id", Line(255), nullable=False),
    Column("state", Word(WishState), nullable=False),
    Column("reason", Line(80), nullable=False),
    Column("done_at", Utc, index=True),
    Column("leg", Text),
)
_UNDONE = text("done_at IS NULL")
Index(
    "uq_call_wish_phone_kind", call_wish.c.phone, call_wish.c.kind, unique=True,
    sqlite_where=_UNDONE, postgresql_where=_UNDONE,
)  # fmt: skip

board = Table(
    "board",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("queues", Typed(tuple[str, ...]), nullable=False),
    Column("thresholds", Typed(Thresholds), nullable=False),
    Column("columns", Typed(tuple[BoardColumn, ...]), nullable=False),
    Column("language", String(2), nullable=False),
    Column("theme", Word(Theme), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("service_seconds", Integer, nullable=False),
    Column("digest", Line(_DIGEST), unique=True),
    Column("revoked_at", Utc),
)

floor_plan = Table(
    "floor_plan",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("site", String(80), nullable=False),
    Column("media_type", Word(MediaType), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("changed_at", Utc, nullable=False),
)

plan_image = Table(
    "plan_image",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("plan_id", ForeignKey("floor_plan.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("data", LargeBinary, nullable=False),
)

placement = Table(
    "placement",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("plan_id", ForeignKey("floor_plan.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("phone_id", ForeignKey("phone.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("x", Float(53), nullable=False),
    Column("y", Float(53), nullable=False),
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("url", String(500), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("kinds", Typed(tuple[Kind, ...]), nullable=False),
    Column("enabled", Boolean, nullable=False),
)

webhook_progress = Table(
    "webhook_progress",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("webhook_id", ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("position", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failing_since", Utc),
    Column("next_at", Utc),
    Column("owner", Line(128), nullable=False),
    Column("leased_until", Utc),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("webhook_id", ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", BigInteger, nullable=False),
    Column("at", Utc, nullable=False),
    Column("status", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("seconds", Float(53), nullable=False),
)

_OPEN = text("ended_at IS NULL")
Index("ix_binding_source", binding.c.source)
_OVER = text("ended_at IS NOT NULL")
Index(
    "ix_queue_call_day", queue_call.c.queue_id, queue_call.c.entered_at, queue_call.c.answered_at, queue_call.c.outcome,
    sqlite_where=_OVER, postgresql_where=_OVER,
)  # fmt: skip
"""Holds all that a day's figures need; without the open calls, so that nobody looks for waiting callers here."""
Index("ix_queue_call_open_user", queue_call.c.user_id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_call_record_open_to", call_record.c.called, sqlite_where=_OPEN, postgresql_where=_OPEN)
