"""A bot is made ready: what its rules and stories say against each other stands in the log."""

import logging
from pathlib import Path

import pytest

from app.bootstrap import contradictions_of, script_of
from app.bot.loader import load_bot
from tests.fakes_bot import DOMAIN, write_bot
from tests.fakes_retail import BOT_PATH

STORIES = """\
stories:
  - story: Against
    steps:
      - intent: greet
      - action: utter_ask_city
"""
RULES = """\
rules:
  - rule: Greet
    steps:
      - intent: greet
      - action: utter_greet
"""
DOMAIN_WITHOUT_NAME = DOMAIN.replace("Hello {name}", "Hello")
UNCHECKED = "policies:\n- name: RulePolicy\n  check_for_contradictions: false\n"


def test_contradictions_are_logged_and_the_bot_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bot = load_bot(write_bot(tmp_path, domain=DOMAIN_WITHOUT_NAME, data__rules=RULES, data__stories=STORIES))

    with caplog.at_level(logging.WARNING):
        script = script_of(bot)

    assert script.stories.moments
    [record] = [record for record in caplog.records if record.message == "rules_contradict"]
    assert record.problem.startswith("data/stories.yml:5: the story 'Against' goes on with 'utter_ask_city'")


def test_a_bot_may_forbid_the_search_for_contradictions(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, config=UNCHECKED, data__rules=RULES, data__stories=STORIES))

    assert contradictions_of(bot) == []


def test_the_starter_bot_does_not_contradict_itself() -> None:
    assert [str(problem) for problem in contradictions_of(load_bot(BOT_PATH))] == []
