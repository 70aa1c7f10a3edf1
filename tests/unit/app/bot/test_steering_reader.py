from __future__ import annotations

from pathlib import Path

import pytest

from app.bootstrap import script_of
from app.bot.loader import load_bot
from app.dialogue.events import BotUttered
from app.dialogue.steering import Steering
from nlu.data.yaml_source import SourceError
from tests.fakes_bot import write_bot
from tests.fakes_dialogue import Conversation, given, parsed

NLU = """\
nlu:
  - intent: stop
    examples: |
      - Stop it!
      - [Rome](city)
      - never mind
"""


def steering_of(folder: Path, **files: str) -> Steering:
    return load_bot(write_bot(folder, **files)).steering


def test_bot_without_the_file_has_everything(tmp_path: Path) -> None:
    assert steering_of(tmp_path) == Steering()


def test_examples_of_the_bot_are_its_own(tmp_path: Path) -> None:
    phrases = steering_of(tmp_path, data__nlu=NLU).phrases

    assert "stop it" not in phrases
    assert "never mind" not in phrases
    assert phrases["stop"] == "cancel"


def test_wishes_get_phrases_or_are_switched_off(tmp_path: Path) -> None:
    written = "steering:\n  cancel: [Schluss, Hör auf!]\n  say_again: false\n"

    phrases = steering_of(tmp_path, spandesk=written).phrases

    assert (phrases["schluss"], phrases["hör auf"], phrases["cancel"]) == ("cancel", "cancel", "cancel")
    assert "say_again" not in phrases.values()


def test_all_is_switched_off(tmp_path: Path) -> None:
    written = "steering: false\ncorrections: false\nask_when_close: false\n"

    assert steering_of(tmp_path, spandesk=written) == Steering(
        {}, corrects_slots=False, asks_when_close=False
    )


def test_bot_asks_although_it_has_its_own_fallback(tmp_path: Path) -> None:
    assert steering_of(tmp_path, spandesk="ask_when_close: true\n").asks_when_close is True


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("steering: yes please\n", "spandesk.yml:1: steering: expected a mapping"),
        ("steering:\n  cancle: [x]\n", "spandesk.yml:2: steering: unknown key 'cancle'"),
        ("steering:\n  cancel: ['!?']\n", "spandesk.yml:2: cancel of steering: expected words, got '!\\?'"),
        ("steering:\n  cancel: {a: b}\n", "spandesk.yml:2: cancel of steering: expected text"),
        ("corrections: sometimes\n", "spandesk.yml:1: corrections: expected true or false"),
        ("ask_when_close: 1\n", "spandesk.yml:1: ask_when_close: expected true or false"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, written: str, expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        steering_of(tmp_path, spandesk=written)


# --- a plain Rasa bot ----------------------------------------

DOMAIN = """\
version: "3.1"
intents: [book, inform, deny]
entities: [colour]
slots:
  colour:
    type: text
    mappings:
      - type: from_entity
        entity: colour
        not_intent: deny
  name:
    type: text
    mappings:
      - type: from_text
        conditions:
          - active_loop: order_form
            requested_slot: name
responses:
  utter_ask_colour:
    - text: Which colour?
  utter_ask_name:
    - text: Your name?
  utter_done:
    - text: "{colour} for {name}."
forms:
  order_form:
    required_slots: [colour, name]
"""
RULES = """\
version: "3.1"
rules:
  - rule: Order
    steps:
      - intent: book
      - action: order_form
      - active_loop: order_form
  - rule: Ordered
    condition:
      - active_loop: order_form
    steps:
      - action: order_form
      - active_loop: null
      - slot_was_set:
          - requested_slot: null
      - action: utter_done
"""


@pytest.fixture
def plain_bot(tmp_path: Path) -> Conversation:
    """A folder as Rasa makes it, in the middle of its form."""
    return _in_form(tmp_path)


@pytest.fixture
def comfortable_bot(tmp_path: Path) -> Conversation:
    """The same with a ``spandesk.yml``."""
    return _in_form(tmp_path, spandesk="name: Shop\n")


def _in_form(folder: Path, **more: str) -> Conversation:
    files = {"domain": DOMAIN, "data__rules": RULES, "data__stories": "version: '3.1'\n"} | more
    conversation = given(script=script_of(load_bot(write_bot(folder, **files))))
    return conversation.says("order", "book").says("a red one", "inform", ("colour", "red"))


def test_plain_bot_is_corrected(plain_bot: Conversation) -> None:
    plain_bot.says("no, the blue one", "deny", ("colour", "blue"))

    assert plain_bot.replies == ["Your name?"]
    assert plain_bot.says("Ann", "inform").replies == ["blue for Ann."]


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("cancel", "All right, I've stopped that. What else can I do for you?"),
        ("start over", "All right, let's start again."),
        ("what did you say?", "Your name?"),
    ],
)
def test_plain_bot_is_steered(plain_bot: Conversation, text: str, reply: str) -> None:
    assert plain_bot.when(text).replies == [reply]


def test_yes_or_no_is_never_offered(comfortable_bot: Conversation) -> None:
    comfortable_bot.when("cancel")
    comfortable_bot.when("hm", parsed("hm", "nlu_fallback", ranking=["deny", "book"], confidence=0.9))

    (said,) = comfortable_bot.of_type(BotUttered)
    assert [button.title for button in said.buttons] == ["Book", "None of these"]
