"""The registry of story models: what a server finds, and what it says when it finds nothing."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from app import story_models
from app.bot.bot import Bot
from app.bot.loader import load_bot
from app.dialogue.policy_settings import UnexpectedTurns
from app.settings import Settings
from app.story_models import (
    load_intent_model,
    load_story_model,
    story_model_path,
    train_intent_model,
    train_story_model,
    wants_intent_model,
    wants_story_model,
)
from app.storyteller.settings import StorySettings
from tests.fakes_bot import write_bot
from tests.fakes_storyteller import UNTRAINED

_STORIES = """\
stories:
- story: hello
  steps:
  - intent: greet
  - action: utter_greet
"""


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    def small(bot: Bot) -> StorySettings:
        return replace(UNTRAINED, max_history=bot.config.learned_max_history)

    def small_too(bot: Bot) -> StorySettings:
        assert bot.config.unexpected is not None
        return replace(UNTRAINED, max_history=bot.config.unexpected.max_history)

    monkeypatch.setattr(story_models, "story_settings", small)
    monkeypatch.setattr(story_models, "intent_settings", small_too)
    folder = write_bot(tmp_path / "bot")
    for old in folder.glob("data/*.yml"):
        old.unlink()
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "stories.yml").write_text(_STORIES, encoding="utf-8")
    return load_bot(folder)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def _ignore(done: int, total: int, loss: float) -> None:
    pass


def test_what_was_trained_is_found(bot: Bot, settings: Settings) -> None:
    path = train_story_model(bot, settings, _ignore)

    assert path.parent == settings.home / "models" / "stories"
    assert load_story_model(settings, bot) is not None


def test_without_a_model_the_log_says_once_what_makes_it(
    bot: Bot, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert load_story_model(settings, bot) is None
        assert load_story_model(settings, bot) is None

    warned = [record for record in caplog.records if record.message == "story_model_missing"]
    assert [record.__dict__["remedy"] for record in warned] == [
        f"spandesk train --bot {bot.path} --stories-only"
    ]


def test_a_damaged_model_is_not_served(
    bot: Bot, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    path = train_story_model(bot, settings, _ignore)
    (path / "network.safetensors").write_bytes(b"")

    with caplog.at_level(logging.WARNING):
        assert load_story_model(settings, bot) is None

    assert "network.safetensors with sha256" in caplog.records[0].__dict__["reason"]


def test_after_a_change_another_model_is_wanted(bot: Bot, settings: Settings) -> None:
    train_story_model(bot, settings, _ignore)
    changed = replace(bot, config=replace(bot.config, learned_max_history=4))

    assert story_model_path(changed, settings) != story_model_path(bot, settings)
    assert load_story_model(settings, changed) is None


@pytest.mark.parametrize(
    ("policies", "is_wanted"),
    [
        ("", True),
        ("policies: []\n", True),
        ("policies:\n- name: TEDPolicy\n", True),
        ("policies:\n- name: rasa.core.policies.ted_policy.TEDPolicy\n", True),
        ("policies:\n- name: RulePolicy\n", False),
        ("policies:\n- name: UnexpecTEDIntentPolicy\n", False),
    ],
    ids=["nothing", "empty", "named", "by path", "others", "only unexpected turns"],
)
def test_the_policies_of_the_bot_say_whether_a_model_learns(
    bot: Bot, policies: str, *, is_wanted: bool
) -> None:
    (bot.path / "config.yml").write_text(f"language: en\n{policies}", encoding="utf-8")

    assert wants_story_model(load_bot(bot.path)) == is_wanted


def test_without_stories_nothing_learns(bot: Bot) -> None:
    assert not wants_story_model(replace(bot, stories=()))
    assert not wants_intent_model(replace(_doubting(bot), stories=()))


def test_customers_are_learnt_about_only_where_the_policy_is_named(bot: Bot, settings: Settings) -> None:
    assert not wants_intent_model(bot)
    assert load_intent_model(settings, bot) is None
    assert wants_intent_model(_doubting(bot))


def test_a_model_of_customers_is_found_beside_that_of_the_bot(bot: Bot, settings: Settings) -> None:
    bot = _doubting(bot)
    paths = {train_story_model(bot, settings, _ignore), train_intent_model(bot, settings, _ignore)}

    assert len(paths) == 2
    assert load_story_model(settings, bot) is not None
    assert load_intent_model(settings, bot) is not None


def test_another_tolerance_needs_no_other_model(bot: Bot, settings: Settings) -> None:
    train_intent_model(_doubting(bot), settings, _ignore)

    assert load_intent_model(settings, _doubting(bot, UnexpectedTurns(tolerance=0.5))) is not None
    assert load_intent_model(settings, _doubting(bot, UnexpectedTurns(max_history=2))) is None


def _doubting(bot: Bot, unexpected: UnexpectedTurns | None = None) -> Bot:
    return replace(bot, config=replace(bot.config, unexpected=unexpected or UnexpectedTurns()))
