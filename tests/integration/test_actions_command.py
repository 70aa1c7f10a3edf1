"""``spandesk actions`` as a process, called by anybody and by a whole bot that is talked to over REST."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.bootstrap import make_action_runner, script_of
from app.bot.loader import load_bot
from app.db.clock import utc_now
from app.db.engine import Sessions
from app.dialogue.manager import DialogueManager, Ports
from app.dialogue.sentences import ACTION_FAILED
from tests.action_servers import spandesk_actions
from tests.fakes_api import build_test_services, running
from tests.fakes_dialogue import FakeAnswerer, FakeInterpreter
from tests.processes import free_port

FILES = {
    "domain.yml": """
version: "3.1"
intents: [price, book, inform, greet, fail]
entities: [product, guests]
slots:
  product: {type: text, mappings: [{type: from_entity, entity: product}]}
  guests: {type: any, mappings: [{type: from_entity, entity: guests}]}
  note: {type: any, mappings: [{type: custom}]}
responses:
  utter_greet: [{text: "Hello {product}!"}]
  utter_booked: [{text: "Booked for {guests}."}]
  utter_sorry: [{text: "Anything else?"}]
actions: [action_price, action_fail, validate_book_form, action_ask_guests]
forms:
  book_form: {required_slots: [guests]}
""",
    "data/rules.yml": """
version: "3.1"
rules:
  - rule: price
    steps: [{intent: price}, {action: action_price}]
  - rule: greet
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: fail
    steps: [{intent: fail}, {action: action_fail}, {action: utter_sorry}]
  - rule: book
    steps: [{intent: book}, {action: book_form}, {active_loop: book_form}]
  - rule: booked
    condition: [{active_loop: book_form}]
    steps:
      - action: book_form
      - active_loop: null
      - slot_was_set: [{requested_slot: null}]
      - action: utter_booked
""",
    "actions/__init__.py": "",
    "actions/shop.py": """
def price_of(product):
    with open("prices.txt") as prices:
        return dict(line.split() for line in prices)[product]
""",
    "actions/actions.py": """
from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import SlotSet

from .shop import price_of


class Price(Action):
    def name(self):
        return "action_price"

    def run(self, dispatcher, tracker, domain):
        product = tracker.get_slot("product")
        dispatcher.utter_message(template="utter_greet")
        dispatcher.utter_message(text=f"{tracker.sender_id}: {price_of(product)}")
        return [SlotSet("note", len(domain["forms"])), {"event": "no_such_event"}]


class Fail(Action):
    def name(self):
        return "action_fail"

    def run(self, dispatcher, tracker, domain):
        raise ValueError("boom")


class Ask(Action):
    def name(self):
        return "action_ask_guests"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=f"How many, in {tracker.active_form['name']}?")
        return []


class Validate(FormValidationAction):
    def name(self):
        return "validate_book_form"

    def validate_guests(self, value, dispatcher, tracker, domain):
        if not str(value).isdigit():
            dispatcher.utter_message(text="A number, please.")
            return {"guests": None}
        return {"guests": int(value)}


class Undeclared(FormValidationAction):
    def name(self):
        return "action_validate_slot_mappings"

    def run(self, dispatcher, tracker, domain):
        raise AssertionError("the domain does not name it")
""",
    "prices.txt": "tea 3\n",
}
TOKEN = "open sesame"

pytestmark = pytest.mark.timeout(180)  # several processes start one after the other


def write_bot(folder: Path, port: int) -> Path:
    endpoint = {"url": f"http://127.0.0.1:{port}/webhook", "token": TOKEN}
    for name, text in {**FILES, "endpoints.yml": json.dumps({"action_endpoint": endpoint})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


# --- called by anybody ----------------------------------------


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    port = free_port()
    folder = write_bot(tmp_path_factory.mktemp("bot"), port)
    headers = {"authorization": f"Bearer {TOKEN}"}
    with (
        spandesk_actions(folder, port, "--token", TOKEN) as url,
        httpx.Client(base_url=url.removesuffix("/webhook"), headers=headers, trust_env=False) as client,
    ):
        yield client


def call(action: str, **more: Any) -> dict[str, Any]:
    tracker = {"sender_id": "ann", "slots": {"product": "tea"}, "latest_message": {}, "events": []}
    return {"next_action": action, "sender_id": "ann", "tracker": tracker, "version": "3.6.21"} | more


def test_an_action_runs_in_the_bots_folder_and_needs_no_domain(client: httpx.Client) -> None:
    body = client.post("/webhook", json=call("action_price")).raise_for_status().json()

    assert [message["text"] for message in body["responses"]] == [None, "ann: 3"]
    assert body["events"][0]["value"] == 1


def test_a_domain_that_comes_along_counts(client: httpx.Client) -> None:
    body = client.post("/webhook", json=call("action_price", domain={"forms": {}, "x": 1})).json()

    assert body["events"][0]["value"] == 0


@pytest.mark.parametrize("is_deflated", [False, True])
@pytest.mark.parametrize(
    ("action", "status", "problem"),
    [
        ("action_price", 200, None),
        ("action_fail", 500, "boom"),
        ("action_missing", 404, "No registered action found for name 'action_missing'."),
    ],
)
def test_the_answers_are_those_of_rasa_sdk(
    client: httpx.Client, action: str, status: int, problem: str | None, is_deflated: bool
) -> None:
    content = json.dumps(call(action)).encode()
    if is_deflated:
        headers = {"content-encoding": "deflate"}
        answer = client.post("/webhook", content=zlib.compress(content), headers=headers)
    else:
        answer = client.post("/webhook", content=content)

    assert (answer.status_code, answer.json().get("error")) == (status, problem)


@pytest.mark.parametrize(
    ("content", "encoding", "problem"),
    [
        (b"", "identity", "got a body that is no JSON"),
        (b"{", "identity", "got a body that is no JSON"),
        (b"[1]", "identity", "got no action call"),
        (b'{"tracker": 1}', "identity", "got no action call"),
        (b"{}", "deflate", "got a body that cannot be inflated"),
        (zlib.compress(b"{}")[:-3], "deflate", "got a deflated body that is cut off"),
        (zlib.compress(b" " * 101 * 2**20), "deflate", "got more than 104857600 bytes, inflated"),
    ],
    ids=["empty", "cut", "list", "tracker", "plain", "cut-off", "bomb"],
)
def test_a_body_that_is_no_call_is_refused(
    client: httpx.Client, content: bytes, encoding: str, problem: str
) -> None:
    answer = client.post("/webhook", content=content, headers={"content-encoding": encoding})

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert problem in answer.json()["error"]


@pytest.mark.parametrize("path", ["/actions", "/webhook"])
@pytest.mark.parametrize("token", ["", "wrong", "naïve"])
def test_nobody_runs_anything_without_the_token(client: httpx.Client, path: str, token: str) -> None:
    answer = client.request(
        "POST" if path == "/webhook" else "GET",
        path,
        params={"token": token},
        json=call("action_price"),
        headers={"authorization": ""},
    )

    assert answer.status_code == httpx.codes.UNAUTHORIZED
    assert "got no valid token" in answer.json()["error"]


def test_the_token_may_be_in_the_address_and_health_needs_none(client: httpx.Client) -> None:
    no_header = {"authorization": ""}
    listed = client.get("/actions", params={"token": TOKEN}, headers=no_header).json()

    assert {"name": "action_price"} in listed
    assert client.get("/health", headers=no_header).json() == {"status": "ok"}


# --- called by a bot ----------------------------------------


def test_a_whole_bot_talks_over_rest_with_its_actions_elsewhere(
    sqlite_sessions: Sessions, tmp_path: Path
) -> None:
    port = free_port()
    bot = load_bot(write_bot(tmp_path, port))
    services = build_test_services(sqlite_sessions)
    runner = make_action_runner(services.settings, bot)
    ports = Ports(
        FakeInterpreter(),
        FakeAnswerer(),
        runner,
        services.tracker_store,
        services.publisher,
        utc_now,
        random.Random(1),
    )
    services = replace(services, bot=bot, manager=DialogueManager(script_of(bot), ports))

    def say(message: str) -> list[str]:
        body = {"sender": "ann", "message": message}
        replies = client.post("/webhooks/rest/webhook", json=body).raise_for_status().json()
        return [reply["text"] for reply in replies]

    with running(services) as server, server.client() as client:
        with spandesk_actions(tmp_path, port, "--token", TOKEN):
            assert say('/price{"product": "tea"}') == ["Hello tea!", "ann: 3"]
            assert say("/fail") == [ACTION_FAILED, "Anything else?"]
            assert say("/book") == ["How many, in book_form?"]
            assert say('/inform{"guests": "many"}') == ["A number, please.", "How many, in book_form?"]
            assert say('/inform{"guests": "4"}') == ["Booked for 4."]
        assert say("/price") == [ACTION_FAILED]
        assert say("/greet") == ["Hello tea!"]
        with spandesk_actions(tmp_path, port, "--token", TOKEN):
            assert say("/price") == ["Hello tea!", "ann: 3"]
    runner.close()
