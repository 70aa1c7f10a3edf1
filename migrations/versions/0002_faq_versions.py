"""FAQ entries: drafts, days of validity, who changed them, and every version that they had."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATUS = "ck_faq_entries_status"


def upgrade() -> None:
    with op.batch_alter_table("faq_entries") as table:
        table.add_column(sa.Column("valid_from", sa.Date(), nullable=True))
        table.add_column(sa.Column("valid_until", sa.Date(), nullable=True))
        table.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(sa.Column("updated_by", sa.Text(), nullable=False, server_default=""))
        table.drop_constraint(op.f(_STATUS), type_="check")
        table.create_check_constraint(op.f(_STATUS), "status IN ('draft', 'published', 'archived')")
    with op.batch_alter_table("faq_entries") as table:
        table.alter_column("version", server_default=None)
        table.alter_column("updated_by", server_default=None)
    op.create_table(
        "faq_versions",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["faq_entries.entry_id"], name=op.f("fk_faq_versions_entry_id_faq_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("pk_faq_versions")),
    )


def downgrade() -> None:
    op.drop_table("faq_versions")
    op.execute("DELETE FROM faq_entries WHERE status = 'draft'")
    with op.batch_alter_table("faq_entries") as table:
        for column in ("updated_by", "version", "valid_until", "valid_from"):
            table.drop_column(column)
        table.drop_constraint(op.f(_STATUS), type_="check")
        table.create_check_constraint(op.f(_STATUS), "status IN ('published', 'archived')")
