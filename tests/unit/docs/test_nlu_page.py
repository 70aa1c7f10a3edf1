"""The page on understanding names every key of the training configuration, and its examples work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from app.cli import build_parser
from benchmarks.nlu.sets import SETS
from nlu.data.rasa_nlu import read_nlu
from nlu.evaluation.comparison import FIGURES
from nlu.training.config import TrainConfig, load_train_config

PAGE = (Path(__file__).parents[3] / "docs" / "nlu.md").read_text(encoding="utf-8")
CONFIGURATION = PAGE.partition("\n## Configuration\n")[2].partition("\n## ")[0]
ROWS = dict(re.findall(r"^\| `([\w.]+)` \| (.+) \|$", CONFIGURATION, re.MULTILINE))


def keys_of(settings: Any, prefix: str = "") -> Iterator[tuple[str, object]]:
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from keys_of(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", value


def choices_of(kind: type, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, hint in get_type_hints(kind).items():
        if is_dataclass(hint) and isinstance(hint, type):
            yield from choices_of(hint, f"{prefix}{name}.")
        elif get_origin(hint) is Literal:
            yield from ((f"{prefix}{name}", choice) for choice in get_args(hint))


def block(language: str, containing: str) -> str:
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if containing in text]
    assert len(found) == 1
    return str(found[0])


@pytest.mark.parametrize(("key", "default"), list(keys_of(TrainConfig())))
def test_page_gives_every_key_with_its_default(key: str, default: object) -> None:
    assert ROWS[key].startswith(f"`{json.dumps(default)}` |")


@pytest.mark.parametrize(("key", "choice"), list(choices_of(TrainConfig)))
def test_page_gives_every_choice_of_a_key(key: str, choice: str) -> None:
    assert f'`"{choice}"`' in ROWS[key].partition("|")[2]


def test_page_gives_no_key_that_does_not_exist() -> None:
    assert set(ROWS) == {key for key, _ in keys_of(TrainConfig())}


def test_configuration_of_the_page_can_be_loaded(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(block("toml", "[finetuning]"), encoding="utf-8")

    config = load_train_config(path)

    assert (config.finetuning.method, config.finetuning.adapter.size) == ("adapter", 32)


def test_data_of_the_page_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "nlu.yml"
    path.write_text(block("yaml", "exchange_item"), encoding="utf-8")

    data = read_nlu([path], root=tmp_path)

    assert [entity.role for entity in data.examples[3].entities] == ["old", "new"]
    assert data.synonyms == {"sweater": "jumper", "pullover": "jumper"}
    assert (set(data.regexes), set(data.lookups)) == ({"order_number"}, {"product"})


def test_snippet_of_the_page_turns_a_csv_into_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        "intent,text",
        'greet,"Good  morning, you"',
        "faq/returns,- 100 % [wool](fabric)?",
        "a+b,# 🙂: yes",
    ]
    Path("utterances.csv").write_text("\n".join(rows), encoding="utf-8")

    exec(block("python", "DictReader"), {})
    data = read_nlu([Path("shop/data")], root=Path("shop"))

    assert [(example.text, example.intent) for example in data.examples] == [
        ("# 🙂: yes", "a+b"),
        ("- 100 % wool?", "faq/returns"),
        ("Good morning, you", "greet"),
    ]
    assert [entity.entity for entity in data.examples[1].entities] == ["fabric"]


@pytest.mark.parametrize("figure", [figure.name for figure in FIGURES])
def test_page_explains_every_headline_figure(figure: str) -> None:
    assert f"`{figure}`" in PAGE


@pytest.mark.parametrize("family", sorted({benchmark.family for benchmark in SETS}))
def test_page_names_every_public_data_set(family: str) -> None:
    assert f"`{family}`" in PAGE


@pytest.mark.parametrize("target", re.findall(r"\]\(#([\w-]+)\)", PAGE))
def test_links_within_the_page_lead_to_a_heading(target: str) -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)

    assert target in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("command", re.findall(r"^\$ \.venv/bin/spandesk (.+)$", PAGE, re.MULTILINE))
def test_commands_of_the_page_are_understood(command: str) -> None:
    assert build_parser().parse_args(command.split()).run.endswith(":run")
