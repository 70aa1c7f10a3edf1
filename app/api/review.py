"""Reading a transcript and correcting a turn of it."""

from __future__ import annotations

from app.api.frames import TranscriptItem
from app.api.schemas import CorrectionRequest
from app.api.to_wire import corrections_to_wire
from app.api.transcript import build_transcript
from app.bootstrap import Services
from app.db.user_store import StaffUser
from app.dialogue.domain import Domain
from app.dialogue.errors import InvalidInputError
from app.dialogue.events import AnswerRated
from nlu.types import EntityAnnotation


def read_transcript(
    services: Services, conversation_id: str, *, after_sequence: int = 0
) -> list[TranscriptItem]:
    """Give the items of a conversation after a sequence number."""
    recorded = services.tracker_store.recorded(conversation_id, after_sequence=after_sequence)
    corrections = corrections_to_wire(services.reviews.corrections_of(conversation_id))
    return build_transcript(conversation_id, recorded, corrections)


def read_changes(services: Services, conversation_id: str, *, after_sequence: int) -> list[TranscriptItem]:
    """Give the items after a sequence number, beginning earlier where an earlier answer was rated since."""
    recorded = services.tracker_store.recorded(conversation_id, after_sequence=after_sequence)
    rated = [entry.event.answer_sequence for entry in recorded if isinstance(entry.event, AnswerRated)]
    first = min([after_sequence, *(sequence - 1 for sequence in rated)])
    return read_transcript(services, conversation_id, after_sequence=first)


def correct_turn(
    services: Services, agent: StaffUser, turn: tuple[str, int], correction: CorrectionRequest
) -> TranscriptItem:
    """Save what a customer turn really meant and tell who looks at it.

    Args:
        services: the stores and the publisher.
        agent: who corrects.
        turn: conversation id and sequence of the customer's utterance.
        correction: what the agent says.

    Raises:
        InvalidInputError: the bot does not know the intent or an entity, or the spans do not fit the text.
        NotFoundError: there is no customer turn at this place.
    """
    conversation_id, sequence = turn
    check_names(services.bot.domain, correction)
    services.reviews.save_correction(
        conversation_id,
        sequence,
        intent=correction.intent,
        entities=[
            EntityAnnotation(
                start=entity.start,
                end=entity.end,
                entity=entity.entity,
                value=entity.value,
                role=entity.role,
                group=entity.group,
            )
            for entity in correction.entities
        ],
        corrected_by=agent.name,
    )
    services.publisher.publish_correction(conversation_id, sequence)
    return read_transcript(services, conversation_id, after_sequence=sequence - 1)[0]


def check_names(domain: Domain, correction: CorrectionRequest) -> None:
    """Check that the bot knows the intent (or, of a retrieval intent, its base) and the entities.

    Raises:
        InvalidInputError: it does not.
    """
    base_intent = correction.intent.partition("/")[0]
    if correction.intent not in domain.intents and base_intent not in domain.intents:
        raise InvalidInputError(f"intent: got {correction.intent!r}, expected one of the bot's intents")
    for entity in correction.entities:
        if entity.entity not in domain.entities:
            known = ", ".join(domain.entities)
            raise InvalidInputError(f"entity: got {entity.entity!r}, expected one of {known}")
