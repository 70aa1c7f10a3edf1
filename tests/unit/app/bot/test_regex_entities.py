from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.bot.regex_entities import regex_entities_of
from tests.fakes_bot import write_bot

REGEXES = {"code": [r"[A-Z]\d{3}"], "greeting": ["hello"]}
LOOKUPS = {"town": ["York", "Bath"]}
DOMAIN = "intents: [inform]\nentities: [code, town]\n"
TEXT = "hello from york, A123"


def found(path: Path, pipeline: str) -> list[str]:
    bot = load_bot(
        write_bot(path, domain=DOMAIN, config=f"pipeline:\n- name: WhitespaceTokenizer\n{pipeline}")
    )
    patterns = regex_entities_of(bot, REGEXES, LOOKUPS)
    return [] if patterns is None else [span.text for span in patterns.added(TEXT, (), {})]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", ["york", "A123"]),
        ("  use_lookup_tables: false\n", ["A123"]),
        ("  use_regexes: false\n", ["york"]),
    ],
    ids=["all", "without lookup tables", "without regular expressions"],
)
def test_every_pattern_that_is_named_like_an_entity_is_one(
    options: str, expected: list[str], tmp_path: Path
) -> None:
    assert found(tmp_path, f"- name: RegexEntityExtractor\n{options}") == expected


def test_patterns_are_no_entities_unless_the_pipeline_says_so(tmp_path: Path) -> None:
    assert found(tmp_path, "") == []
