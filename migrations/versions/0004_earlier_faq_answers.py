"""FAQ answers that were given before they had a table: read from the events, with their ratings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 1_000  # rows
_EVENTS = sa.table(
    "events",
    sa.column("conversation_id", sa.Text()),
    sa.column("sequence", sa.Integer()),
    sa.column("type", sa.Text()),
    sa.column("payload", sa.JSON()),
)
_ANSWERS = sa.table(
    "faq_answers",
    sa.column("conversation_id", sa.Text()),
    sa.column("sequence", sa.Integer()),
    sa.column("entry_id", sa.Text()),
    sa.column("is_helpful", sa.Boolean()),
)


def upgrade() -> None:
    answers = _answers_in_events(op.get_bind())
    for first in range(0, len(answers), _BATCH):
        op.bulk_insert(_ANSWERS, answers[first : first + _BATCH])


def downgrade() -> None:
    op.execute(_ANSWERS.delete())


def _answers_in_events(connection: sa.Connection) -> list[dict[str, Any]]:
    """Give the rows; an answer comes before its ratings, and of those the last counts."""
    query = (
        sa.select(_EVENTS.c.conversation_id, _EVENTS.c.sequence, _EVENTS.c.type, _EVENTS.c.payload)
        .where(_EVENTS.c.type.in_(["bot_uttered", "answer_rated"]))
        .order_by(_EVENTS.c.conversation_id, _EVENTS.c.sequence)
    )
    answers: dict[tuple[str, int], dict[str, Any]] = {}
    for conversation_id, sequence, kind, payload in connection.execute(query).yield_per(_BATCH):
        if kind == "answer_rated":
            answers[conversation_id, payload["answer_sequence"]]["is_helpful"] = payload["is_helpful"]
        elif payload["faq"] is not None:
            answers[conversation_id, sequence] = {
                "conversation_id": conversation_id,
                "sequence": sequence,
                "entry_id": payload["faq"]["entry_id"],
                "is_helpful": None,
            }
    return list(answers.values())
