from __future__ import annotations

import dataclasses
import json
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.db.event_json import SCHEMA_VERSION, EventFormatError, StoredEvent, event_from_json, event_to_json
from app.dialogue.errors import InvalidInputError
from app.dialogue.events import BotUttered, Button, DecisionMade, Event, FaqSource, SlotSet, UserUttered
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance
from tests.factories_db import full_turn, user_said

texts = st.text(max_size=20)
scores = st.floats(0, 1)
names = st.none() | texts
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(texts, plain, max_size=3)
intents = st.builds(IntentPrediction, texts, scores)
entities = st.builds(
    EntitySpan, st.integers(0, 9), st.integers(0, 9), texts, texts, texts, scores, role=names, group=names
)
parses = st.builds(
    ParsedUtterance,
    texts,
    intents,
    st.lists(intents, max_size=2).map(tuple),
    st.lists(entities, max_size=2).map(tuple),
    st.floats(0, 9),
)
special = {
    UserUttered: st.builds(UserUttered, texts, parses, names, texts, texts, names, records),
    BotUttered: st.builds(
        BotUttered,
        texts,
        st.lists(st.builds(Button, texts, texts), max_size=2).map(tuple),
        names,
        names,
        records,
        names,
        st.none() | st.builds(FaqSource, texts, texts, texts, st.integers(), st.integers(), scores),
    ),
    SlotSet: st.builds(SlotSet, texts, plain),
    DecisionMade: st.builds(DecisionMade, texts, texts, texts, st.lists(texts, max_size=2).map(tuple)),
}
any_event = st.one_of(*(special.get(kind, st.builds(kind)) for kind in get_args(Event)))


@given(any_event)
def test_event_survives_the_round_trip_through_json_text(event: Event) -> None:
    stored = event_to_json(event)

    again = StoredEvent(stored.type, stored.schema_version, json.loads(json.dumps(stored.payload)))

    assert event_from_json(again) == event


def test_every_kind_of_event_has_its_own_name() -> None:
    kinds = get_args(Event)
    built = [event_to_json(event).type for event in full_turn()]

    assert len(set(built)) == len(full_turn())
    assert len({event_to_json(_example_of(kind)).type for kind in kinds}) == len(kinds)


def _example_of(kind: type[Event]) -> Event:
    if kind is UserUttered:
        return user_said("hi")
    required = [field for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
    values: dict[str, Any] = {field.name: () if field.name == "reasons" else "x" for field in required}
    values.pop("custom", None)
    return kind(**values)


def test_embedding_is_not_stored() -> None:
    parsed = ParsedUtterance("hi", IntentPrediction("greet", 1.0), embedding=np.ones(4, dtype=np.float32))

    stored = event_to_json(UserUttered("hi", parsed))

    assert "embedding" not in stored.payload["parsed"]
    assert event_from_json(stored) == UserUttered("hi", parsed)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}])
def test_value_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match="slot_set: got a value that is not JSON"):
        event_to_json(SlotSet("a", value))


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (StoredEvent("slot_set", 99, {}), "got schema version 99, expected 1"),
        (StoredEvent("teleported", SCHEMA_VERSION, {}), "got event type 'teleported'"),
        (StoredEvent("slot_set", SCHEMA_VERSION, {"slot": "a"}), "the stored fields do not fit"),
        (StoredEvent("slot_set", SCHEMA_VERSION, {"slot": "a", "value": 1, "x": 2}), "fields do not fit"),
        (StoredEvent("user_uttered", SCHEMA_VERSION, {"text": "hi"}), "fields do not fit"),
    ],
)
def test_unreadable_event_is_refused(stored: StoredEvent, problem: str) -> None:
    with pytest.raises(EventFormatError, match=problem):
        event_from_json(stored)


def test_field_added_later_takes_its_default() -> None:
    payload = event_to_json(user_said("hi")).payload
    del payload["metadata"]

    assert event_from_json(StoredEvent("user_uttered", SCHEMA_VERSION, payload)) == user_said("hi")
