"""Recorded events and corrections -> the transcript that agents read. Pure.

Under each customer turn stands what the bot understood, what it decided with the reasons, and what failed;
under an FAQ answer, how the customer rated it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.api.frames import TranscriptItem, WireCorrection, WireDecision, WireEntity, WireIntent
from app.api.wire import recorded_to_utterance
from app.dialogue.events import ActionFailed, AnswerRated, DecisionMade, RecordedEvent, UserUttered
from nlu.types import EntitySpan, IntentPrediction

MAX_RANKING = 10


def build_transcript(
    conversation_id: str, recorded: Sequence[RecordedEvent], corrections: Mapping[int, WireCorrection]
) -> list[TranscriptItem]:
    """Build the items in order.

    `recorded` may begin anywhere; decisions before its first customer turn are left out, ratings of answers
    before it too.

    Args:
        conversation_id: whose events these are.
        recorded: events by sequence.
        corrections: by the sequence of the corrected turn.
    """
    items: list[TranscriptItem] = []
    turn: TranscriptItem | None = None
    for entry in recorded:
        utterance = recorded_to_utterance(conversation_id, entry)
        if utterance is not None:
            items.append(TranscriptItem(utterance=utterance))
        if isinstance(entry.event, UserUttered) and utterance is not None:
            turn = items[-1]
            _add_understanding(turn, entry.event)
            turn.correction = corrections.get(entry.sequence)
        elif turn is not None:
            _add_to_turn(turn, entry)
    _add_ratings(items, recorded)
    return items


def _add_understanding(item: TranscriptItem, event: UserUttered) -> None:
    parsed = event.parsed
    item.intent = _intent(parsed.intent)
    item.ranking = [_intent(prediction) for prediction in parsed.ranking[:MAX_RANKING]]
    is_as_shown = event.display_text is None
    item.entities = [_entity(span, has_place=is_as_shown) for span in parsed.entities]
    item.out_of_scope_score = parsed.out_of_scope_score
    item.bundle_id = event.bundle_id or None


def _add_to_turn(turn: TranscriptItem, entry: RecordedEvent) -> None:
    match entry.event:
        case DecisionMade(decision=decision, target=target, policy=policy, reasons=reasons):
            turn.decisions.append(
                WireDecision(decision=decision, target=target, policy=policy, reasons=list(reasons))
            )
        case ActionFailed(action=action, error=error, reference=reference):
            turn.failures.append(f"{action}: {error} (reference {reference})")
        case _:
            pass


def _add_ratings(items: Sequence[TranscriptItem], recorded: Sequence[RecordedEvent]) -> None:
    events = [entry.event for entry in recorded]
    ratings = {event.answer_sequence: event.is_helpful for event in events if isinstance(event, AnswerRated)}
    for item in items:
        item.is_helpful = ratings.get(item.utterance.sequence)


def _intent(prediction: IntentPrediction) -> WireIntent:
    return WireIntent(name=prediction.name, confidence=prediction.confidence)


def _entity(span: EntitySpan, *, has_place: bool) -> WireEntity:
    """Translate; an entity of a button's payload has no place in the button's title."""
    return WireEntity(
        start=span.start if has_place else 0,
        end=span.end if has_place else 0,
        entity=span.entity,
        value=str(span.value),
        role=span.role,
        group=span.group,
        confidence=span.confidence,
    )
