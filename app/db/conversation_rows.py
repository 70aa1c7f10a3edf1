"""The row of one conversation: made new, or locked for the rest of a writing transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.tables import ConversationRow


def lock_conversation(session: Session, conversation_id: str) -> ConversationRow | None:
    """Give the conversation's row, locked (on SQLite the writing transaction itself is the lock)."""
    query = select(ConversationRow).where(ConversationRow.conversation_id == conversation_id)
    return session.scalars(query.with_for_update()).one_or_none()


def new_conversation(
    conversation_id: str, *, channel: str, token_hash: str | None, now: datetime
) -> ConversationRow:
    """Make the row of a conversation without events."""
    return ConversationRow(
        conversation_id=conversation_id,
        channel=channel,
        token_hash=token_hash,
        created_at=now,
        mode="bot",
        last_text="",
        last_at=now,
        last_sequence=0,
        num_customer_turns=0,
    )
