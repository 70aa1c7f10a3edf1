"""Reminders that are to be fired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reminders",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("num_attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "sequence"],
            ["events.conversation_id", "events.sequence"],
            name="fk_reminders_conversation_id_sequence_events",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "sequence", name=op.f("pk_reminders")),
    )
    op.create_index(op.f("ix_reminders_due_at"), "reminders", ["due_at"])


def downgrade() -> None:
    op.drop_table("reminders")
