"""The starter bot is read without a complaint."""

from pathlib import Path

import pytest

from app.bot.bot import Bot
from app.bot.loader import load_bot
from app.bot.test_stories import read_test_stories
from nlu.data.rasa_nlu import read_nlu

_RETAIL = Path(__file__).parents[4] / "bots" / "retail"


@pytest.fixture(scope="module")
def bot() -> Bot:
    return load_bot(_RETAIL)


def test_starter_bot_loads_without_warnings(bot: Bot) -> None:
    assert bot.warnings == ()
    assert len(bot.domain.intents) >= 30
    assert len(bot.domain.entities) >= 8
    assert set(bot.domain.forms) == {"return_form", "address_form", "damaged_form"}


def test_starter_bot_has_thirty_test_conversations(bot: Bot) -> None:
    assert len(read_test_stories(bot)) >= 30


def test_starter_bot_has_examples_of_every_intent_and_no_others(bot: Bot) -> None:
    data = read_nlu(bot.nlu_paths, root=_RETAIL)

    taught = {example.intent for example in data.examples}
    entities = {entity.entity for example in data.examples for entity in example.entities}
    assert taught == set(bot.domain.intents) - {"nlu_fallback"}
    assert entities <= set(bot.domain.entities)
    assert data.warnings == ()
