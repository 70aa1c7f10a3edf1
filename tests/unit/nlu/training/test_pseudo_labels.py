"""Intents spread to texts that nobody annotated: along neighbours, never from nowhere, never to spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.model import UNKNOWN_SPAN
from nlu.training.compute import EXACT_CPU
from nlu.training.config import ConfigError, PseudoLabelSettings, TrainConfig
from nlu.training.dataset import CachedExample, TrainingExample, make_batches
from nlu.training.pipeline import train_bundle
from nlu.training.prepare import Prepared, divide, prepare
from nlu.training.progress import Progress, RunClock
from nlu.training.pseudo_labels import pseudo_label, spread_labels
from tests.fakes_nlu import small_data, tiny_config
from tests.fakes_training_loop import two_words


def on_circle(*degrees: float) -> torch.Tensor:
    angles = torch.tensor(degrees).deg2rad()
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def cached(embedding: torch.Tensor, intents: Sequence[float], *, is_labelled: bool = True) -> CachedExample:
    spans = () if is_labelled else None
    return CachedExample(TrainingExample(two_words(), torch.tensor(intents), spans), None, embedding)


def unlabelled(*degrees: float) -> list[CachedExample]:
    return [cached(point, [0.0, 0.0], is_labelled=False) for point in on_circle(*degrees)]


def labelled(*degrees: float) -> list[CachedExample]:
    rows = ([1.0, 0.0], [0.0, 1.0])
    return [cached(point, rows[place % 2]) for place, point in enumerate(on_circle(*degrees))]


def test_label_travels_along_a_chain_of_neighbours() -> None:
    chain = [10.0 * step for step in range(1, 7)]  # from 0 degrees to 60, nearer to 100 at its end than to 0
    points = on_circle(0.0, 130.0, *chain, 120.0)

    shares = spread_labels(points, torch.eye(2), num_neighbours=2, spread=0.8)

    assert shares[2:8].argmax(dim=1).tolist() == [0] * 6
    assert shares[8].argmax() == 1
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(9))


def test_annotated_texts_keep_their_labels() -> None:
    shares = spread_labels(on_circle(0.0, 5.0, 2.0), torch.eye(2), num_neighbours=2, spread=0.5)

    assert shares[:2].argmax(dim=1).tolist() == [0, 1]


def test_text_between_two_intents_counts_less_than_one_beside_one() -> None:
    between, beside = pseudo_label(labelled(0.0, 90.0), unlabelled(45.0, 1.0), PseudoLabelSettings())

    assert between.example.weight < 0.1 < beside.example.weight <= 1.0
    assert beside.example.intents.tolist() == [1.0, 0.0]
    assert between.example.spans is None


def test_weight_of_certain_labels_is_set() -> None:
    (full,) = pseudo_label(labelled(0.0, 180.0), unlabelled(1.0), PseudoLabelSettings())
    (half,) = pseudo_label(labelled(0.0, 180.0), unlabelled(1.0), PseudoLabelSettings(weight=0.5))

    assert half.example.weight == pytest.approx(full.example.weight / 2)


def test_text_that_no_label_reaches_is_left_out() -> None:
    far = unlabelled(180.0, 181.0, 182.0)

    spread = pseudo_label(labelled(0.0, 1.0), far, PseudoLabelSettings(num_neighbours=1))

    assert spread == []


def test_combinations_of_intents_are_spread_as_a_whole() -> None:
    train = [cached(on_circle(0.0)[0], [1.0, 1.0]), cached(on_circle(90.0)[0], [0.0, 1.0])]

    (spread,) = pseudo_label(train, unlabelled(3.0), PseudoLabelSettings())

    assert spread.example.intents.tolist() == [1.0, 1.0]


def test_a_single_intent_is_certain() -> None:
    (spread,) = pseudo_label(labelled(0.0), unlabelled(3.0), PseudoLabelSettings())

    assert spread.example.weight == pytest.approx(1.0)


def test_nothing_to_label_gives_nothing() -> None:
    assert pseudo_label(labelled(0.0, 1.0), [], PseudoLabelSettings()) == []


def test_unknown_spans_are_no_targets() -> None:
    (batch,) = make_batches([*labelled(0.0), *unlabelled(1.0)], batch_size=2, rng=None)

    assert sorted({int(cell) for cell in batch.targets.spans.unique()}) == [UNKNOWN_SPAN, 0]


def prepared_with(texts: tuple[str, ...], checkpoint: EncoderCheckpoint, config: TrainConfig) -> Prepared:
    data = replace(small_data(), unlabelled=texts)
    clock = RunClock(lambda _: None)
    return prepare(data, divide(data, None, config), config, checkpoint, clock=clock, compute=EXACT_CPU)


def test_texts_that_are_examples_blank_or_twice_are_left_out(checkpoint: EncoderCheckpoint) -> None:
    known = small_data().examples[0].text

    prepared = prepared_with(("new  text", known.upper(), "  ", "New text"), checkpoint, tiny_config())

    assert [one.example.encoded.text for one in prepared.unlabelled] == ["New text"]


def train(checkpoint: EncoderCheckpoint, out: Path, config: TrainConfig, data: NluData) -> list[str]:
    reports: list[Progress] = []
    train_bundle(data, config, encoder=checkpoint, out_path=out, progress=reports.append)
    return [report.message for report in reports]


@pytest.mark.parametrize("num_folds", [0, 2])
def test_unlabelled_texts_change_the_weights_and_are_counted(
    checkpoint: EncoderCheckpoint, tmp_path: Path, num_folds: int
) -> None:
    config = tiny_config(max_epochs=1)
    config = replace(config, calibration=replace(config.calibration, num_folds=num_folds))
    data = small_data()

    train(checkpoint, tmp_path / "without", config, data)
    messages = train(
        checkpoint, tmp_path / "with", config, replace(data, unlabelled=("hello track", "return my hat now"))
    )

    without, with_ = (load_bundle(tmp_path / name, encoder=checkpoint) for name in ("without", "with"))
    assert messages[0].endswith(", 2 without labels")
    assert without.contents.label_map == with_.contents.label_map
    assert not torch.equal(
        without.contents.heads["intent_head.linear.weight"], with_.contents.heads["intent_head.linear.weight"]
    )


@pytest.mark.parametrize("spread", [0.0, 1.0, -0.5])
def test_impossible_spread_is_refused(spread: float) -> None:
    with pytest.raises(ConfigError, match=r"spread: got .*, expected a number in \(0, 1\)"):
        TrainConfig(pseudo_labels=PseudoLabelSettings(spread=spread))


def test_no_neighbours_are_refused() -> None:
    with pytest.raises(ConfigError, match="num_neighbours: got 0"):
        TrainConfig(pseudo_labels=PseudoLabelSettings(num_neighbours=0))
