import argparse
import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.bot.loader import load_bot
from app.commands import live_test
from app.settings import Settings
from tests.fakes_bot import write_bot
from tests.fakes_dialogue import story

CONTRADICTING = """
version: "3.1"
stories:
- story: loud
  steps: [{intent: greet}, {action: utter_loud}]
rules:
- rule: quiet
  steps: [{intent: greet}, {action: utter_quiet}]
"""
DOMAIN = "intents: [greet]\nresponses: {utter_loud: [{text: HI}], utter_quiet: [{text: hi}]}\n"


@contextlib.contextmanager
def nothing_understood(*_: Any) -> Iterator[None]:
    yield None


def test_the_bot_is_made_ready_once_for_all_conversations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bot = load_bot(write_bot(tmp_path, domain=DOMAIN, **{"data/stories.yml": CONTRADICTING}))
    monkeypatch.setattr(live_test, "understanding_of", nothing_understood)
    monkeypatch.setattr(live_test, "chosen_interpreter", lambda *_: None)
    scripts: list[Any] = []
    monkeypatch.setattr(live_test, "run_story", lambda *parts: scripts.append(parts[3]))
    args = argparse.Namespace(bundle=None, out=None, fail_on_prediction_errors=False)

    with caplog.at_level(logging.WARNING):
        live_test.run_live(args, Settings(home=tmp_path), bot, [story("one"), story("two")])

    assert scripts[0] is scripts[1]
    assert [record.message for record in caplog.records].count("rules_contradict") == 1
