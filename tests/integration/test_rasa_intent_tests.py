"""``POST /model/test/intents`` over a real server; the model takes the first word for the intent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.db.engine import Sessions
from tests.fakes_rasa import serve_rasa_bot

EXAMPLES = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - greet you
    - good day
- intent: pay
  examples: |
    - pay now
    - pay [five](amount)
"""


@pytest.fixture
def client(sqlite_sessions: Sessions) -> Iterator[httpx.Client]:
    with serve_rasa_bot(sqlite_sessions) as server, server.client() as open_client:
        yield open_client


def evaluation(client: httpx.Client, body: str, **params: str) -> Any:
    return client.post("/model/test/intents", content=body, params=params).raise_for_status().json()


def test_intents_are_compared_as_in_rasa(client: httpx.Client) -> None:
    found = evaluation(client, EXAMPLES)["intent_evaluation"]

    assert found["accuracy"] == 0.75
    assert found["report"]["greet"] == {"precision": 1.0, "recall": 0.5, "f1-score": 2 / 3, "support": 2}
    assert found["predictions"][0] == {
        "text": "greet you", "intent": "greet", "predicted": "greet", "confidence": 0.9,
    }  # fmt: skip
    assert found["errors"] == [
        {"text": "good day", "intent": "greet", "intent_prediction": {"name": "good", "confidence": 0.9}}
    ]


def test_entities_are_compared_per_extractor(client: httpx.Client) -> None:
    found = evaluation(client, EXAMPLES)["entity_evaluation"]["SpanHead"]

    assert (found["f1_score"], found["report"]["amount"]["support"]) == (0.0, 1)
    assert [error["text"] for error in found["errors"]] == ["pay five"]


def test_answers_of_retrieval_intents_are_compared_by_their_full_names(client: httpx.Client) -> None:
    body = "nlu:\n- intent: faq/returns\n  examples: |\n    - faq/returns please\n    - faq/costs please\n"

    found = evaluation(client, body)

    assert found["intent_evaluation"]["accuracy"] == 1.0
    assert found["response_selection_evaluation"]["accuracy"] == 0.5
    assert found["entity_evaluation"] is None


def test_json_is_read_too(client: httpx.Client) -> None:
    entity = {"start": 4, "end": 8, "value": 5, "entity": "amount"}
    examples = [{"text": "pay five", "intent": "pay", "entities": [entity]}]
    body = json.dumps({"rasa_nlu_data": {"common_examples": examples}})

    found = evaluation(client, body)

    assert found["intent_evaluation"]["accuracy"] == 1.0
    assert found["entity_evaluation"]["SpanHead"]["report"]["amount"]["support"] == 1


def test_the_bundle_in_service_may_be_named(client: httpx.Client) -> None:
    assert evaluation(client, EXAMPLES, model="bundle-1")["intent_evaluation"] is not None


@pytest.mark.parametrize(
    ("body", "params", "expected"),
    [
        ("", {}, "got 0 examples; expected 1 to 5000"),
        ("nlu: [", {}, "body.yml"),
        (b"\xff\xfe", {}, "utf-8"),
        ('nlu:\n- intent: a\n  examples: |\n    - [x]{"role": "b"}\n', {}, "body.yml:4"),
        ('{"rasa_nlu_data": {"common_examples": [{"intent": "a"}]}}', {}, "expected the key 'text'"),
        (
            '{"rasa_nlu_data": {"common_examples": [{"text": "a", "entities":'
            ' [{"start": 0, "end": 9, "entity": "x", "value": "a"}]}]}}',
            {},
            "expected a piece of the 1 characters",
        ),
        (EXAMPLES, {"cross_validation_folds": "5"}, "a server trains no models on request"),
        (EXAMPLES, {"model": "another"}, "expected none, or the id of the bundle in service"),
    ],
    ids=["empty", "no YAML", "no text", "markup", "JSON without text", "JSON outside", "folds", "model"],
)
def test_what_cannot_be_measured_is_refused(
    client: httpx.Client, body: str | bytes, params: dict[str, str], expected: str
) -> None:
    answer = client.post("/model/test/intents", content=body, params=params)

    assert answer.status_code == 400
    assert expected in answer.json()["message"]
