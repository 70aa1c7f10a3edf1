"""Which FAQ entries answered, and whether that helped: a summary of the events, kept by each append."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from app.db.tables import EventRow, FaqAnswerRow
from app.db.text import storable
from app.dialogue.events import AnswerRated, BotUttered, RecordedEvent


@dataclass(frozen=True, slots=True)
class FaqUsage:
    """How often an entry answered, and how customers rated it; of each answer the last rating counts."""

    num_answers: int = 0
    num_helpful: int = 0
    num_unhelpful: int = 0

    @property
    def helpful_share(self) -> float | None:
        """Give the share of the rated answers that helped, 0 to 1; None when none was rated."""
        num_rated = self.num_helpful + self.num_unhelpful
        return self.num_helpful / num_rated if num_rated else None


def keep_answers(session: Session, conversation_id: str, recorded: Sequence[RecordedEvent]) -> None:
    """Bring the summary up to date with events that were just stored."""
    for item in recorded:
        match item.event:
            case BotUttered(faq=faq) if faq is not None:
                row = FaqAnswerRow(
                    conversation_id=conversation_id, sequence=item.sequence, entry_id=storable(faq.entry_id)
                )
                session.add(row)
            case AnswerRated(answer_sequence=answer_sequence, is_helpful=is_helpful):
                session.flush()  # the answer may be among these events
                session.execute(
                    update(FaqAnswerRow)
                    .where(
                        FaqAnswerRow.conversation_id == conversation_id,
                        FaqAnswerRow.sequence == answer_sequence,
                    )
                    .values(is_helpful=is_helpful)
                )
            case _:
                pass


def usage_of_entries(session: Session) -> dict[str, FaqUsage]:
    """Give the usage of every entry that ever answered, by its id."""
    count = func.count()
    query = select(
        FaqAnswerRow.entry_id,
        count,
        count.filter(FaqAnswerRow.is_helpful.is_(True)),
        count.filter(FaqAnswerRow.is_helpful.is_(False)),
    ).group_by(FaqAnswerRow.entry_id)
    return {entry_id: FaqUsage(*numbers) for entry_id, *numbers in session.execute(query)}


def helped_questions(session: Session) -> list[tuple[str, str]]:
    """Give entry id and question of the answers that helped by their last rating, each pair once.

    The question is what the customer said last before; a button's payload is no question.
    """
    asked = (
        select(func.max(EventRow.sequence))
        .where(
            EventRow.conversation_id == FaqAnswerRow.conversation_id,
            EventRow.sequence < FaqAnswerRow.sequence,
            EventRow.type == "user_uttered",
        )
        .correlate(FaqAnswerRow)
        .scalar_subquery()
    )
    is_asked = and_(EventRow.conversation_id == FaqAnswerRow.conversation_id, EventRow.sequence == asked)
    query = (
        select(FaqAnswerRow.entry_id, EventRow.payload)
        .join(EventRow, is_asked)
        .where(FaqAnswerRow.is_helpful.is_(True))
        .order_by(FaqAnswerRow.entry_id, FaqAnswerRow.conversation_id, FaqAnswerRow.sequence)
    )
    found = [(entry_id, str(payload["text"]).strip()) for entry_id, payload in session.execute(query)]
    return list(dict.fromkeys((entry, text) for entry, text in found if text and not text.startswith("/")))
