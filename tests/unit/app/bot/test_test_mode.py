from __future__ import annotations

import pytest

from app.bot.presentation_reader import read_presentation
from nlu.data.yaml_source import SourceError, parse_yaml


@pytest.mark.parametrize(("written", "is_live"), [("tests: live", True), ("tests: rasa", False), ("", False)])
def test_spandesk_yml_says_how_tests_are_judged(written: str, is_live: bool) -> None:
    assert read_presentation(parse_yaml(f"name: Ada\n{written}", "spandesk.yml")).has_live_tests is is_live


def test_another_way_to_judge_tests_is_refused() -> None:
    with pytest.raises(SourceError, match=r"spandesk\.yml:2: tests: expected rasa or live, got 'hard'"):
        read_presentation(parse_yaml("name: Ada\ntests: hard", "spandesk.yml"))
