"""Conversations as a list for agents, and the tokens by which customers reach theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from app.db.clock import utc_now
from app.db.conversation_rows import new_conversation
from app.db.engine import Sessions, reading, writing
from app.db.tables import ConversationRow, EventRow, FaqAnswerRow
from app.db.text import check_id, storable
from app.db.tokens import is_token
from app.dialogue.errors import ConflictError, InvalidInputError
from app.dialogue.ports import Clock

MAX_SUMMARIES = 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as the list shows it; `last_text` is the newest thing the customer could see.

    `num_unhelpful` counts the FAQ answers of which the customer said last that they did not help.
    """

    conversation_id: str
    channel: str
    created_at: datetime
    mode: str  # "bot" | "handoff_requested" | "agent"
    last_text: str
    last_at: datetime
    last_sequence: int
    num_customer_turns: int
    num_unhelpful: int


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
        return _conversation(row, num_unhelpful=0)

    def find(self, conversation_id: str) -> Conversation | None:
        """Give one conversation, or None."""
        with reading(self._sessions) as session:
            return _find(session, conversation_id)

    def find_for_token(self, conversation_id: str, token: str) -> Conversation | None:
        """Give the conversation if the token is its own; unknown and not yours give the same None."""
        with reading(self._sessions) as session:
            row = session.get(ConversationRow, storable(conversation_id))
            is_own = is_token(token, row.token_hash if row is not None else "0" * 64)
            return _find(session, conversation_id) if row is not None and is_own else None

    def summaries(
        self,
        search: str = "",
        limit: int = 50,
        before: datetime | None = None,
        *,
        only_unhelpful: bool = False,
    ) -> list[Conversation]:
        """List conversations, the most recently active first.

        Args:
            search: text that must occur in an utterance or in the id; case is ignored.
            limit: 1 to 200.
            before: only those last active before this time: the `last_at` of the last line seen.
            only_unhelpful: only those with an FAQ answer that did not help: the most worth a look.
        """
        if not 1 <= limit <= MAX_SUMMARIES:
            raise InvalidInputError(f"limit: got {limit}, expected 1 to {MAX_SUMMARIES}")
        query = _LINES.order_by(ConversationRow.last_at.desc(), ConversationRow.conversation_id)
        if before is not None:
            query = query.where(ConversationRow.last_at < before)
        if search.strip():
            query = query.where(_matches(storable(search.strip())))
        if only_unhelpful:
            query = query.where(ConversationRow.conversation_id.in_(_IDS_WITH_UNHELPFUL))
        with reading(self._sessions) as session:
            return [_conversation(row, num) for row, num in session.execute(query.limit(limit))]


_IDS_WITH_UNHELPFUL = select(FaqAnswerRow.conversation_id).where(FaqAnswerRow.is_helpful.is_(False))
_NUM_UNHELPFUL = (
    select(func.count())
    .where(
        FaqAnswerRow.conversation_id == ConversationRow.conversation_id, FaqAnswerRow.is_helpful.is_(False)
    )
    .scalar_subquery()
)
_LINES = select(ConversationRow, _NUM_UNHELPFUL)


def _find(session: Session, conversation_id: str) -> Conversation | None:
    query = _LINES.where(ConversationRow.conversation_id == storable(conversation_id))
    line = session.execute(query).one_or_none()
    return _conversation(*line) if line is not None else None


def _matches(search: str) -> ColumnElement[bool]:
    in_utterances = select(EventRow.conversation_id).where(
        EventRow.search_text.contains(search.casefold(), autoescape=True)
    )
    in_id = ConversationRow.conversation_id.icontains(search, autoescape=True)
    return in_id | ConversationRow.conversation_id.in_(in_utterances)


def _conversation(row: ConversationRow, num_unhelpful: int) -> Conversation:
    return Conversation(
        conversation_id=row.conversation_id,
        channel=row.channel,
        created_at=row.created_at,
        mode=row.mode,
        last_text=row.last_text,
        last_at=row.last_at,
        last_sequence=row.last_sequence,
        num_customer_turns=row.num_customer_turns,
        num_unhelpful=num_unhelpful,
    )
