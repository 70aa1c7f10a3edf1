"""Tables of the service; rows never leave `app.db`.

Times are timezone-aware UTC on both databases. JSON is plain ``json`` on PostgreSQL, not ``jsonb``: nothing
is searched in it, and only plain JSON keeps every string that an action may return.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime; kept as UTC, also where the database knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite gets it without the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"got a time without a zone ({value}), expected an aware one in UTC")
        as_utc = value.astimezone(UTC)
        return as_utc.replace(tzinfo=None) if dialect.name == "sqlite" else as_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give it back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {
        datetime: UtcDateTime(),
        str: Text(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class ConversationRow(Table):
    """A conversation; everything from `mode` on is a summary kept by each append."""

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("mode IN ('bot', 'handoff_requested', 'agent')", name="mode"),
        Index(None, "last_at", "conversation_id"),
    )

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    token_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    mode: Mapped[str]
    last_text: Mapped[str]
    last_at: Mapped[datetime]
    last_sequence: Mapped[int]
    num_customer_turns: Mapped[int]


class EventRow(Table):
    """A fact of a conversation; append-only. `search_text` is the case-folded visible text."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("conversation_id", "client_message_id"),)

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversations.conversation_id"), primary_key=True
    )
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    client_message_id: Mapped[str | None]
    type: Mapped[str]
    schema_version: Mapped[int]
    recorded_at: Mapped[datetime]
    search_text: Mapped[str | None]
    payload: Mapped[dict[str, Any]]


class CorrectionRow(Table):
    """What an agent says a customer turn really meant; the newest word counts."""

    __tablename__ = "corrections"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "sequence"],
            ["events.conversation_id", "events.sequence"],
            name="fk_corrections_conversation_id_sequence_events",
        ),
    )

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    intent: Mapped[str]
    entities: Mapped[list[Any]]
    corrected_by: Mapped[str]
    corrected_at: Mapped[datetime]


class FaqAnswerRow(Table):
    """An answer from the FAQ and its last rating (None: not rated): a summary, kept by each append.

    The entry may be gone since.
    """

    __tablename__ = "faq_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "sequence"],
            ["events.conversation_id", "events.sequence"],
            name="fk_faq_answers_conversation_id_sequence_events",
        ),
        Index(None, "entry_id"),
    )

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[str]
    is_helpful: Mapped[bool | None]


class ReminderRow(Table):
    """A reminder that is not settled yet, named by its event; a claim lets one process fire it.

    Whether it is still wanted is read from the events when it is due.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "sequence"],
            ["events.conversation_id", "events.sequence"],
            name="fk_reminders_conversation_id_sequence_events",
        ),
        Index(None, "due_at"),
    )

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    num_attempts: Mapped[int]


class UserRow(Table):
    """An agent or operator; `name_key` is the case-folded name that must be unique."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('agent', 'operator')", name="role"),)

    user_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class StaffSessionRow(Table):
    """A login; only the hash of its token is kept."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.user_id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class FaqEntryRow(Table):
    """A help passage; `is_imported` entries follow the bot folder, the others belong to people."""

    __tablename__ = "faq_entries"
    __table_args__ = (CheckConstraint("status IN ('draft', 'published', 'archived')", name="status"),)

    entry_id: Mapped[str] = mapped_column(primary_key=True)
    question: Mapped[str]
    passage: Mapped[str]
    alternatives: Mapped[list[Any]]
    tags: Mapped[list[Any]]
    source: Mapped[str]
    language: Mapped[str]
    origin: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    is_imported: Mapped[bool]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    version: Mapped[int]
    updated_at: Mapped[datetime]
    updated_by: Mapped[str]


class FaqVersionRow(Table):
    """What an entry was from `recorded_at` on; the newest is what it is."""

    __tablename__ = "faq_versions"

    entry_id: Mapped[str] = mapped_column(ForeignKey("faq_entries.entry_id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    content: Mapped[dict[str, Any]]


class TrainingJobRow(Table):
    """A retraining job; `active_slot` is 1 while it is queued or running, so that there is one at a time."""

    __tablename__ = "training_jobs"
    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'succeeded', 'failed')", name="status"),
    )

    job_id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    active_slot: Mapped[int | None] = mapped_column(unique=True)
    requested_by: Mapped[str]
    worker: Mapped[str | None]
    stage: Mapped[str]
    progress: Mapped[float]
    eta_s: Mapped[float | None]
    message: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    challenger_id: Mapped[str | None]
    is_promoted: Mapped[bool | None]
    report: Mapped[dict[str, Any] | None]


class ModelRow(Table):
    """A bundle that this installation knows."""

    __tablename__ = "models"

    bundle_id: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str]
    origin: Mapped[str]
    created_at: Mapped[datetime]
    metrics: Mapped[dict[str, Any]]


class PromotionRow(Table):
    """A promotion; the newest that was not withdrawn names the champion."""

    __tablename__ = "promotions"

    promotion_id: Mapped[int] = mapped_column(primary_key=True)
    bundle_id: Mapped[str] = mapped_column(ForeignKey("models.bundle_id"), index=True)
    promoted_by: Mapped[str]
    promoted_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]


class AuditRow(Table):
    """Who did what to what, and when; append-only."""

    __tablename__ = "audit_log"

    entry_id: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    detail: Mapped[dict[str, Any]]
