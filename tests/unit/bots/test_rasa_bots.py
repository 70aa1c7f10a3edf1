"""The booking and the bank bot: plain Rasa folders whose test conversations prove the dialogue engine."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from app.bot.loader import load_bot
from app.dialogue.stories import IntentStep, Story
from app.dialogue.story_check import Difference
from nlu.data.rasa_nlu import NluData, read_nlu
from tests.rehearsed_bots import BOTS, Rehearser, conversations_of, rehearsing_bot

NAMES = ("bank", "booking")


# What the engine does not do yet; a conversation leaves this list with the change that makes it pass.
def _cases(name: str) -> list[object]:
    return [pytest.param(story, id=story.name) for story in conversations_of(name)]


@pytest.fixture(scope="module")
def bank() -> Iterator[Rehearser]:
    with rehearsing_bot("bank") as rehearser:
        yield rehearser


@pytest.fixture(scope="module")
def booking() -> Iterator[Rehearser]:
    with rehearsing_bot("booking") as rehearser:
        yield rehearser


@pytest.mark.parametrize("story", _cases("bank"))
def test_bank_conversation_goes_as_written(story: Story, bank: Rehearser) -> None:
    assert _difference(bank, story) is None


@pytest.mark.parametrize("story", _cases("booking"))
def test_booking_conversation_goes_as_written(story: Story, booking: Rehearser) -> None:
    assert _difference(booking, story) is None


def test_a_conversation_that_goes_otherwise_is_found(bank: Rehearser) -> None:
    """The conversations can fail: the same words with another answer are a difference."""
    stories = {story.name: story for story in conversations_of("bank")}
    standard = stories["The limit of everybody"]
    premium = stories["The limit of a premium customer"]

    difference = _difference(bank, Story("mixed", (standard.steps[0], premium.steps[-1])))

    assert difference is not None
    assert (difference.expected, difference.got) == ("utter_limit_premium", "utter_limit_standard")


@pytest.mark.parametrize("name", NAMES)
def test_bot_is_a_plain_rasa_folder_with_enough_conversations(name: str) -> None:
    assert not (BOTS / name / "spandesk.yml").exists()
    assert len(conversations_of(name)) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_no_text_of_the_conversations_is_a_training_example(name: str) -> None:
    trained = {example.text.casefold() for example in _nlu(name).examples}

    tested = [step.text or "" for step in _spoken(name)]

    assert [text for text in tested if text.casefold() in trained] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_the_conversations_annotate_is_in_the_training_data(name: str) -> None:
    examples = _nlu(name).examples
    intents = {example.intent for example in examples} | {e.intent.split("/")[0] for e in examples}
    labels = {(e.entity, e.role, e.group) for example in examples for e in example.entities}

    steps = _spoken(name)

    assert {step.intent for step in steps} <= intents
    assert {(e.entity, e.role, e.group) for step in steps for e in step.entities} <= labels


@pytest.mark.parametrize("name", NAMES)
def test_training_data_raises_no_doubts(name: str) -> None:
    assert _nlu(name).warnings == ()


def _difference(rehearser: Rehearser, story: Story) -> Difference | None:
    with warnings.catch_warnings():  # rasa-sdk warns of every added slot that is not extracted by hand
        warnings.filterwarnings("ignore", message="No method 'extract_")
        return rehearser.find_difference(story)


def _nlu(name: str) -> NluData:
    return read_nlu(load_bot(BOTS / name).nlu_paths, root=BOTS / name)


def _spoken(name: str) -> list[IntentStep]:
    steps = [step for story in conversations_of(name) for step in story.steps]
    return [s for s in steps if isinstance(s, IntentStep) and s.text and not s.text.startswith("/")]
