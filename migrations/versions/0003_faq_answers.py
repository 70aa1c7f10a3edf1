"""Which FAQ entries answered, and how customers rated it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "faq_answers",
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("is_helpful", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id", "sequence"],
            ["events.conversation_id", "events.sequence"],
            name="fk_faq_answers_conversation_id_sequence_events",
        ),
        sa.PrimaryKeyConstraint("conversation_id", "sequence", name=op.f("pk_faq_answers")),
    )
    op.create_index(op.f("ix_faq_answers_entry_id"), "faq_answers", ["entry_id"])


def downgrade() -> None:
    op.drop_table("faq_answers")
