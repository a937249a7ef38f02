"""The tables. Uniqueness that the rules need is held here, by the database itself.

With `sqlite_autoincrement` an id is never given anew, as on PostgreSQL: the past refers to ids whose rows are deleted.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from freeseat.application.queues.ports import OfferEnd, Outcome, WaitState
from freeseat.domain.actors import Channel
from freeseat.domain.desk_login import EndReason, Method
from freeseat.domain.directory import Elsewhere, Function, IdlePolicy, Right, Scope
from freeseat.domain.events import Kind
from freeseat.domain.queues import Strategy
from freeseat.store.columns import Line, Typed, Utc, Word, dialable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_Id = BigInteger().with_variant(Integer, "sqlite")

service_class = Table(
    "service_class",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("rights", Typed(frozenset[Right]), nullable=False),
    Column("hot_desk_login_accept", Boolean, nullable=False),
    Column("remote_logout_accept", Boolean, nullable=False),
    Column("remote_logout_enabled", Boolean, nullable=False),
    Column("locate_enabled", Boolean, nullable=False),
    Column("elsewhere", Word(Elsewhere), nullable=False),
    Column("max_login_seconds", Integer),
    Column("idle_logout_seconds", Integer),
    Column("unregistered_logout", Boolean, nullable=False),
    Column("high_security", Boolean, nullable=False),
    Column("queue_login_at_desk_login", Boolean, nullable=False, server_default=false()),
)

person = Table(
    "person",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("number", dialable(), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("class_id", ForeignKey("service_class.id"), nullable=False, index=True),
    Column("pin", LargeBinary, nullable=False),
    Column("pin_set_at", Utc),
    Column("email", String(254), nullable=False),
    Column("department", String(80), nullable=False),
    Column("location", String(80), nullable=False),
    Column("language", String(2), nullable=False),
    Column("caller_number", String(32), nullable=False),
    Column("caller_name", String(80), nullable=False),
    Column("external_numbers", Typed(tuple[str, ...]), nullable=False),
    Column("key_profile", String(80), nullable=False),
    Column("primary_node", String(64), nullable=False),
    Column("secondary_node", String(64), nullable=False),
    Column("hot_desk_access", Boolean, nullable=False, server_default=false()),
    Column("permanent_login", Boolean, nullable=False, server_default=false()),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("logged_out_to", String(64), nullable=False),
    Column("busy_to", String(64), nullable=False),
    Column("no_answer_to", String(64), nullable=False),
    Column("ring_seconds", Integer, nullable=False),
    Column("group", String(32), nullable=False),
    sqlite_autoincrement=True,
)

phone = Table(
    "phone",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("number", dialable(), nullable=False, unique=True),
    Column("class_id", ForeignKey("service_class.id"), nullable=False, index=True),
    Column("secret", LargeBinary, nullable=False),
    Column("mac", Line(12), unique=True),
    Column("instance", Line(128), unique=True),
    Column("vendor", String(40), nullable=False),
    Column("model", String(40), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("owner_id", ForeignKey("person.id"), index=True),
    Column("default_owner_id", ForeignKey("person.id"), index=True),
    Column("template", String(80), nullable=False),
    Column("site", String(80), nullable=False),
    Column("location_id", String(80), nullable=False),
    Column("language", String(2), nullable=False),
    Column("primary_node", String(64), nullable=False),
    Column("secondary_node", String(64), nullable=False),
    Column("idle_policy", Word(IdlePolicy), nullable=False),
    Column("group", String(32), nullable=False),
    Column("enabled", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

desk_login = Table(
    "desk_login",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("user_id", _Id, nullable=False),
    Column("phone_id", _Id),
    Column("place", dialable(), nullable=False),
    Column("method", Word(Method), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("exclusive", Boolean, nullable=False),
    Column("call_id", Line(255), nullable=False),
    Column("contact", Line(512), nullable=False),
    Column("source", Line(64), nullable=False),
    Column("location_id", String(80), nullable=False),
    Column("pending", Word(EndReason)),
    Column("pending_since", Utc),
    Column("ended_at", Utc),
    Column("end_reason", Word(EndReason)),
)
_OPEN = text("ended_at IS NULL")
_ONE_PLACE = text("ended_at IS NULL AND exclusive")
Index("uq_desk_login_phone", desk_login.c.phone_id, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("uq_desk_login_user", desk_login.c.user_id, unique=True, sqlite_where=_ONE_PLACE, postgresql_where=_ONE_PLACE)
Index("ix_desk_login_open_user", desk_login.c.user_id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_desk_login_open_place", desk_login.c.place, sqlite_where=_OPEN, postgresql_where=_OPEN)
_PENDING = text("ended_at IS NULL AND pending IS NOT NULL")
Index("ix_desk_login_pending", desk_login.c.id, sqlite_where=_PENDING, postgresql_where=_PENDING)
Index("ix_desk_login_user_call", desk_login.c.user_id, desk_login.c.call_id)

claim = Table(
    "claim",
    metadata,
    Column("string", dialable(), primary_key=True),
    Column("owner", String(80), nullable=False, index=True),
    Column("is_prefix", Boolean, nullable=False),
)

feature_code = Table(
    "feature_code",
    metadata,
    Column("function", Word(Function), primary_key=True),
    Column("code", dialable(), nullable=False, unique=True),
)

trusted_network = Table(
    "trusted_network",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("cidr", String(64), nullable=False, unique=True),
    Column("description", String(200), nullable=False),
    Column("location_id", String(80), nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("cron", String(100), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("scope", Word(Scope), nullable=False),
    Column("scope_value", String(80), nullable=False),
    Column("description", String(200), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("last_run", Utc),
)

pin_failure = Table(
    "pin_failure",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("number", Line(32), nullable=False),
    Column("source", Line(64), nullable=False),
    Column("fingerprint", Line(128), nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_pin_failure_pair", "number", "source"),
)

pin_lock = Table(
    "pin_lock",
    metadata,
    Column("number", Line(32), primary_key=True),
    Column("source", Line(64), primary_key=True),
    Column("until", Utc, nullable=False),
)

binding = Table(
    "binding",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("aor", dialable(), nullable=False),
    Column("contact", Line(512), nullable=False),
    Column("node", Line(64), nullable=False),
    Column("at", Float(53), nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("granted", Integer, nullable=False),
    Column("received", Line(255), nullable=False),
    Column("path", Line(512), nullable=False),
    Column("socket", Line(64), nullable=False),
    Column("call_id", Line(255), nullable=False),
    Column("cseq", BigInteger, nullable=False),
    Column("instance", Line(255), nullable=False),
    Column("user_agent", Line(255), nullable=False),
    Column("source", Line(64), nullable=False),
    UniqueConstraint("aor", "contact", "node"),
)

call_record = Table(
    "call_record",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("node", Line(64), nullable=False),
    Column("call_id", Line(255), nullable=False),
    Column("started_at", Float(53), nullable=False, index=True),
    Column("caller", Line(64), nullable=False),
    Column("caller_phone", Line(64), nullable=False),
    Column("dialled", Line(64), nullable=False),
    Column("called", Line(64), nullable=False),
    Column("called_phone", Line(64), nullable=False),
    Column("kind", Line(16), nullable=False),
    Column("queue", Line(32), nullable=False),
    Column("answered_at", Float(53)),
    Column("ended_at", Float(53)),
    Column("code", Integer, nullable=False),
    Column("cause", Line(64), nullable=False),
    Column("source", Line(64), nullable=False),
    UniqueConstraint("call_id", "node"),
)
Index("ix_call_record_open_since", call_record.c.started_at, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_call_record_open", call_record.c.caller_phone, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_call_record_open_called", call_record.c.called_phone, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_call_record_caller_phone", call_record.c.caller_phone, call_record.c.ended_at)
Index("ix_call_record_called_phone", call_record.c.called_phone, call_record.c.ended_at)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("user_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("new", Integer, nullable=False),
    Column("old", Integer, nullable=False),
)

trunk = Table(
    "trunk",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("uri", String(255), nullable=False),
    Column("username", String(80), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("registers", Boolean, nullable=False),
    Column("register_seconds", Integer, nullable=False),
    Column("sources", Typed(tuple[str, ...]), nullable=False),
    Column("prefixes", Typed(tuple[str, ...]), nullable=False),
    Column("strip", Integer, nullable=False),
    Column("prepend", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
)

inbound_number = Table(
    "inbound_number",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("number", dialable(), nullable=False, unique=True),
    Column("destination", String(32), nullable=False),
    Column("description", String(200), nullable=False),
)

queue = Table(
    "queue",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("number", dialable(), nullable=False, unique=True),
    Column("code", dialable(), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("strategy", Word(Strategy), nullable=False),
    Column("ring_seconds", Integer, nullable=False),
    Column("wrap_up_seconds", Integer, nullable=False),
    Column("misses_until_pause", Integer, nullable=False),
    Column("max_wait_seconds", Integer),
    Column("max_length", Integer),
    Column("overflow_to", String(64), nullable=False),
    Column("no_agents_to", String(64), nullable=False),
    Column("announce_seconds", Integer, nullable=False),
    Column("language", String(2), nullable=False),
    Column("reversed_digits", Boolean, nullable=False),
    Column("logout_at_desk_logout", Boolean, nullable=False),
    Column("logout_if_unregistered", Boolean, nullable=False),
    Column("login_when_registered", Boolean, nullable=False),
    Column("no_unreg_warning", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

queue_member = Table(
    "queue_member",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("queue_id", ForeignKey("queue.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("priority", Integer, nullable=False),
    UniqueConstraint("queue_id", "user_id"),
)

attendance = Table(
    "attendance",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("queue_id", ForeignKey("queue.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("logged_in_at", Utc),
    Column("suspended", Boolean, nullable=False),
    Column("paused_at", Utc),
    Column("pause_reason", Line(80), nullable=False),
    Column("wrap_up_until", Utc),
    Column("misses", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("last_offered_at", Utc),
    Column("last_call_at", Utc),
    UniqueConstraint("queue_id", "user_id"),
)

queue_call = Table(
    "queue_call",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("queue_id", ForeignKey("queue.id", ondelete="CASCADE"), nullable=False),
    Column("node", String(64), nullable=False),
    Column("call_id", Line(255), nullable=False),
    Column("caller", Line(64), nullable=False),
    Column("caller_name", Line(80), nullable=False),
    Column("entered_at", Utc, nullable=False),
    Column("state", Word(WaitState), nullable=False),
    Column("user_id", _Id),
    Column("answered_at", Utc),
    Column("ended_at", Utc),
    Column("outcome", Word(Outcome)),
    Column("leg", Text, nullable=False),
    UniqueConstraint("call_id", "node"),
    sqlite_autoincrement=True,
)
Index("ix_queue_call_open", queue_call.c.queue_id, queue_call.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_queue_call_ended", queue_call.c.queue_id, queue_call.c.ended_at)

offer = Table(
    "offer",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("queue_call_id", ForeignKey("queue_call.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("queue_id", _Id, nullable=False),
    Column("user_id", _Id, nullable=False),
    Column("at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("end", Word(OfferEnd)),
    sqlite_autoincrement=True,
)
Index("uq_offer_user", offer.c.user_id, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("ix_offer_open", offer.c.queue_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

event = Table(
    "event",
    metadata,
    Column("position", _Id, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False, index=True),
    Column("kind", Word(Kind), nullable=False),
    Column("actor", Line(80), nullable=False),
    Column("source", Line(64), nullable=False),
    Column("channel", Word(Channel), nullable=False),
    Column("user", Line(32), nullable=False, index=True),
    Column("phone", Line(32), nullable=False, index=True),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)

setting = Table(
    "setting",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

followed = Table(
    "followed",
    metadata,
    Column("follower", String(128), primary_key=True),
    Column("position", Text, nullable=False),
)

# What lists, searches and reports walk down (R10.1, R10.3); those of people and phones hold all that is searched.
Index("ix_person_searched", person.c.number, person.c.name, person.c.department, person.c.email)
Index("ix_person_department", person.c.department, person.c.number)
Index("ix_phone_searched", phone.c.number, phone.c.mac, phone.c.site, phone.c.model)
Index("ix_phone_site", phone.c.site, phone.c.number)
Index("ix_desk_login_started", desk_login.c.started_at)
Index("ix_desk_login_ended", desk_login.c.ended_at)
# with the end before the beginning: whoever looks for open logins (ended_at IS NULL) is not led through the past
Index("ix_desk_login_user_started", desk_login.c.user_id, desk_login.c.ended_at, desk_login.c.started_at)
Index("ix_desk_login_place_started", desk_login.c.place, desk_login.c.ended_at, desk_login.c.started_at)
Index("ix_call_record_caller", call_record.c.caller, call_record.c.started_at)
Index("ix_call_record_called", call_record.c.called, call_record.c.started_at)
Index("ix_call_record_kind", call_record.c.kind, call_record.c.started_at)
_OF_QUEUE = text("queue <> ''")
Index(
    "ix_call_record_queue",
    call_record.c.queue,
    call_record.c.started_at,
    sqlite_where=_OF_QUEUE,
    postgresql_where=_OF_QUEUE,
)
Index("ix_event_kind", event.c.kind, event.c.position)
Index("ix_event_actor", event.c.actor, event.c.position)
Index("ix_event_source", event.c.source, event.c.position)
Index("ix_event_channel", event.c.channel, event.c.position)
Index("ix_offer_queue_at", offer.c.queue_id, offer.c.at)
