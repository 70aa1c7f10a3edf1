"""What agents say customer turns really meant: the food of retraining."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.audit import AuditEntry, add_entry
from app.db.clock import utc_now
from app.db.conversation_rows import lock_conversation
from app.db.engine import Sessions, reading, writing
from app.db.event_json import StoredEvent, event_from_json
from app.db.tables import CorrectionRow, EventRow
from app.db.text import check_id, storable
from app.dialogue.errors import InvalidInputError, NotFoundError
from app.dialogue.events import UserUttered
from app.dialogue.ports import Clock
from nlu.types import EntityAnnotation, Example


@dataclass(frozen=True, slots=True)
class Correction:
    """The meaning of the customer turn at `sequence`, as a person sees it; offsets are in `text`."""

    conversation_id: str
    sequence: int
    text: str
    intent: str
    entities: tuple[EntityAnnotation, ...]
    corrected_by: str
    corrected_at: datetime


class ReviewStore:
    """Corrections in the database; a second correction of a turn replaces the first."""

    def __init__(self, sessions: Sessions, *, clock: Clock = utc_now) -> None:
        self._sessions = sessions
        self._clock = clock

    def save_correction(
        self,
        conversation_id: str,
        sequence: int,
        *,
        intent: str,
        entities: Sequence[EntityAnnotation],
        corrected_by: str,
    ) -> Correction:
        """Say what a customer turn meant; audited.

        Whether the bot knows the intent and the entities is the caller's business.

        Raises:
            NotFoundError: there is no customer turn at `sequence`.
            InvalidInputError: the turn is a pressed button, or the spans do not fit its text.
        """
        check_id(intent, "intent")
        now = self._clock()
        with writing(self._sessions) as session:
            text = _customer_text(session, conversation_id, sequence)
            checked = _check_spans(text, entities)
            correction = Correction(
                conversation_id, sequence, text, intent, checked, corrected_by, corrected_at=now
            )
            session.merge(_row(correction))
            target = f"{conversation_id}/{sequence}"
            detail = {"intent": intent, "num_entities": len(checked)}
            add_entry(session, AuditEntry(now, corrected_by, "correction.save", target, detail))
        return correction

    def corrections_of(self, conversation_id: str) -> list[Correction]:
        """Give a conversation's corrections in the order of its turns."""
        query = (
            select(CorrectionRow)
            .where(CorrectionRow.conversation_id == storable(conversation_id))
            .order_by(CorrectionRow.sequence)
        )
        with reading(self._sessions) as session:
            return [_correction(row) for row in session.scalars(query)]

    def corrected_examples(self) -> tuple[Example, ...]:
        """Give all corrections as examples, oldest first; `source` is ``correction:<turn>``."""
        query = select(CorrectionRow).order_by(
            CorrectionRow.corrected_at, CorrectionRow.conversation_id, CorrectionRow.sequence
        )
        with reading(self._sessions) as session:
            return tuple(_example(_correction(row)) for row in session.scalars(query))


def _customer_text(session: Session, conversation_id: str, sequence: int) -> str:
    lock_conversation(session, storable(conversation_id))  # two corrections of one turn wait for each other
    row = session.get(EventRow, (storable(conversation_id), sequence))
    event = event_from_json(StoredEvent(row.type, row.schema_version, row.payload)) if row else None
    if not isinstance(event, UserUttered):
        raise NotFoundError(f"conversation {conversation_id}: there is no customer turn at {sequence}")
    if event.display_text is not None:
        raise InvalidInputError("correction: the turn is a pressed button, there is nothing to correct")
    return event.text


def _check_spans(text: str, entities: Sequence[EntityAnnotation]) -> tuple[EntityAnnotation, ...]:
    ordered = tuple(sorted(entities, key=lambda entity: entity.start))
    for entity in ordered:
        check_id(entity.entity, "entity")
        if not 0 <= entity.start < entity.end <= len(text):
            raise InvalidInputError(
                f"entity {entity.entity}: got the span {entity.start} to {entity.end},"
                f" expected a part of the text's {len(text)} characters"
            )
        if text[entity.start : entity.end] != text[entity.start : entity.end].strip():
            raise InvalidInputError(f"entity {entity.entity}: the span has a space at its edge; leave it out")
    for left, right in zip(ordered, ordered[1:], strict=False):
        if right.start < left.end:
            raise InvalidInputError(
                f"entities {left.entity} and {right.entity} overlap at character {right.start}; keep one"
            )
    return ordered


def _row(correction: Correction) -> CorrectionRow:
    return CorrectionRow(
        conversation_id=correction.conversation_id,
        sequence=correction.sequence,
        text=storable(correction.text),
        intent=correction.intent,
        entities=[dataclasses.asdict(entity) for entity in correction.entities],
        corrected_by=correction.corrected_by,
        corrected_at=correction.corrected_at,
    )


def _correction(row: CorrectionRow) -> Correction:
    return Correction(
        conversation_id=row.conversation_id,
        sequence=row.sequence,
        text=row.text,
        intent=row.intent,
        entities=tuple(EntityAnnotation(**entity) for entity in row.entities),
        corrected_by=row.corrected_by,
        corrected_at=row.corrected_at,
    )


def _example(correction: Correction) -> Example:
    source = f"correction:{correction.conversation_id}/{correction.sequence}"
    return Example(correction.text, correction.intent, correction.entities, source, is_correction=True)
