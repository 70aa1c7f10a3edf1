from __future__ import annotations

import pytest

from app.db.audit import AuditLog
from app.db.engine import Sessions
from app.db.review_store import ReviewStore
from app.db.tracker_store import SqlTrackerStore
from app.dialogue.errors import InvalidInputError, NotFoundError
from app.dialogue.events import BotUttered, UserUttered
from nlu.types import EntityAnnotation, Example, IntentPrediction, ParsedUtterance
from tests.factories_db import TickingClock, user_said

TEXT = "the red boots, FH-10482"
RED = EntityAnnotation(4, 7, "colour", "red", role="old")
ORDER = EntityAnnotation(15, 23, "order_number", "FH-10482")


@pytest.fixture
def store(sessions: Sessions) -> ReviewStore:
    pressed = ParsedUtterance("/greet", IntentPrediction("greet", 1.0))
    turn = [user_said(TEXT), BotUttered("Sorry?"), UserUttered("/greet", pressed, display_text="Hello")]
    SqlTrackerStore(sessions).append("c", turn, expected_version=0)
    return ReviewStore(sessions, clock=TickingClock())


def test_saved_correction_is_read_back(store: ReviewStore) -> None:
    saved = store.save_correction("c", 1, intent="return_item", entities=[ORDER, RED], corrected_by="ann")

    assert store.corrections_of("c") == [saved]
    assert saved.text == TEXT
    assert saved.entities == (RED, ORDER)


def test_second_correction_replaces_the_first(store: ReviewStore) -> None:
    store.save_correction("c", 1, intent="return_item", entities=[RED], corrected_by="ann")
    second = store.save_correction("c", 1, intent="exchange_item", entities=[], corrected_by="bob")

    assert store.corrections_of("c") == [second]


def test_corrections_become_examples(store: ReviewStore) -> None:
    store.save_correction("c", 1, intent="return_item", entities=[RED], corrected_by="ann")

    assert store.corrected_examples() == (
        Example(TEXT, "return_item", (RED,), "correction:c/1", is_correction=True),
    )


def test_correction_is_audited(store: ReviewStore, sessions: Sessions) -> None:
    store.save_correction("c", 1, intent="return_item", entities=[RED], corrected_by="ann")

    entry = AuditLog(sessions).entries()[0]

    assert (entry.actor, entry.action, entry.target) == ("ann", "correction.save", "c/1")
    assert entry.detail == {"intent": "return_item", "num_entities": 1}


@pytest.mark.parametrize(("conversation_id", "sequence"), [("c", 2), ("c", 9), ("unknown", 1), ("a\x00", 1)])
def test_only_customer_turns_can_be_corrected(
    store: ReviewStore, conversation_id: str, sequence: int
) -> None:
    with pytest.raises(NotFoundError, match="no customer turn"):
        store.save_correction(conversation_id, sequence, intent="x", entities=[], corrected_by="ann")


def test_pressed_button_cannot_be_corrected(store: ReviewStore) -> None:
    with pytest.raises(InvalidInputError, match="pressed button"):
        store.save_correction("c", 3, intent="x", entities=[], corrected_by="ann")


@pytest.mark.parametrize(
    ("spans", "problem"),
    [
        ([(0, 99)], "expected a part of the text"),
        ([(-1, 3)], "expected a part of the text"),
        ([(4, 4)], "expected a part of the text"),
        ([(3, 7)], "has a space at its edge"),
        ([(4, 13), (8, 13)], "overlap at character 8"),
    ],
)
def test_spans_must_fit_the_text(store: ReviewStore, spans: list[tuple[int, int]], problem: str) -> None:
    entities = [EntityAnnotation(start, end, "colour", "red") for start, end in spans]

    with pytest.raises(InvalidInputError, match=problem):
        store.save_correction("c", 1, intent="x", entities=entities, corrected_by="ann")
    assert store.corrections_of("c") == []


def test_correction_needs_an_intent(store: ReviewStore) -> None:
    with pytest.raises(InvalidInputError, match="intent: got ''"):
        store.save_correction("c", 1, intent="", entities=[], corrected_by="ann")
