"""Small bots in the styles of Rasa's public examples: each loads, and without a single error."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.bootstrap import script_of
from app.bot.loader import load_bot
from app.bot.validation import validate_bot
from nlu.data.problems import Severity
from tests.fakes_public_styles import BOTS


@pytest.mark.parametrize(("files", "num_stories", "num_rules"), BOTS.values(), ids=BOTS)
def test_a_bot_in_this_style_has_no_error(
    tmp_path: Path, files: Mapping[str, str], num_stories: int, num_rules: int
) -> None:
    _write(tmp_path, files)

    errors = [p for p in validate_bot(tmp_path, environment={}) if p.severity is not Severity.WARNING]
    bot = load_bot(tmp_path)

    assert errors == []
    assert (len(bot.stories), len(bot.rules)) == (num_stories, num_rules)


@pytest.mark.parametrize(("files", "num_stories", "num_rules"), BOTS.values(), ids=BOTS)
def test_a_bot_in_this_style_is_ready_to_talk(
    tmp_path: Path, files: Mapping[str, str], num_stories: int, num_rules: int
) -> None:
    bot = load_bot(_write(tmp_path, files))

    script = script_of(bot)

    assert len(script.rules.moments) >= num_rules
    assert len(script.stories.moments) >= num_stories


def _write(root: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root
