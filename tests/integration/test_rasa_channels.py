"""Rasa's REST channel, parse and tracker, over a real server with the real dialogue manager."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from app.db.clock import utc_now
from app.db.engine import Sessions
from app.dialogue.domain import Domain, IntentDefinition, ResponseVariation, SlotDefinition
from app.dialogue.errors import UnderstandingError
from app.dialogue.manager import DialogueManager, Ports
from app.dialogue.script import make_script
from app.dialogue.stories import ELLIPSIS, ActionStep, IntentStep, Rule
from app.serving.understanding import ServedModel, Understanding
from nlu.interpreter import BundleInterpreter
from nlu.types import FALLBACK_INTENT, EntitySpan, IntentPrediction, ParsedUtterance
from retrieval.answerer import FaqAnswerer
from tests.fakes_api import BOT, RunningServer, build_test_services, running
from tests.fakes_dialogue import FakeActions, FakeAnswerer

RESPONSES = {
    "utter_greet": (
        ResponseVariation(
            "Hello!\n\nHow can I help?",
            image="hello.png",
            attachment="terms.pdf",
            custom={"mood": "good"},
        ),
    ),
    "utter_track": (ResponseVariation("Which one?", buttons=(("The last", "/greet"),)),),
    "utter_default": (ResponseVariation("Sorry?"),),
}
DOMAIN = Domain(
    intents={name: IntentDefinition(name) for name in ("greet", "track_order")},
    entities=("order_number",),
    slots={"order_number": SlotDefinition("order_number", "text")},
    responses=RESPONSES,
    actions=(),
    forms={},
)
RULES = tuple(
    Rule(f"answer {intent}", (ELLIPSIS, IntentStep(intent), ActionStep(response)))
    for intent, response in (("greet", "utter_greet"), ("track_order", "utter_track"))
)


class Words:
    """A model that knows two words."""

    bundle_id = "bundle-1"
    encoder_id = "e1"

    def parse(self, texts: list[str]) -> list[ParsedUtterance]:
        return [self._parse(text) for text in texts]

    def _parse(self, text: str) -> ParsedUtterance:
        if text == "break":
            raise UnderstandingError("the model is asleep")
        if text == "hello":
            return _understood(text, "greet")
        if text.startswith("track"):
            span = EntitySpan(6, len(text), "order_number", text[6:], text[6:], 0.8)
            return replace(_understood(text, "track_order"), entities=(span,))
        return replace(_understood(text, "greet", 0.2), intent=IntentPrediction(FALLBACK_INTENT, 0.8))


def _understood(text: str, intent: str, confidence: float = 0.9) -> ParsedUtterance:
    prediction = IntentPrediction(intent, confidence)
    return ParsedUtterance(text, prediction, (prediction,))


def serve(sessions: Sessions, **settings: Any) -> Any:
    services = build_test_services(sessions, settings=settings)
    services.understanding.close()
    served = ServedModel(cast(BundleInterpreter, Words()), cast(FaqAnswerer, FakeAnswerer()), "faq-1")
    understanding = Understanding(served)
    ports = Ports(
        interpreter=understanding,
        answerer=understanding,
        actions=FakeActions(),
        store=services.tracker_store,
        publisher=services.publisher,
        clock=utc_now,
        rng=random.Random(1),
    )
    manager = DialogueManager(make_script(DOMAIN, RULES, ()), ports)
    bot = replace(BOT, domain=DOMAIN)
    return running(
        replace(services, bot=bot, understanding=understanding, manager=manager, close=understanding.close)
    )


@pytest.fixture
def rasa_server(sqlite_sessions: Sessions) -> Iterator[RunningServer]:
    with serve(sqlite_sessions) as server:
        yield server


@pytest.fixture
def client(rasa_server: RunningServer) -> Iterator[httpx.Client]:
    with rasa_server.client() as open_client:
        yield open_client


def say(client: httpx.Client, message: str, sender: str = "alice", **more: Any) -> Any:
    body = {"sender": sender, "message": message, **more}
    return client.post("/webhooks/rest/webhook", json=body).raise_for_status().json()


# --- webhook -----------------------------------------------------------------------------------


def test_webhook_answers_in_rasas_shape(client: httpx.Client) -> None:
    assert say(client, "hello") == [
        {"recipient_id": "alice", "text": "Hello!"},
        {"recipient_id": "alice", "text": "How can I help?"},
        {"recipient_id": "alice", "custom": {"mood": "good"}},
        {"recipient_id": "alice", "image": "hello.png"},
        {"recipient_id": "alice", "attachment": "terms.pdf"},
    ]


def test_webhook_gives_buttons_and_takes_their_payload(client: httpx.Client) -> None:
    (question,) = say(client, "track FH-1")
    answer = say(client, question["buttons"][0]["payload"])

    assert question == {
        "recipient_id": "alice",
        "text": "Which one?",
        "buttons": [{"title": "The last", "payload": "/greet"}],
    }
    assert answer[0]["text"] == "Hello!"


def test_webhook_keeps_senders_apart_from_each_other_and_from_the_widgets_conversations(
    client: httpx.Client, rasa_server: RunningServer
) -> None:
    visitor = client.post("/api/v1/visitors").json()["conversation_id"]
    say(client, "hello", sender="alice")
    say(client, "hello", sender=visitor)

    found = rasa_server.services.conversations.summaries()

    assert {line.conversation_id for line in found} == {visitor, "rest:alice", f"rest:{visitor}"}
    widget = rasa_server.services.conversations.find(visitor)
    assert widget is not None
    assert widget.num_customer_turns == 0


def test_webhook_keeps_metadata_and_ignores_fields_that_it_does_not_know(
    client: httpx.Client, rasa_server: RunningServer
) -> None:
    say(client, "hello", metadata={"page": "/cart"}, input_channel="x", colour="red")

    tracker = rasa_server.services.tracker_store.load("rest:alice")

    assert tracker.latest_message is not None
    assert tracker.latest_message.metadata == {"page": "/cart"}
    assert tracker.latest_message.channel == "x"


def test_model_that_fails_is_no_error_but_the_fallback(client: httpx.Client) -> None:
    """The turn is saved with its failure; the customer is asked again."""
    assert [reply["text"] for reply in say(client, "break")] != []


@pytest.mark.parametrize("sender", ["", "a\nb", "x" * 191, "a\u0000"])
def test_strange_sender_is_refused(client: httpx.Client, sender: str) -> None:
    answer = client.post("/webhooks/rest/webhook", json={"sender": sender, "message": "hello"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_webhook_is_limited_per_sender(sqlite_sessions: Sessions) -> None:
    with serve(sqlite_sessions, messages_per_minute=1) as server, server.client() as client:
        say(client, "hello")
        refused = client.post("/webhooks/rest/webhook", json={"sender": "alice", "message": "hello"})
        say(client, "hello", sender="bob")

    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")


# --- parse -------------------------------------------------------------------------------------


def parse(client: httpx.Client, text: str) -> Any:
    return client.post("/model/parse", json={"text": text}).raise_for_status().json()


def test_parse_answers_in_rasas_shape(client: httpx.Client) -> None:
    body = parse(client, "track FH-1")

    assert body["text"] == "track FH-1"
    assert body["intent"] == {"name": "track_order", "confidence": 0.9}
    assert body["intent_ranking"][0]["name"] == "track_order"
    entity = body["entities"][0]
    assert (entity["entity"], entity["start"], entity["end"], entity["value"]) == (
        "order_number", 6, 10, "FH-1",
    )  # fmt: skip


def test_parse_below_the_thresholds_is_nlu_fallback_and_the_ranking_follows(client: httpx.Client) -> None:
    body = parse(client, "weather?")

    assert body["intent"]["name"] == "nlu_fallback"
    assert [item["name"] for item in body["intent_ranking"]] == ["nlu_fallback", "greet"]


def test_parse_reads_payloads_without_the_model(client: httpx.Client) -> None:
    body = parse(client, '/track_order{"order_number": "FH-1"}')

    assert body["intent"] == {"name": "track_order", "confidence": 1.0}
    assert body["entities"][0]["value"] == "FH-1"


def test_parse_says_where_the_words_are(client: httpx.Client) -> None:
    assert parse(client, "track FH-1, please!")["text_tokens"] == [[0, 5], [6, 10], [12, 18]]
    assert "text_tokens" not in parse(client, "/greet")


def test_parse_speaks_no_other_format(client: httpx.Client) -> None:
    answer = client.post("/model/parse", json={"text": "hello"}, params={"emulation_mode": "LUIS"})

    assert answer.status_code == 400
    assert "emulation_mode" in answer.json()["message"]


def test_parse_records_nothing(client: httpx.Client, rasa_server: RunningServer) -> None:
    parse(client, "hello")

    assert rasa_server.services.conversations.summaries() == []


def test_parse_with_a_broken_model_is_an_error(client: httpx.Client) -> None:
    answer = client.post("/model/parse", json={"text": "break"})

    assert (answer.status_code, answer.json()["reason"]) == (503, "ParsingError")


@pytest.mark.parametrize("text", ["", " ", "x" * 2001])
def test_parse_of_an_unusable_text_is_refused(client: httpx.Client, text: str) -> None:
    answer = client.post("/model/parse", json={"text": text})

    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest")


# --- tracker and tokens ------------------------------------------------------------------------


def test_tracker_shows_staff_what_happened(client: httpx.Client, rasa_server: RunningServer) -> None:
    say(client, "hello")
    with rasa_server.staff_client() as staff:
        everything = {"include_events": "ALL"}
        body = staff.get("/conversations/alice/tracker", params=everything).raise_for_status().json()
        same = staff.get("/conversations/rest:alice/tracker", params=everything).json()
        bare = staff.get("/conversations/alice/tracker", params={"include_events": "NONE"}).json()

    assert body == same
    assert body["sender_id"] == "alice"
    assert body["latest_message"]["intent"]["name"] == "greet"
    assert [event["name"] for event in body["events"] if event["event"] == "action"] == [
        "action_session_start",
        "action_listen",
        "utter_greet",
        "action_listen",
    ]
    assert bare["events"] == []


def test_tracker_of_an_unknown_conversation_is_shown_as_it_would_begin(rasa_server: RunningServer) -> None:
    with rasa_server.staff_client() as staff:
        tracker = staff.get("/conversations/nobody/tracker", params={"include_events": "all"}).json()

    assert tracker["sender_id"] == "nobody"
    assert [event["event"] for event in tracker["events"]] == ["action", "session_started", "action"]
    assert rasa_server.services.conversations.summaries() == []


def test_a_wrong_parameter_is_named_as_rasa_does(rasa_server: RunningServer) -> None:
    with rasa_server.staff_client() as staff:
        answer = staff.get("/conversations/x/tracker", params={"include_events": "SOME"})

    error = answer.json()
    assert answer.status_code == 400
    assert error["details"] == {"parameter": "include_events", "in": "query"}
    assert (error["status"], error["reason"], error["code"], error["help"]) == (
        "failure", "BadRequest", 400, None,
    )  # fmt: skip
    assert error["version"].startswith("3.6.")
    assert answer.headers["X-Request-ID"] == error["request_id"]


def test_without_a_token_the_api_is_open_on_this_machine_only(client: httpx.Client) -> None:
    say(client, "hello")

    here = client.get("/conversations/alice/tracker")
    by_proxy = client.get("/conversations/alice/tracker", headers={"X-Forwarded-For": "203.0.113.7"})
    by_name = client.get("/conversations/alice/tracker", headers={"Host": "shop.example"})
    by_page = client.get("/conversations/alice/tracker", headers={"Origin": "https://evil.example"})

    assert here.status_code == 200
    assert [answer.status_code for answer in (by_proxy, by_name, by_page)] == [401, 401, 401]
    assert "SPANDESK_API_TOKEN" in by_proxy.json()["message"]


REQUESTS = [
    ("POST", "/webhooks/rest/webhook", {"sender": "alice", "message": "hello"}),
    ("POST", "/model/parse", {"text": "hello"}),
    ("GET", "/conversations/alice/tracker", None),
]


@pytest.fixture
def closed_server(sqlite_sessions: Sessions) -> Iterator[RunningServer]:
    """A server whose API needs a token."""
    with serve(sqlite_sessions, api_token="s3cret-token") as server:
        yield server


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=["webhook", "parse", "tracker"])
@pytest.mark.parametrize("token", [None, "", "wrong", "s3cret-toke", "s3cret-tokén"])
def test_api_token_is_required_where_one_is_set(
    closed_server: RunningServer, method: str, path: str, body: Any, token: str | None
) -> None:
    params = {} if token is None else {"token": token}
    with closed_server.client() as client:
        answer = client.request(method, path, json=body, params=params)

    assert answer.status_code == 401
    assert answer.json()["code"] in {"not_authenticated", 401}


@pytest.mark.parametrize(
    "how", [{"params": {"token": "s3cret-token"}}, {"headers": {"Authorization": "Bearer s3cret-token"}}]
)
def test_api_token_opens_all_three(closed_server: RunningServer, how: dict[str, Any]) -> None:
    with closed_server.client() as client:
        statuses = [
            client.request(method, path, json=body, **how).status_code for method, path, body in REQUESTS
        ]

    assert statuses == [200, 200, 200]
