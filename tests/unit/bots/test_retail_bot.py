"""What the starter bot promises: enough examples, no contradictions, nothing unused, nothing leaked."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from app.bot.bot import Bot
from app.bot.loader import load_bot
from app.bot.test_stories import read_test_stories
from app.dialogue.stories import ActionStep, IntentStep
from nlu.data.rasa_nlu import NluData, read_nlu
from tests.fakes_retail import BOT_PATH

RESPONSE = re.compile(r"\butter_(?!message\b)\w+")
SAID_BY_THE_ENGINE = {
    "utter_action_failed",
    "utter_ask_rephrase",
    "utter_default",
    "utter_handoff",
    "utter_restart",
}


@pytest.fixture(scope="module")
def bot() -> Bot:
    return load_bot(BOT_PATH)


@pytest.fixture(scope="module")
def data(bot: Bot) -> NluData:
    return read_nlu(bot.nlu_paths, root=bot.path)


def normalise(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def test_bot_loads_without_warnings(bot: Bot, data: NluData) -> None:
    assert bot.warnings == ()
    assert data.warnings == ()


def test_every_intent_has_enough_examples(bot: Bot, data: NluData) -> None:
    num_examples = Counter(example.intent for example in data.examples)

    assert len(bot.domain.intents) >= 30
    assert set(num_examples) == set(bot.domain.intents)
    assert min(num_examples.values()) >= 20


def test_no_utterance_is_there_twice(data: NluData) -> None:
    counts = Counter(normalise(example.text) for example in data.examples)

    assert [text for text, count in counts.items() if count > 1] == []


def test_every_entity_is_annotated_often_enough(bot: Bot, data: NluData) -> None:
    num_spans = Counter(entity.entity for example in data.examples for entity in example.entities)

    assert len(bot.domain.entities) >= 8
    assert set(num_spans) == set(bot.domain.entities)
    assert min(num_spans.values()) >= 15


def test_every_response_is_used_and_exists(bot: Bot) -> None:
    sources = [*BOT_PATH.glob("actions/*.py"), *BOT_PATH.glob("data/*.yml"), BOT_PATH / "spandesk.yml"]
    named = {name for path in sources for name in RESPONSE.findall(path.read_text(encoding="utf-8"))}
    asked = {f"utter_ask_{slot}" for form in bot.domain.forms.values() for slot in form.required_slots}
    asked |= {
        f"utter_ask_{form.name}_{slot}" for form in bot.domain.forms.values() for slot in form.required_slots
    }
    responses = set(bot.domain.responses)

    assert named - responses == set()
    assert responses - named - asked - SAID_BY_THE_ENGINE == set()


def test_every_task_intent_has_a_title(bot: Bot) -> None:
    talk = {"greet", "goodbye", "thank", "affirm", "deny", "stop", "restart_chat", "repeat_that", "inform"}
    talk |= {"bot_challenge", "chitchat_mood", "feedback_positive", "complaint"}

    assert set(bot.intent_titles) == set(bot.domain.intents) - talk


def test_test_conversations_use_other_words_than_the_training_data(bot: Bot, data: NluData) -> None:
    trained = {normalise(example.text) for example in data.examples}
    stories = read_test_stories(bot)
    texts = [
        step.text
        for story in stories
        for step in story.steps
        if isinstance(step, IntentStep) and step.text and not step.text.startswith("/")
    ]
    bare_data = re.compile(r"^(?:fh \d{5}|[\w ]+ (?:example|com|org|net))$")

    assert len(stories) >= 30
    assert [t for t in texts if normalise(t) in trained and not bare_data.match(normalise(t))] == []


def test_test_conversations_reach_every_form_and_nearly_every_action(bot: Bot) -> None:
    steps = [step for story in read_test_stories(bot) for step in story.steps]
    reached = {step.action for step in steps if isinstance(step, ActionStep)}
    custom = {name for name in bot.domain.actions if name.startswith("action_")}

    assert set(bot.domain.forms) <= reached
    assert custom - reached == set()


@pytest.mark.parametrize("name", ["held_out_nlu.yml", "fresh_nlu.yml"])
def test_held_out_utterances_are_not_in_the_training_data(data: NluData, name: str) -> None:
    held_out = read_nlu([BOT_PATH / "tests" / name], root=BOT_PATH)
    trained = {normalise(example.text) for example in data.examples}

    assert [example.text for example in held_out.examples if normalise(example.text) in trained] == []
