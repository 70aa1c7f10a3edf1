"""Rasa's HTTP API over a real server: what clients get, and that what is wrong leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.db.engine import Sessions
from app.dialogue.payload import DUCKLING_EXTRACTOR
from nlu.types import EntitySpan, IntentPrediction, ParsedUtterance
from tests.fakes_api import RunningServer
from tests.fakes_rasa import serve_rasa_bot


@pytest.fixture
def rasa(sqlite_sessions: Sessions) -> Iterator[RunningServer]:
    with serve_rasa_bot(sqlite_sessions) as server:
        yield server


@pytest.fixture
def client(rasa: RunningServer) -> Iterator[httpx.Client]:
    with rasa.client() as open_client:
        yield open_client


def say(client: httpx.Client, message: str, sender: Any = "alice", **params: str) -> httpx.Response:
    body = {"sender": sender, "message": message}
    return client.post("/webhooks/rest/webhook", json=body, params=params).raise_for_status()


def names(tracker: Any) -> list[str]:
    return [event["name"] for event in tracker["events"] if event["event"] == "action"]


# --- REST channel ------------------------------------------------------------------------------


@pytest.mark.parametrize(("sender", "known_as"), [(None, "default"), (7, "7"), ("bob", "bob")])
def test_rest_takes_every_kind_of_sender(client: httpx.Client, sender: Any, known_as: str) -> None:
    (reply,) = say(client, "pay", sender).json()

    assert reply["recipient_id"] == known_as


def test_rest_without_sender_is_the_default_sender(client: httpx.Client) -> None:
    (reply,) = client.post("/webhooks/rest/webhook", json={"message": "pay"}).json()

    assert reply["recipient_id"] == "default"


@pytest.mark.parametrize("sender", [True, ["a"], {"a": 1}, "", "a\nb", "a\x00b", "x" * 191])
def test_rest_refuses_what_is_no_sender(client: httpx.Client, sender: Any) -> None:
    answer = client.post("/webhooks/rest/webhook", json={"sender": sender, "message": "pay"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_rest_streams_one_json_object_a_line(client: httpx.Client) -> None:
    lines = say(client, "greet", stream="true").text.splitlines()

    assert lines[0] == '{"recipient_id": "alice", "text": "Hello!"}'
    assert len(lines) == 4


def test_rest_says_that_it_is_there(client: httpx.Client) -> None:
    assert client.get("/webhooks/rest/").json() == {"status": "ok"}


def test_callback_channel_is_not_there_without_credentials(client: httpx.Client) -> None:
    answer = client.post("/webhooks/callback/webhook", json={"message": "pay"})

    assert answer.status_code == 404
    assert "credentials.yml" in answer.json()["message"]


# --- the server --------------------------------------------------------------------------------


def test_parse_understands_as_a_message_would_be(client: httpx.Client, rasa: RunningServer) -> None:
    class Numbers:
        bundle_id = "numbers"

        def parse(self, text: str) -> ParsedUtterance:
            found = EntitySpan(4, 8, "number", "5", "5", 1.0, extractor=DUCKLING_EXTRACTOR)
            return ParsedUtterance(text, IntentPrediction("pay", 1.0), entities=(found,))

    ports = rasa.services.manager._ports
    rasa.services.manager._ports = replace(ports, interpreter=Numbers())

    entities = client.post("/model/parse", json={"text": "pay five"}).json()["entities"]

    assert [(entity["value"], entity["extractor"]) for entity in entities] == [(5, "DucklingEntityExtractor")]


def test_version_status_and_domain(client: httpx.Client) -> None:
    yaml = client.get("/domain", headers={"Accept": "application/yaml"})

    assert client.get("/version").json()["version"].startswith("3.6.")
    assert client.get("/status").json() == {
        "model_id": "bundle-1", "model_file": "bundle-1", "num_active_training_jobs": 0,
    }  # fmt: skip
    assert "utter_pay" in client.get("/domain").json()["responses"]
    assert "utter_pay:" in yaml.text
    assert yaml.headers["Content-Type"].startswith("application/x-yaml")
    assert client.get("/domain", headers={"Accept": "image/png"}).status_code == 406


def test_train_queues_one_job_and_takes_no_data(client: httpx.Client) -> None:
    first = client.post("/model/train")

    assert (first.status_code, first.json()["status"]) == (202, "queued")
    assert client.get("/status").json()["num_active_training_jobs"] == 1
    assert client.post("/model/train").status_code == 409
    assert client.post("/model/train", content="nlu: []").status_code == 400


def test_the_model_can_be_replaced_by_a_known_one_and_not_unloaded(client: httpx.Client) -> None:
    assert client.put("/model", json={"model_file": "nobody"}).status_code == 400
    assert client.put("/model", json={}).status_code == 400
    assert client.delete("/model").status_code == 409


# --- tracker, events, messages -----------------------------------------------------------------


def test_appended_events_count_and_begin_a_conversation(client: httpx.Client) -> None:
    body = [{"event": "slot", "name": "amount", "value": 5}, {"event": "action", "name": "utter_pay"}]
    tracker = client.post("/conversations/new/tracker/events", json=body).raise_for_status().json()

    assert tracker["sender_id"] == "new"
    assert tracker["slots"]["amount"] == 5
    assert tracker["latest_action_name"] == "utter_pay"


def test_one_event_may_come_without_a_list(client: httpx.Client) -> None:
    say(client, "pay")
    body = {"event": "slot", "name": "amount", "value": ["a", None]}

    tracker = client.post("/conversations/alice/tracker/events", json=body).json()

    assert tracker["slots"]["amount"] == ["a", None]


def test_replaced_events_are_all_that_counts(client: httpx.Client) -> None:
    say(client, "pay")
    body = [{"event": "action", "name": "utter_greet"}]

    tracker = client.put("/conversations/alice/tracker/events", json=body).raise_for_status().json()

    assert names(tracker) == ["utter_greet"]
    assert tracker["slots"]["amount"] is None


def test_a_tracker_is_given_as_it_was(client: httpx.Client) -> None:
    say(client, "pay")
    before = client.get("/conversations/alice/tracker", params={"include_events": "ALL"}).json()
    say(client, "greet")

    until = {"include_events": "ALL", "until": before["latest_event_time"]}
    then = client.get("/conversations/alice/tracker", params=until).json()

    assert then["events"] == before["events"]
    assert client.get("/conversations/alice/tracker", params={"until": "nan"}).status_code == 400


def test_a_message_is_recorded_and_not_answered(client: httpx.Client) -> None:
    entity = {"entity": "amount", "value": "7", "start": 0, "end": 1}
    data = {"intent": {"name": "pay", "confidence": 0.8}, "entities": [entity]}
    body = {"text": "7 please", "sender": "user", "parse_data": data}

    tracker = client.post("/conversations/alice/messages", json=body).raise_for_status().json()

    assert tracker["latest_message"]["intent"]["name"] == "pay"
    assert tracker["slots"]["amount"] == "7"
    assert names(tracker)[-1] == "action_listen"


def test_a_message_is_understood_here_where_nobody_else_did(client: httpx.Client) -> None:
    body = {"text": "pay now", "sender": "user"}
    client.post("/conversations/alice/messages", json=body).raise_for_status()

    prediction = client.post("/conversations/alice/predict").json()

    assert prediction["policy"] == "RulePolicy"
    assert {"action": "utter_pay", "score": 1.0} in prediction["scores"]
    assert {"action": "utter_greet", "score": 0.0} in prediction["scores"]
    assert prediction["scores"][0] == {"action": "utter_pay", "score": 1.0}


def test_the_story_of_a_conversation(client: httpx.Client) -> None:
    say(client, '/pay{"amount": 5}')

    story = client.get("/conversations/alice/story").text

    assert story.startswith("version: '3.1'\nstories:\n- story: alice\n")
    assert "intent: pay" in story
    assert "- slot_was_set:\n    - amount: 5\n" in story
    assert "- action: utter_pay" in story


# --- moving the dialogue -----------------------------------------------------------------------


def test_an_intent_from_outside_is_answered(client: httpx.Client) -> None:
    say(client, "greet")
    body = {"name": "remind", "entities": {"amount": 5}}

    moved = client.post("/conversations/alice/trigger_intent", json=body).raise_for_status().json()

    assert moved["messages"] == [{"recipient_id": "alice", "text": "Do not forget 5."}]
    assert moved["tracker"]["latest_message"]["text"] == "EXTERNAL: remind"
    assert moved["tracker"]["slots"]["amount"] == 5


def test_entities_from_outside_may_be_a_list(client: httpx.Client) -> None:
    say(client, "greet")
    body = {"name": "remind", "entities": [{"entity": "amount", "value": "ten"}]}

    moved = client.post("/conversations/alice/trigger_intent", json=body).json()

    assert moved["messages"][0]["text"] == "Do not forget ten."


def test_one_action_is_executed_and_nothing_after_it(client: httpx.Client) -> None:
    say(client, "greet")
    body = {"name": "utter_pay", "policy": "mine", "confidence": 0.5}

    moved = client.post("/conversations/alice/execute", json=body).raise_for_status().json()

    (reply,) = moved["messages"]
    assert (reply["text"], reply["buttons"]) == ("Pay now?", [{"title": "Yes", "payload": "/greet"}])
    last = [event for event in moved["tracker"]["events"] if event["event"] == "action"][-1]
    assert (last["name"], last["policy"], last["confidence"]) == ("utter_pay", "mine", 0.5)


def test_an_action_that_fails_is_no_error_of_the_request(client: httpx.Client) -> None:
    say(client, "greet")

    moved = client.post("/conversations/alice/execute", json={"name": "action_fails"})

    assert moved.status_code == 200
    assert len(moved.json()["messages"]) == 1


def test_prediction_after_given_events_records_nothing(client: httpx.Client, rasa: RunningServer) -> None:
    data = {"intent": {"name": "greet", "confidence": 1.0}}
    body = [{"event": "action", "name": "action_listen"}, {"event": "user", "text": "x", "parse_data": data}]

    prediction = client.post("/model/predict", json=body).raise_for_status().json()

    assert {"action": "utter_greet", "score": 1.0} in prediction["scores"]
    assert rasa.services.conversations.summaries() == []


# --- bad input ---------------------------------------------------------------------------------

EVENTS, MESSAGES = "tracker/events", "messages"
DEEP = '{"a":' * 20_000
BAD_BODIES = [
    pytest.param("POST", EVENTS, "{", 400, id="broken JSON"),
    pytest.param("POST", EVENTS, "", 400, id="nothing"),
    pytest.param("POST", EVENTS, "[]", 400, id="no event"),
    pytest.param("PUT", EVENTS, "[7]", 400, id="a number"),
    pytest.param("POST", EVENTS, '{"event": "vanished"}', 400, id="unknown event"),
    pytest.param("POST", EVENTS, '{"event": "slot"}', 400, id="slot without name"),
    pytest.param("POST", EVENTS, '[{"event": "restart"}, {"event": "form_validation"}]', 400, id="old event"),
    pytest.param("PUT", EVENTS, '{"event": "slot", "name": "a\\u0000", "value": 1}', 400, id="NUL"),
    pytest.param("POST", EVENTS, '{"event": "slot", "name": "a", "value": NaN}', 400, id="NaN"),
    pytest.param("POST", EVENTS, '{"event": "slot", "name": "a", "value": "\\ud800"}', 400, id="surrogate"),
    pytest.param("POST", EVENTS, DEEP, 400, id="too deep"),
    pytest.param("POST", EVENTS, '"' + "x" * 1_100_000 + '"', 413, id="too large"),
    pytest.param("POST", MESSAGES, "[]", 400, id="message that is a list"),
    pytest.param("POST", MESSAGES, '{"sender": "user"}', 400, id="no text"),
    pytest.param("POST", MESSAGES, '{"sender": "bot", "text": "x"}', 400, id="message of the bot"),
    pytest.param("POST", MESSAGES, '{"sender": "user", "text": "x", "parse_data": 1}', 400, id="no parse"),
    pytest.param("POST", "trigger_intent", '{"name": "greet", "entities": 7}', 400, id="entities"),
    pytest.param("POST", "trigger_intent", "{}", 400, id="no intent"),
    pytest.param("POST", "trigger_intent", '{"name": "unknown"}', 404, id="unknown intent"),
    pytest.param("POST", "execute", "{}", 400, id="no action"),
    pytest.param("POST", "execute", '{"name": "action_unknown"}', 400, id="unknown action"),
    pytest.param("POST", "execute", '{"name": "utter_pay", "confidence": 2}', 400, id="confidence"),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD_BODIES)
def test_a_bad_body_is_refused_and_leaves_nothing(
    client: httpx.Client, rasa: RunningServer, method: str, path: str, body: str, status: int
) -> None:
    say(client, "greet")
    before = rasa.services.tracker_store.load("rest:alice").version

    answer = client.request(method, f"/conversations/alice/{path}", content=body)

    assert answer.status_code == status
    assert answer.json()["message"]
    assert rasa.services.tracker_store.load("rest:alice").version == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "story"),
        ("POST", "predict"),
        ("POST", "execute"),
    ],
)
def test_an_unknown_conversation_is_not_found(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, f"/conversations/nobody/{path}")

    error = answer.json()
    assert answer.status_code == 404
    assert (error["status"], error["reason"], error["code"]) == ("failure", "NotFound", 404)


def test_an_intent_from_outside_begins_a_conversation(client: httpx.Client) -> None:
    moved = client.post("/conversations/new/trigger_intent", json={"name": "pay"}).raise_for_status().json()

    assert moved["messages"][0]["text"] == "Pay now?"
    assert names(moved["tracker"]) == ["action_listen", "utter_pay", "action_listen"]
