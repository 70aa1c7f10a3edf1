"""Conversations as a list for agents, and the tokens by which customers reach theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from app.db.clock import utc_now
from app.db.conversation_rows import new_conversation
from app.db.engine import Sessions, reading, writing
from app.db.tables import ConversationRow, EventRow
from app.db.text import check_id, storable
from app.db.tokens import is_token
from app.dialogue.errors import ConflictError, InvalidInputError
from app.dialogue.ports import Clock

MAX_SUMMARIES = 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the list shows it; `last_text` is the newest thing the customer could see."""

    conversation_id: str
    channel: str
    created_at: datetime
    mode: str  # "bot" | "handoff_requested" | "agent"
    last_text: str
    last_at: datetime
    last_sequence: int
    num_customer_turns: int


class ConversationStore:
    """Conversations in the database; their events are the tracker store's."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def create(self, conversation_id: str, channel: str, token_hash: str | None) -> Conversation:
        """Begin a conversation without events; `token_hash` is `app.db.tokens.hash_token` of its token.

        Raises:
            ConflictError: there is one of this id.
        """
        check_id(conversation_id, "conversation id")
        check_id(channel, "channel")
        row = new_conversation(conversation_id, channel=channel, token_hash=token_hash, now=self._clock())
        try:
            with writing(self._sessions) as session:
                session.add(row)
        except IntegrityError as error:
            raise ConflictError(f"conversation {conversation_id}: there is one already") from error
        return _conversation(row)

    def find(self, conversation_id: str) -> Conversation | None:
        """Give one conversation, or None."""
        with reading(self._sessions) as session:
            row = session.get(ConversationRow, storable(conversation_id))
            return _conversation(row) if row is not None else None

    def find_for_token(self, conversation_id: str, token: str) -> Conversation | None:
        """Give the conversation if the token is its own; unknown and not yours give the same None."""
        with reading(self._sessions) as session:
            row = session.get(ConversationRow, storable(conversation_id))
            is_own = is_token(token, row.token_hash if row is not None else "0" * 64)
            return _conversation(row) if row is not None and is_own else None

    def summaries(
        self, search: str = "", limit: int = 50, before: datetime | None = None
    ) -> list[Conversation]:
        """List conversations, the most recently active first.

        Args:
            search: text that must occur in an utterance or in the id; case is ignored.
            limit: 1 to 200.
            before: only those last active before this time: the `last_at` of the last line seen.
        """
        if not 1 <= limit <= MAX_SUMMARIES:
            raise InvalidInputError(f"limit: got {limit}, expected 1 to {MAX_SUMMARIES}")
        query = select(ConversationRow).order_by(
            ConversationRow.last_at.desc(), ConversationRow.conversation_id
        )
        if before is not None:
            query = query.where(ConversationRow.last_at < before)
        if search.strip():
            query = query.where(_matches(storable(search.strip())))
        with reading(self._sessions) as session:
            return [_conversation(row) for row in session.scalars(query.limit(limit))]


def _matches(search: str) -> ColumnElement[bool]:
    in_utterances = select(EventRow.conversation_id).where(
        EventRow.search_text.contains(search.casefold(), autoescape=True)
    )
    in_id = ConversationRow.conversation_id.icontains(search, autoescape=True)
    return in_id | ConversationRow.conversation_id.in_(in_utterances)


def _conversation(row: ConversationRow) -> Conversation:
    return Conversation(
        conversation_id=row.conversation_id,
        channel=row.channel,
        created_at=row.created_at,
        mode=row.mode,
        last_text=row.last_text,
        last_at=row.last_at,
        last_sequence=row.last_sequence,
        num_customer_turns=row.num_customer_turns,
    )
