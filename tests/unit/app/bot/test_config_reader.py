from dataclasses import replace
from pathlib import Path

import pytest

from app.bot.bot import BotConfig, Component
from app.bot.loader import load_bot
from app.dialogue.policy_settings import UnexpectedTurns
from nlu.data.yaml_source import SourceError
from tests.fakes_bot import write_bot

_CONFIG = """\
recipe: default.v1
language: de
assistant_id: 4711-shop
session: x
pipeline:
  - name: WhitespaceTokenizer
  - name: rasa.nlu.classifiers.diet_classifier.DIETClassifier
  - name: FallbackClassifier
    threshold: 0.7
    ambiguity_threshold: 0.05
policies:
  - name: rasa.core.policies.rule_policy.RulePolicy
    core_fallback_threshold: 0.4
    core_fallback_action_name: action_custom
    enable_fallback_prediction: false
    restrict_rules: true
    check_for_contradictions: true
  - name: MemoizationPolicy
    max_history: 3
  - name: TEDPolicy
    max_history: 8
    epochs: 20
  - name: UnexpecTEDIntentPolicy
    max_history: 6
    tolerance: 0.1
    ignore_intents_list: [chitchat, greet]
  - name: shop.OwnPolicy
"""


def test_config_is_read_and_the_rest_is_named(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, config=_CONFIG))

    own = replace(bot.config, pipeline=(), policies=())
    assert own == BotConfig(
        "de",
        0.7,
        0.05,
        0.4,
        "action_custom",
        False,
        3,
        assistant_id="4711-shop",
        learned_max_history=8,
        unexpected=UnexpectedTurns(0.1, frozenset({"chitchat", "greet"}), 6),
    )
    assert [component.name for component in bot.config.pipeline] == [
        "WhitespaceTokenizer",
        "DIETClassifier",
        "FallbackClassifier",
    ]
    assert bot.config.policies[2] == Component("TEDPolicy", {"max_history": 8, "epochs": 20})
    assert bot.warnings == (
        "config.yml:4: 'session' is not used",
        "config.yml:6: pipeline: not used: WhitespaceTokenizer, DIETClassifier",
        "config.yml:12: policies: not used: shop.OwnPolicy",
    )


@pytest.mark.parametrize("config", ["", "pipeline:\npolicies:\n", "pipeline: []\n"])
def test_without_settings_rasas_defaults_hold(tmp_path: Path, config: str) -> None:
    assert load_bot(write_bot(tmp_path, config=config)).config == BotConfig()


@pytest.mark.parametrize("history", ["  max_history: null\n", ""], ids=["written", "default"])
@pytest.mark.parametrize("name", ["MemoizationPolicy", "AugmentedMemoizationPolicy"])
def test_unlimited_history_is_none(tmp_path: Path, name: str, history: str) -> None:
    config = f"policies:\n- name: {name}\n{history}"

    assert load_bot(write_bot(tmp_path, config=config)).config.max_history is None


def test_action_server_is_read_with_variables_of_the_environment(tmp_path: Path) -> None:
    endpoints = "action_endpoint:\n  url: http://${HOST}:5055/webhook\ntracker_store:\n  type: redis\n"
    write_bot(tmp_path, endpoints=endpoints)

    bot = load_bot(tmp_path, environment={"HOST": "actions"})

    assert bot.config.action_url == "http://actions:5055/webhook"
    assert bot.warnings == ("endpoints.yml:3: the endpoint 'tracker_store' is not used",)


def test_channels_that_are_not_there_are_named(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, credentials="rest:\nslack:\n  slack_token: x\n"))

    assert bot.warnings == ("credentials.yml:2: the channel 'slack' is not there",)


@pytest.mark.parametrize(
    ("presentation", "has_comfort"),
    [(None, False), ("name: Shop\n", True), ("comfort: false\n", False)],
    ids=["plain Rasa folder", "spandesk.yml", "switched off"],
)
def test_a_plain_rasa_folder_has_no_comfort(
    tmp_path: Path, presentation: str | None, has_comfort: bool
) -> None:
    write_bot(tmp_path, **({} if presentation is None else {"spandesk": presentation}))

    assert load_bot(tmp_path).has_comfort is has_comfort


def test_comfort_that_is_neither_true_nor_false_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"spandesk.yml:1: comfort: expected true or false"):
        load_bot(write_bot(tmp_path, spandesk="comfort: rarely\n"))
