"""First tables: conversations and their events, corrections, staff, FAQ, training, models, audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_conversation_tables()
    create_event_tables()
    create_staff_tables()
    create_faq_table()
    create_training_tables()
    create_audit_table()


def downgrade() -> None:
    for table in (
        "audit_log",
        "promotions",
        "models",
        "training_jobs",
        "faq_entries",
        "staff_sessions",
        "users",
        "corrections",
        "events",
        "conversations",
    ):
        op.drop_table(table)


def create_conversation_tables() -> None:
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        utc_column("created_at"),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("last_text", sa.Text(), nullable=False),
        utc_column("last_at"),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("num_customer_turns", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "mode IN ('bot', 'handoff_requested', 'agent')", name=op.f("ck_conversations_mode")
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_conversations")),
    )
    op.create_index(
        op.f("ix_conversations_last_at_conversation_id"), "conversations", ["last_at", "conversation_id"]
    )


def create_event_tables() -> None:
    op.create_table(
        "events",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("client_message_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        utc_column("recorded_at"),
        sa.Column("search_text", sa.Text(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.conversation_id"],
            name=op.f("fk_events_conversation_id_conversations"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "sequence", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "conversation_id", "client_message_id", name=op.f("uq_events_conversation_id_client_message_id")
        ),
    )
    op.create_table(
        "corrections",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("entities", sa.JSON(), nullable=False),
        sa.Column("corrected_by", sa.Text(), nullable=False),
        utc_column("corrected_at"),
        sa.ForeignKeyConstraint(
            ["conversation_id", "sequence"],
            ["events.conversation_id", "events.sequence"],
            name=op.f("fk_corrections_conversation_id_sequence_events"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", "sequence", name=op.f("pk_corrections")),
    )


def create_staff_tables() -> None:
    op.create_table(
        "users",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        utc_column("created_at"),
        sa.CheckConstraint("role IN ('agent', 'operator')", name=op.f("ck_users_role")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("name_key", name=op.f("uq_users_name_key")),
    )
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        utc_column("created_at"),
        utc_column("expires_at"),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_staff_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_sessions")),
    )
    op.create_index(op.f("ix_staff_sessions_user_id"), "staff_sessions", ["user_id"])
    op.create_index(op.f("ix_staff_sessions_expires_at"), "staff_sessions", ["expires_at"])


def create_faq_table() -> None:
    op.create_table(
        "faq_entries",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("passage", sa.Text(), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_imported", sa.Boolean(), nullable=False),
        utc_column("updated_at"),
        sa.CheckConstraint("status IN ('published', 'archived')", name=op.f("ck_faq_entries_status")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_faq_entries")),
    )
    op.create_index(op.f("ix_faq_entries_status"), "faq_entries", ["status"])


def create_training_tables() -> None:
    op.create_table(
        "training_jobs",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("active_slot", sa.Integer(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("eta_s", sa.Double(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        utc_column("created_at"),
        utc_column("updated_at"),
        utc_column("finished_at", nullable=True),
        sa.Column("challenger_id", sa.Text(), nullable=True),
        sa.Column("is_promoted", sa.Boolean(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'succeeded', 'failed')", name=op.f("ck_training_jobs_status")
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_training_jobs")),
        sa.UniqueConstraint("active_slot", name=op.f("uq_training_jobs_active_slot")),
    )
    op.create_index(op.f("ix_training_jobs_created_at"), "training_jobs", ["created_at"])
    op.create_table(
        "models",
        sa.Column("bundle_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        utc_column("created_at"),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_id", name=op.f("pk_models")),
    )
    op.create_table(
        "promotions",
        sa.Column("promotion_id", sa.Integer(), nullable=False),
        sa.Column("bundle_id", sa.Text(), nullable=False),
        sa.Column("promoted_by", sa.Text(), nullable=False),
        utc_column("promoted_at"),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        utc_column("withdrawn_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["bundle_id"], ["models.bundle_id"], name=op.f("fk_promotions_bundle_id_models")
        ),
        sa.PrimaryKeyConstraint("promotion_id", name=op.f("pk_promotions")),
    )
    op.create_index(op.f("ix_promotions_bundle_id"), "promotions", ["bundle_id"])


def create_audit_table() -> None:
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        utc_column("recorded_at"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_recorded_at"), "audit_log", ["recorded_at"])


def utc_column(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
