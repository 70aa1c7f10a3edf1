"""``POST /model/test/stories`` over a real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from app.db.engine import Sessions
from tests.fakes_rasa import serve_rasa_bot

RIGHT = """\
stories:
  - story: Pay
    steps:
      - user: /pay
        intent: pay
      - action: utter_pay
"""


@pytest.fixture
def client(sqlite_sessions: Sessions) -> Iterator[httpx.Client]:
    with serve_rasa_bot(sqlite_sessions) as server, server.client() as open_client:
        yield open_client


def test_stories_are_judged_and_no_conversation_is_touched(client: httpx.Client) -> None:
    found = client.post("/model/test/stories", content=RIGHT).raise_for_status().json()

    assert found["report"]["conversation_accuracy"]["correct"] == 1
    assert [action["predicted"] for action in found["actions"]] == ["utter_pay", "action_listen"]
    assert (found["accuracy"], found["f1"]) == (1.0, 1.0)


@pytest.mark.parametrize("expected", ["action_restart", "utter_gone"], ids=["other", "unknown"])
def test_a_wrong_prediction_is_reported(client: httpx.Client, expected: str) -> None:
    wrong = RIGHT.replace("action: utter_pay", f"action: {expected}")

    found = client.post("/model/test/stories", content=wrong).raise_for_status().json()

    assert found["report"]["conversation_accuracy"]["correct"] == 0
    assert found["actions"][0]["predicted"] == "utter_pay"


MISUNDERSTOOD = RIGHT.replace("user: /pay", 'user: "greet, I want to pay"')


def test_what_customers_say_is_understood_only_end_to_end(client: httpx.Client) -> None:
    plain = client.post("/model/test/stories", content=MISUNDERSTOOD).json()
    understood = client.post("/model/test/stories", content=MISUNDERSTOOD, params={"e2e": "true"}).json()

    assert plain["report"]["conversation_accuracy"]["correct"] == 1
    assert understood["report"]["conversation_accuracy"]["correct"] == 0
    assert [one["is_end_to_end_evaluation"] for one in (plain, understood)] == [False, True]


def test_the_share_that_is_written_in_rules_or_stories_is_given(client: httpx.Client) -> None:
    written = client.post("/model/test/stories", content=RIGHT).json()
    other = client.post("/model/test/stories", content=RIGHT.replace("pay", "greet")).json()

    assert written["in_training_data_fraction"] == other["in_training_data_fraction"] == 1.0


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "got 0 test stories; expected 1 to 1000"),
        ("stories: [", "body:"),
        (RIGHT.replace("- action", "- acts"), "body:6"),
        (b"\xff\xfe", "utf-8"),
    ],
    ids=["empty", "no YAML", "unknown step", "no text"],
)
def test_what_is_no_test_story_is_refused(client: httpx.Client, body: str | bytes, expected: str) -> None:
    answer = client.post("/model/test/stories", content=body)

    assert answer.status_code == 400
    assert expected in answer.json()["message"]
