from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.jobs.retrain import Parser, _forget_other_runs, _take_snapshot
from app.retraining.snapshot import Snapshot
from nlu.types import EntityAnnotation, Example
from tests.fakes_training import FakeParser, bot_data


def snapshot_of(tmp_path: Path, corrections: Sequence[Example], parser: Parser | None = None) -> Snapshot:
    """Take a snapshot of a tiny bot's data and `corrections`."""
    workshop: Any = SimpleNamespace(
        reviews=SimpleNamespace(corrected_examples=lambda: list(corrections)),
        audit=SimpleNamespace(record=lambda *_: None),
        read_bot_data=lambda: bot_data(("hello", "greet"), ("where is it", "track")),
        datasets_path=tmp_path,
    )
    reporter: Any = SimpleNamespace(job=SimpleNamespace(job_id="1"))
    return _take_snapshot(workshop, reporter, parser)


def corrected(text: str, *spans: tuple[int, int]) -> Example:
    entities = tuple(EntityAnnotation(start, end, "thing", text[start:end]) for start, end in spans)
    return Example(text, "track", entities, "conversation c1, turn 1", is_correction=True)


@pytest.mark.parametrize(
    ("correction", "problem"),
    [
        (corrected("my red hat", (0, 6), (3, 10)), "annotations that overlap"),
        (corrected("my red hat", (2, 3)), "nothing but white space"),
        (corrected("my red hat", (2, 6)), "white space at its border"),
        (corrected("my red hat", (7, 11)), "expected a piece of the 10 characters"),
        (corrected(" \n"), "no words"),
    ],
    ids=["overlap", "blank", "border", "outside", "empty"],
)
@pytest.mark.parametrize("parser", [None, FakeParser({})], ids=["no champion", "champion"])
def test_correction_that_no_model_could_be_trained_on_is_skipped(
    tmp_path: Path, parser: Parser | None, correction: Example, problem: str
) -> None:
    fine = corrected("my blue hat", (3, 7), (8, 11))

    snapshot = snapshot_of(tmp_path, [correction, fine], parser)

    (skipped,) = snapshot.skipped
    assert skipped.source == correction.source
    assert problem in skipped.reason
    assert snapshot.corrections == (fine,)


def test_champion_refuses_what_does_not_fit_its_tokens(tmp_path: Path) -> None:
    cut = corrected("half of it", (0, 4))

    with_champion, without = snapshot_of(tmp_path, [cut], FakeParser({})), snapshot_of(tmp_path, [cut])

    assert [skipped.reason for skipped in with_champion.skipped] == ["the span (0, 4) cuts a word"]
    assert without.corrections == (cut,)


def test_only_the_state_of_the_same_snapshot_is_kept(tmp_path: Path) -> None:
    for name in ("retrain-a.training", "retrain-b", "retrain-b.training", "bundle.training"):
        (tmp_path / name).mkdir()

    _forget_other_runs(tmp_path / "retrain-b")

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bundle.training",
        "retrain-b",
        "retrain-b.training",
    ]
