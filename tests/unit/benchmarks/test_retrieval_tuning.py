"""What the tuning of an encoder on a search data set trains on, and how its row is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.retrieval.data import Collection, Question, RetrievalData
from benchmarks.retrieval_tuning import main, nearest_pairs, recipe_of, training_parts
from nlu.types import RetrievalPair
from retrieval.types import FaqEntry
from tests.fakes_retrieval import embed_words

ENTRY = FaqEntry("tea", "Do you have tea?", "We serve green tea.\n\nThe cups are from Japan.")
COLLECTION = Collection("shop", (ENTRY,), (Question("cups from where", frozenset({"tea"})),))


def asked(number: int) -> Collection:
    questions = tuple(Question(str(place), frozenset({"tea"})) for place in range(number))
    return replace(COLLECTION, questions=questions)


def texts_of(collections: Sequence[Collection]) -> list[list[str]]:
    return [[question.text for question in one.questions] for one in collections]


def test_a_question_is_paired_with_the_nearest_text_of_its_entry_alone() -> None:
    assert nearest_pairs([COLLECTION], embed_words, num_turns=0) == [
        RetrievalPair("cups from where", f"{ENTRY.question}\nThe cups are from Japan.", "shop/tea")
    ]


def test_a_question_is_trained_together_with_its_context() -> None:
    question = Question("and from where", frozenset({"tea"}), context=("you have green tea", "yes"))
    collection = replace(COLLECTION, questions=(question,))

    (pair,) = nearest_pairs([collection], embed_words, num_turns=2)

    assert pair.question == "and from where\nyes\nyou have green tea"


def test_everything_is_embedded_in_one_call() -> None:
    calls: list[Sequence[str]] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        calls.append(texts)
        return embed_words(texts)

    nearest_pairs([asked(3)], embed, num_turns=0)

    assert len(calls) == 1


def test_every_sixth_question_for_choosing_stops_the_training() -> None:
    training, stopping = training_parts(RetrievalData("tea", (asked(12),), lambda: ()))

    assert texts_of(stopping) == [["5", "11"]]
    assert texts_of(training) == [["0", "1", "2", "3", "4", "6", "7", "8", "9", "10"]]


def test_a_training_part_of_its_own_leaves_the_validation_whole() -> None:
    data = RetrievalData("tea", (asked(6),), lambda: (), read_training=lambda: (asked(2),))

    assert [texts_of(part) for part in training_parts(data)] == [[["0", "1"]], [list("012345")]]


def test_a_set_that_is_done_is_only_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quality = {"recall@1": 0.5, "recall@5": 0.9, "mrr": 0.6}
    figures = {"num_training": 579, "seconds": 120.0, "before": {"mrr": 0.5}, "after": quality}
    config = tmp_path / "tuning.toml"
    config.write_text("seed = 1")
    (tmp_path / f"covidfaq.tuned.test.{recipe_of(config)}.json").write_text(json.dumps(figures))
    document = tmp_path / "results.md"
    document.write_text(
        "<!-- benchmarks.retrieval_tuning begin -->\n<!-- benchmarks.retrieval_tuning end -->\n"
    )
    monkeypatch.setenv("SPANDESK_DATA", str(tmp_path))

    paths = ["--config", str(config), "--out", str(tmp_path), "--results", str(document)]
    assert main(["--set", "covidfaq", *paths]) == 0

    row = "| covidfaq | 579 questions | 50.0 | 90.0 | 60.0 | 50.0 | +10.0 | 2.0 min |"
    assert row in document.read_text()


def test_another_configuration_is_another_recipe(tmp_path: Path) -> None:
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text("seed = 1")
    other.write_text("seed = 2")

    assert recipe_of(one) != recipe_of(other)


def test_unknown_set_and_missing_folder_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPANDESK_DATA", str(tmp_path))
    assert main(["--set", "nosuch,multidoc2dial"]) == 2
    monkeypatch.delenv("SPANDESK_DATA")
    assert main([]) == 2

    err = capsys.readouterr().err
    assert "got nosuch, multidoc2dial; expected some of covidfaq" in err
    assert "SPANDESK_DATA" in err
