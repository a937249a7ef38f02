"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "binding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "aor", sa.String(length=32).with_variant(sa.VARCHAR(length=32, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("contact", sa.String(length=512), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("received", sa.String(length=255), nullable=False),
        sa.Column("path", sa.String(length=512), nullable=False),
        sa.Column("socket", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=255), nullable=False),
        sa.Column("cseq", sa.BigInteger(), nullable=False),
        sa.Column("instance", sa.String(length=255), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_binding")),
        sa.UniqueConstraint("aor", "contact", "node", name=op.f("uq_binding_aor_contact_node")),
    )
    op.create_table(
        "call_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.String(length=255), nullable=False),
        sa.Column("started_at", sa.Float(precision=53), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("caller_phone", sa.String(length=64), nullable=False),
        sa.Column("dialled", sa.String(length=64), nullable=False),
        sa.Column("called", sa.String(length=64), nullable=False),
        sa.Column("called_phone", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.String(length=32), nullable=False),
        sa.Column("answered_at", sa.Float(precision=53), nullable=True),
        sa.Column("ended_at", sa.Float(precision=53), nullable=True),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_record")),
        sa.UniqueConstraint("call_id", "node", name=op.f("uq_call_record_call_id_node")),
    )
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.create_index("ix_call_record_called_phone", ["called_phone", "ended_at"], unique=False)
        batch_op.create_index("ix_call_record_caller_phone", ["caller_phone", "ended_at"], unique=False)
        batch_op.create_index(
            "ix_call_record_open",
            ["caller_phone"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "ix_call_record_open_called",
            ["called_phone"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "ix_call_record_open_since",
            ["started_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_call_record_started_at"), ["started_at"], unique=False)

    op.create_table(
        "claim",
        sa.Column(
            "string",
            sa.String(length=32).with_variant(sa.VARCHAR(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("is_prefix", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("string", name=op.f("pk_claim")),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_owner"), ["owner"], unique=False)

    op.create_table(
        "desk_login",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phone_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "place",
            sa.String(length=32).with_variant(sa.VARCHAR(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("method", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("call_id", sa.String(length=255), nullable=False),
        sa.Column("contact", sa.String(length=512), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("location_id", sa.String(length=80), nullable=False),
        sa.Column("pending", sa.String(length=32), nullable=True),
        sa.Column("pending_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_login")),
    )
    with op.batch_alter_table("desk_login", schema=None) as batch_op:
        batch_op.create_index(
            "ix_desk_login_open_place",
            ["place"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "ix_desk_login_open_user",
            ["user_id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "ix_desk_login_pending",
            ["id"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL AND pending IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND pending IS NOT NULL"),
        )
        batch_op.create_index("ix_desk_login_user_call", ["user_id", "call_id"], unique=False)
        batch_op.create_index(
            "uq_desk_login_phone",
            ["phone_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_desk_login_user",
            ["user_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND exclusive"),
            postgresql_where=sa.text("ended_at IS NULL AND exclusive"),
        )

    op.create_table(
        "event",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_phone"), ["phone"], unique=False)
        batch_op.create_index(batch_op.f("ix_event_user"), ["user"], unique=False)

    op.create_table(
        "feature_code",
        sa.Column("function", sa.String(length=32), nullable=False),
        sa.Column(
            "code",
            sa.String(length=32).with_variant(sa.VARCHAR(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("function", name=op.f("pk_feature_code")),
        sa.UniqueConstraint("code", name=op.f("uq_feature_code_code")),
    )
    op.create_table(
        "followed",
        sa.Column("follower", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("follower", name=op.f("pk_followed")),
    )
    op.create_table(
        "pin_failure",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=128), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_failure")),
    )
    with op.batch_alter_table("pin_failure", schema=None) as batch_op:
        batch_op.create_index("ix_pin_failure_pair", ["number", "source"], unique=False)

    op.create_table(
        "pin_lock",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", "source", name=op.f("pk_pin_lock")),
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cron", sa.String(length=100), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("scope_value", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("last_run", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
    )
    op.create_table(
        "service_class",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("hot_desk_login_accept", sa.Boolean(), nullable=False),
        sa.Column("remote_logout_accept", sa.Boolean(), nullable=False),
        sa.Column("remote_logout_enabled", sa.Boolean(), nullable=False),
        sa.Column("locate_enabled", sa.Boolean(), nullable=False),
        sa.Column("elsewhere", sa.String(length=32), nullable=False),
        sa.Column("max_login_seconds", sa.Integer(), nullable=True),
        sa.Column("idle_logout_seconds", sa.Integer(), nullable=True),
        sa.Column("unregistered_logout", sa.Boolean(), nullable=False),
        sa.Column("high_security", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_class")),
        sa.UniqueConstraint("name", name=op.f("uq_service_class_name")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "trusted_network",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cidr", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("location_id", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_network")),
        sa.UniqueConstraint("cidr", name=op.f("uq_trusted_network_cidr")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "number",
            sa.String(length=32).with_variant(sa.VARCHAR(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("class_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pin", sa.LargeBinary(), nullable=False),
        sa.Column("pin_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("department", sa.String(length=80), nullable=False),
        sa.Column("location", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("caller_number", sa.String(length=32), nullable=False),
        sa.Column("caller_name", sa.String(length=80), nullable=False),
        sa.Column("external_numbers", sa.JSON(), nullable=False),
        sa.Column("key_profile", sa.String(length=80), nullable=False),
        sa.Column("primary_node", sa.String(length=64), nullable=False),
        sa.Column("secondary_node", sa.String(length=64), nullable=False),
        sa.Column("hot_desk_access", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("permanent_login", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("logged_out_to", sa.String(length=64), nullable=False),
        sa.Column("busy_to", sa.String(length=64), nullable=False),
        sa.Column("no_answer_to", sa.String(length=64), nullable=False),
        sa.Column("ring_seconds", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["service_class.id"], name=op.f("fk_person_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("number", name=op.f("uq_person_number")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_class_id"), ["class_id"], unique=False)

    op.create_table(
        "phone",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "number",
            sa.String(length=32).with_variant(sa.VARCHAR(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("class_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.String(length=12), nullable=True),
        sa.Column("instance", sa.String(length=128), nullable=True),
        sa.Column("vendor", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=40), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("default_owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("template", sa.String(length=80), nullable=False),
        sa.Column("site", sa.String(length=80), nullable=False),
        sa.Column("location_id", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("primary_node", sa.String(length=64), nullable=False),
        sa.Column("secondary_node", sa.String(length=64), nullable=False),
        sa.Column("idle_policy", sa.String(length=32), nullable=False),
        sa.Column("group", sa.String(length=32), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["service_class.id"], name=op.f("fk_phone_class_id")),
        sa.ForeignKeyConstraint(["default_owner_id"], ["person.id"], name=op.f("fk_phone_default_owner_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("fk_phone_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone")),
        sa.UniqueConstraint("instance", name=op.f("uq_phone_instance")),
        sa.UniqueConstraint("mac", name=op.f("uq_phone_mac")),
        sa.UniqueConstraint("number", name=op.f("uq_phone_number")),
    )
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_class_id"), ["class_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_default_owner_id"), ["default_owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_phone_owner_id"), ["owner_id"], unique=False)

    _seal_events()


def _seal_events() -> None:
    """The audit log can't be edited (R10.2): the database itself refuses to change or delete an event."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_no_{verb.lower()} BEFORE {verb} ON event "
                "BEGIN SELECT RAISE(ABORT, 'the audit log cannot be edited'); END"
            )
        op.execute(  # INSERT OR REPLACE deletes without asking the trigger above
            "CREATE TRIGGER event_no_replace BEFORE INSERT ON event "
            "WHEN EXISTS (SELECT 1 FROM event WHERE position = NEW.position) "
            "BEGIN SELECT RAISE(ABORT, 'the audit log cannot be edited'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION event_sealed() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log cannot be edited'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON event "
        "FOR EACH STATEMENT EXECUTE FUNCTION event_sealed()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER event_sealed ON event")
        op.execute("DROP FUNCTION event_sealed")
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phone_owner_id"))
        batch_op.drop_index(batch_op.f("ix_phone_default_owner_id"))
        batch_op.drop_index(batch_op.f("ix_phone_class_id"))

    op.drop_table("phone")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_class_id"))

    op.drop_table("person")
    op.drop_table("trusted_network")
    op.drop_table("setting")
    op.drop_table("service_class")
    op.drop_table("schedule")
    op.drop_table("pin_lock")
    with op.batch_alter_table("pin_failure", schema=None) as batch_op:
        batch_op.drop_index("ix_pin_failure_pair")

    op.drop_table("pin_failure")
    op.drop_table("followed")
    op.drop_table("feature_code")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_event_user"))
        batch_op.drop_index(batch_op.f("ix_event_phone"))
        batch_op.drop_index(batch_op.f("ix_event_at"))

    op.drop_table("event")
    with op.batch_alter_table("desk_login", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_desk_login_user",
            sqlite_where=sa.text("ended_at IS NULL AND exclusive"),
            postgresql_where=sa.text("ended_at IS NULL AND exclusive"),
        )
        batch_op.drop_index(
            "uq_desk_login_phone",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_desk_login_user_call")
        batch_op.drop_index(
            "ix_desk_login_pending",
            sqlite_where=sa.text("ended_at IS NULL AND pending IS NOT NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND pending IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_desk_login_open_user",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_desk_login_open_place",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("desk_login")
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_owner"))

    op.drop_table("claim")
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_record_started_at"))
        batch_op.drop_index(
            "ix_call_record_open_since",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_call_record_open_called",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_call_record_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_call_record_caller_phone")
        batch_op.drop_index("ix_call_record_called_phone")

    op.drop_table("call_record")
    op.drop_table("binding")
