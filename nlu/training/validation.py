"""How good the model is on the validation split after an epoch, as its users will see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from nlu.candidates import intent_candidates
from nlu.evaluation.metrics import Score, accuracy, score_counts
from nlu.labels import INTENT_JOINER, LabelMap
from nlu.model import JointModel, word_spans
from nlu.training.compute import Compute
from nlu.training.dataset import CachedExample, TrainingBatch
from nlu.training.forward import run_cached


@dataclass(frozen=True, slots=True)
class EpochResult:
    """Quality on the validation split after an epoch; higher is better except the loss.

    `intent_accuracy` counts an utterance of several intents only when exactly these are found.
    """

    epoch: int
    train_loss: float
    intent_accuracy: float
    span_f1: float
    frame_accuracy: float
    seconds: float

    @property
    def intent_and_span(self) -> float:
        """Average intent accuracy and span F1."""
        return (self.intent_accuracy + self.span_f1) / 2.0


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares of right intents and right frames among all examples, strict spans; 0 without examples."""

    intent_accuracy: float
    frame_accuracy: float
    spans: Score


def validate(
    model: JointModel,
    examples: Sequence[CachedExample],
    label_map: LabelMap,
    *,
    first_trained_layer: int,
    compute: Compute,
) -> Quality:
    """Run the model over `examples` and compare."""
    hits: list[bool] = []
    frames: list[bool] = []
    num_right = num_predicted = num_true = 0
    for batch, output in run_cached(model, examples, first_trained_layer, compute):
        hits += right_intents(output.intent_logits, batch.targets.intents, label_map)
        gains = output.span_gains.numpy()
        for row, encoded in enumerate(batch.encoded):
            found = {(span.start, span.end - 1, span.label + 1) for span in word_spans(gains[row], encoded)}
            true = _true_spans(batch, row)
            num_right += len(found & true)
            num_predicted, num_true = num_predicted + len(found), num_true + len(true)
            frames.append(hits[len(frames)] and found == true)
    spans = score_counts(num_right=num_right, num_predicted=num_predicted, num_true=num_true)
    return Quality(accuracy(hits), accuracy(frames), spans)


def right_intents(logits: torch.Tensor, intents: torch.Tensor, label_map: LabelMap) -> list[bool]:
    """Say of every utterance whether its best candidate has exactly the true intents.

    Args:
        logits: ``(batch, num_intents)`` float32.
        intents: ``(batch, num_intents)`` float32, multi-hot.
        label_map: the labels that are candidates.
    """
    if not label_map.is_multi_label:
        return [bool(hit) for hit in logits.argmax(dim=1) == intents.argmax(dim=1)]
    candidates = intent_candidates(logits.numpy(), label_map)
    return [
        one.number_of(one.best) == one.number_of(intent_label(row, label_map))
        for one, row in zip(candidates, intents, strict=True)
    ]


def intent_label(row: torch.Tensor, label_map: LabelMap) -> str:
    """Name the intents that are set in a row, ``(num_intents,)``."""
    return INTENT_JOINER.join(label_map.intents[number] for number in row.nonzero().flatten().tolist())


def _true_spans(batch: TrainingBatch, row: int) -> set[tuple[int, int, int]]:
    spans = batch.targets.spans[row]
    return {(first, last, int(spans[first, last])) for first, last in spans.nonzero().tolist()}
