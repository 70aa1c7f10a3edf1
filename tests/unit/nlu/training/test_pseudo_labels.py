"""Intents spread to texts that nobody annotated: along neighbours, never from nowhere, never to spans."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from nlu.bundle import load_bundle
from nlu.checkpoint import EncoderCheckpoint
from nlu.data.rasa_nlu import NluData
from nlu.model import UNKNOWN_SPAN
from nlu.training import dataset, fit, pseudo_labels
from nlu.training.compute import EXACT_CPU
from nlu.training.config import ConfigError, PseudoLabelSettings, TrainConfig
from nlu.training.cross_fit import run_out_of_fold
from nlu.training.dataset import CachedExample, TrainingExample, make_batches
from nlu.training.pipeline import train_bundle
from nlu.training.prepare import Prepared, divide, prepare
from nlu.training.progress import Progress, RunClock
from nlu.training.pseudo_labels import pseudo_label, spread_labels
from tests.fakes_nlu import example, small_data, tiny_config
from tests.fakes_training_loop import RecordingWatcher, two_words


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


def label(
    train: Sequence[CachedExample], texts: Sequence[CachedExample], settings: PseudoLabelSettings
) -> list[CachedExample]:
    """Take the embeddings that the examples bring; the model believes in the nearest annotated examples."""
    embeddings = torch.stack([one.teacher for one in (*train, *texts)])
    intents = torch.stack([one.example.intents for one in train])
    logits = 100.0 * embeddings @ embeddings[: len(train)].T @ intents
    return pseudo_label(train, texts, settings, embeddings=embeddings, logits=logits)


def test_label_travels_along_a_chain_of_neighbours() -> None:
    chain = [10.0 * step for step in range(1, 10)]  # its end at 90 is nearer to the other label at 150
    points = on_circle(0.0, 150.0, *chain, 145.0)
    assert (points[10] @ points[1]) > (points[10] @ points[0])

    shares = spread_labels(points, torch.eye(2), PseudoLabelSettings(num_neighbours=2, min_similarity=0.9))

    assert shares[2:11].argmax(dim=1).tolist() == [0] * 9
    assert shares[11].argmax() == 1
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(12))


def test_annotated_texts_keep_their_labels() -> None:
    settings = PseudoLabelSettings(num_neighbours=2, spread=0.5)

    shares = spread_labels(on_circle(0.0, 5.0, 2.0), torch.eye(2), settings)

    assert shares[:2].argmax(dim=1).tolist() == [0, 1]


def test_text_between_two_intents_counts_less_than_one_beside_one() -> None:
    between, beside = label(labelled(0.0, 90.0), unlabelled(45.0, 1.0), PseudoLabelSettings())

    assert between.example.weight == pytest.approx(0.5, abs=0.05)
    assert 0.8 < beside.example.weight <= 1.0
    assert beside.example.intents.tolist() == [1.0, 0.0]
    assert between.example.spans is None


def test_weight_of_certain_labels_is_set() -> None:
    (full,) = label(labelled(0.0, 180.0), unlabelled(1.0), PseudoLabelSettings())
    (half,) = label(labelled(0.0, 180.0), unlabelled(1.0), PseudoLabelSettings(weight=0.5))

    assert (full.example.weight, half.example.weight) == pytest.approx((1.0, 0.5))


@pytest.mark.parametrize(("min_similarity", "num_labelled"), [(0.9, 0), (-1.0, 1)])
def test_text_that_is_unlike_everything_is_left_out(min_similarity: float, num_labelled: int) -> None:
    stray = unlabelled(90.0)

    spread = label(labelled(0.0, 1.0), stray, PseudoLabelSettings(min_similarity=min_similarity))

    assert len(spread) == num_labelled


def test_strays_that_resemble_each_other_alone_are_left_out() -> None:
    assert label(labelled(0.0, 1.0), unlabelled(178.0, 179.0, 180.0), PseudoLabelSettings()) == []


def test_combinations_of_intents_are_spread_as_a_whole() -> None:
    train = [cached(on_circle(0.0)[0], [1.0, 1.0]), cached(on_circle(90.0)[0], [0.0, 1.0])]

    (spread,) = label(train, unlabelled(3.0), PseudoLabelSettings())

    assert spread.example.intents.tolist() == [1.0, 1.0]


def test_a_single_intent_is_certain() -> None:
    (spread,) = label(labelled(0.0), unlabelled(3.0), PseudoLabelSettings())

    assert spread.example.weight == pytest.approx(1.0)


def test_model_and_neighbours_count_half_each() -> None:
    train, texts = labelled(0.0, 180.0), unlabelled(1.0)
    embeddings = torch.stack([one.teacher for one in (*train, *texts)])
    unsure = torch.tensor([[9.0, 0.0], [0.0, 9.0], [0.0, 0.0]])

    (doubted,) = pseudo_label(train, texts, PseudoLabelSettings(), embeddings=embeddings, logits=unsure)

    assert doubted.example.intents.tolist() == [1.0, 0.0]
    assert doubted.example.weight == pytest.approx((1.0 + 0.5) / 2)


def test_graph_is_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    points, labels = on_circle(*range(0, 90, 3)), torch.eye(2)
    whole = spread_labels(points, labels, PseudoLabelSettings())

    monkeypatch.setattr(pseudo_labels, "_MAX_CELLS", 100)  # three rows at once

    torch.testing.assert_close(spread_labels(points, labels, PseudoLabelSettings()), whole)


def test_batch_says_what_is_unknown_and_what_weighs_less() -> None:
    (spread,) = label(labelled(0.0), unlabelled(1.0), PseudoLabelSettings(weight=0.25))

    (batch,) = make_batches([*labelled(0.0), spread], batch_size=2, rng=None)

    known = [int(cells.unique()) for cells in batch.targets.spans]
    assert sorted(zip(known, batch.targets.weights.tolist(), strict=True)) == [(UNKNOWN_SPAN, 0.25), (0, 1.0)]


def prepared_with(texts: tuple[str, ...], checkpoint: EncoderCheckpoint, config: TrainConfig) -> Prepared:
    data = replace(small_data(), unlabelled=texts)
    clock = RunClock(lambda _: None)
    return prepare(data, divide(data, None, config), config, checkpoint, clock=clock, compute=EXACT_CPU)


def texts_of(examples: Sequence[CachedExample]) -> list[str]:
    return [one.example.encoded.text for one in examples]


def test_texts_that_are_examples_wordless_long_or_twice_are_left_out(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "MAX_UNLABELLED_TOKENS", 9)  # the tiny encoder reads no more than 48
    known, long = small_data().examples[0].text, "hello " * 8
    texts = ("new  text", known.upper(), "  ", "\u200b", long, "New text")

    prepared = prepared_with(texts, checkpoint, tiny_config())

    assert texts_of(prepared.unlabelled) == ["New text"]


def test_held_out_and_validation_texts_are_never_learnt_from() -> None:
    data = replace(small_data(), unlabelled=("Hold me out", "validate me", "learn me"))

    parts = divide(
        data, [example("validate me", "greet")], tiny_config(), held_out=[example("hold me out", "greet")]
    )

    assert parts.unlabelled == ["learn me"]


def test_order_of_the_texts_does_not_count() -> None:
    texts = ("b hello", "A hello", "a hello", "c hello")

    parts = [
        divide(replace(small_data(), unlabelled=order), None, tiny_config()) for order in (texts, texts[::-1])
    ]

    assert parts[0].unlabelled == parts[1].unlabelled


def train(checkpoint: EncoderCheckpoint, out: Path, config: TrainConfig, data: NluData) -> list[str]:
    reports: list[Progress] = []
    train_bundle(data, config, encoder=checkpoint, out_path=out, progress=reports.append)
    return [report.message for report in reports]


def test_unlabelled_texts_change_the_weights_and_are_counted(
    checkpoint: EncoderCheckpoint, tmp_path: Path
) -> None:
    config, data = tiny_config(max_epochs=1), small_data()

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


def test_fold_spreads_only_what_it_may_know(
    checkpoint: EncoderCheckpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny_config(max_epochs=1)
    config = replace(config, calibration=replace(config.calibration, num_folds=2))
    prepared = prepared_with(("hello track", "return my hat now"), checkpoint, config)
    known: list[list[str]] = []

    def noted(train: Sequence[CachedExample], *args: Any, **tensors: Any) -> list[CachedExample]:
        known.append(sorted(texts_of(train)))
        return pseudo_label(train, *args, **tensors)

    monkeypatch.setattr(fit, "pseudo_label", noted)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        run_out_of_fold(prepared, watcher=RecordingWatcher(), compute=EXACT_CPU)

    everything = sorted(one.text for one in small_data().examples)
    assert sorted([*known[0], *known[1]]) == everything  # two folds: each knows what the other judges


@pytest.mark.parametrize("labeller_epochs", [1, 3])
def test_labeller_trains_first_on_what_is_annotated(
    checkpoint: EncoderCheckpoint, labeller_epochs: int
) -> None:
    config = replace(
        tiny_config(max_epochs=2), pseudo_labels=PseudoLabelSettings(labeller_epochs=labeller_epochs)
    )
    prepared = prepared_with(("hello track", "return my hat now"), checkpoint, config)
    watcher = RecordingWatcher()

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        fit.fit_model(prepared, prepared.splits, watcher=watcher, compute=EXACT_CPU)

    per_epoch = -(-len(prepared.splits.train) // config.optimiser.batch_size)
    assert watcher.labeller_steps[-1].done == watcher.labeller_steps[-1].total == labeller_epochs * per_epoch
    assert len(watcher.states) == 2  # those of the labeller are nobody's


def test_without_other_texts_there_is_no_labeller(checkpoint: EncoderCheckpoint) -> None:
    prepared, watcher = prepared_with((), checkpoint, tiny_config(max_epochs=1)), RecordingWatcher()

    with torch.random.fork_rng(devices=[]):
        fit.fit_model(prepared, prepared.splits, watcher=watcher, compute=EXACT_CPU)

    assert watcher.labeller_steps == []


@pytest.mark.parametrize("spread", [0.0, 1.0, -0.5])
def test_impossible_spread_is_refused(spread: float) -> None:
    with pytest.raises(ConfigError, match=r"spread: got .*, expected a number in \(0, 1\)"):
        TrainConfig(pseudo_labels=PseudoLabelSettings(spread=spread))


@pytest.mark.parametrize("weight", [0.0, -1.0, 1.5, math.nan, math.inf])
def test_impossible_weight_is_refused(weight: float) -> None:
    with pytest.raises(ConfigError, match=r"weight: got .*, expected a number in \(0, 1\]"):
        TrainConfig(pseudo_labels=PseudoLabelSettings(weight=weight))


@pytest.mark.parametrize("similarity", [-1.1, 1.1, math.nan])
def test_impossible_similarity_is_refused(similarity: float) -> None:
    with pytest.raises(ConfigError, match=r"min_similarity: got"):
        TrainConfig(pseudo_labels=PseudoLabelSettings(min_similarity=similarity))


def test_no_neighbours_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"num_neighbours: got 0"):
        TrainConfig(pseudo_labels=PseudoLabelSettings(num_neighbours=0))
