from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nlu import provenance
from nlu.provenance import WEIGHT_MODULES, hash_code, hash_data
from nlu.types import RetrievalPair
from tests.fakes_nlu import example, small_data
from tests.fakes_pairs import small_pairs


def test_data_hash_ignores_order_and_places() -> None:
    data = small_data()
    moved = tuple(replace(one, source="other.yml:9") for one in data.examples[::-1])

    assert hash_data(replace(data, examples=moved)) == hash_data(data)


def test_data_hash_ignores_the_order_of_pairs() -> None:
    there = replace(small_data(), retrieval_pairs=small_pairs())

    assert hash_data(replace(there, retrieval_pairs=small_pairs()[::-1])) == hash_data(there)


@pytest.mark.parametrize(
    "change",
    [
        {"examples": (*small_data().examples, example("hello there", "greet"))},
        {"examples": tuple(replace(one, intent="other") for one in small_data().examples)},
        {"examples": (example("swap [red](colour|new)", "return"), *small_data().examples)},
        {"synonyms": {"navy": "blue"}},
        {"lookups": {"product": ("sock",)}},
        {"regexes": {"order_number": ("x",)}},
        {"unlabelled": ("where is it",)},
        {"retrieval_pairs": (RetrievalPair("where is it", "on its way", "track"),)},
    ],
    ids=["example", "intent", "span", "synonym", "lookup", "regex", "unlabelled", "pair"],
)
def test_data_hash_sees_every_change(change: dict[str, object]) -> None:
    assert hash_data(replace(small_data(), **change)) != hash_data(small_data())  # type: ignore[arg-type]


def test_code_hash_is_stable_and_all_modules_exist() -> None:
    assert hash_code() == hash_code()
    assert "nlu.heads" in WEIGHT_MODULES


@pytest.mark.parametrize(
    ("source", "is_same"),
    [
        ('"""Other words."""\nSIZE = 3  # why\n', True),
        ('"""A size."""\n\n\n# note\nSIZE = 3\n', True),
        ('"""A size."""\nSIZE = 4\n', False),
        ('"""A size."""\nSIZE = "# 3"\n', False),
    ],
    ids=["docstring and comment", "blank lines", "value", "text that looks like a comment"],
)
def test_code_hash_sees_code_but_not_comments(
    source: str, is_same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "module.py"
    monkeypatch.setattr(provenance, "_source_path", lambda _name: module)
    module.write_text('"""A size."""\nSIZE = 3\n')
    first = hash_code()

    module.write_text(source)

    assert (hash_code() == first) is is_same
