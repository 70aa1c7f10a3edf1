from __future__ import annotations

from pathlib import Path

import pytest

from app.bot.bot import DucklingConfig
from app.bot.loader import load_bot
from nlu.data.yaml_source import SourceError
from tests.fakes_bot import write_bot

COMPONENT = "pipeline:\n  - name: DucklingEntityExtractor\n"


def test_server_of_the_pipeline_is_read(tmp_path: Path) -> None:
    more = (
        "    url: http://127.0.0.1:8000\n    dimensions: [number, time]\n    timeout: 1\n    locale: de_DE\n"
    )

    bot = load_bot(write_bot(tmp_path, config=COMPONENT + more))

    assert bot.config.duckling == DucklingConfig(
        "http://127.0.0.1:8000", ("number", "time"), "de_DE", timeout_s=1.0
    )
    assert not [warning for warning in bot.warnings if "Duckling" in warning]


def test_component_without_a_server_is_a_warning(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, config=COMPONENT))

    assert bot.config.duckling is None
    assert "config.yml:2: DucklingEntityExtractor is not used: it names no url" in bot.warnings


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("    timeout: 0\n", "config.yml:4: timeout: expected seconds above 0, got 0"),
        ("    timeout: soon\n", "expected a number"),
        ("    dimensions: {a: b}\n", "dimensions: expected text"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, more: str, expected: str) -> None:
    with pytest.raises(SourceError, match=expected):
        load_bot(write_bot(tmp_path, config=f"{COMPONENT}    url: http://127.0.0.1:8000\n{more}"))


def test_the_address_may_hold_variables(tmp_path: Path) -> None:
    more = "    url: http://${DUCKLING_HOST}:$PORT\n    timezone: ${ZONE}\n"
    environment = {"DUCKLING_HOST": "duckling", "PORT": "8000", "ZONE": "UTC"}

    bot = load_bot(write_bot(tmp_path, config=COMPONENT + more), environment=environment)

    assert bot.config.duckling == DucklingConfig("http://duckling:8000", timezone="UTC")


def test_a_variable_that_is_not_set_switches_it_off(tmp_path: Path) -> None:
    bot = load_bot(write_bot(tmp_path, config=f"{COMPONENT}    url: ${{DUCKLING_URL}}\n"))

    assert bot.config.duckling is None
    assert (
        "config.yml:3: url of DucklingEntityExtractor: the environment variable DUCKLING_URL is not set; set"
        " it, or write the value; DucklingEntityExtractor is not used"
    ) in bot.warnings
