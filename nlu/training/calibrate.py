"""Calibration after training: temperatures and thresholds from examples that the model was not trained on.

These are the validation split or, where data is scarce, all training examples: each is judged by a model that
was trained on the others (`nlu.training.cross_fit`). Everything is float32; without any such example nothing
is ever refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nlu.calibration import Calibration, Thresholds, softmax
from nlu.candidates import intent_candidates
from nlu.evaluation.calibration import fit_temperature, threshold_above, threshold_below
from nlu.labels import LabelMap
from nlu.model import JointModel, span_cells
from nlu.out_of_scope import ScopeScore, fit_scope_score
from nlu.training.compute import Compute
from nlu.training.config import CalibrationSettings
from nlu.training.dataset import CachedExample
from nlu.training.forward import run_cached
from nlu.training.loop import TrainingSplits
from nlu.training.validation import intent_label

_LIKELY_GAIN = -6.0  # spans below are surely unlabelled and tell nothing about the span temperature
_NO_CANDIDATE = -1e9  # the logit where an utterance has fewer candidates than others


@dataclass(frozen=True, slots=True, eq=False)
class UnseenOutputs:
    """What a model says about examples that it was not trained on.

    Attributes:
        intent_logits: ``(examples, candidates)`` float32.
        intents: ``(examples,)`` int64 true candidates, -1 where the true label is none.
        span_logits: ``(cells, labels + 1)`` float32 of likely spans, no label first.
        spans: ``(cells,)`` int64 true labels.
        scope_scores: ``(examples,)`` float32.
    """

    intent_logits: NDArray[np.float32]
    intents: NDArray[np.int64]
    span_logits: NDArray[np.float32]
    spans: NDArray[np.int64]
    scope_scores: NDArray[np.float32]

    @classmethod
    def nothing(cls) -> UnseenOutputs:
        """Give the outputs for no examples."""
        no_rows, none = np.zeros((0, 1), dtype=np.float32), np.zeros(0, dtype=np.int64)
        return cls(no_rows, none, no_rows, none, np.zeros(0, dtype=np.float32))

    @classmethod
    def join(cls, outputs: Sequence[UnseenOutputs]) -> UnseenOutputs:
        """Put the outputs of several models for different examples together."""
        return cls(
            intent_logits=np.concatenate([one.intent_logits for one in outputs]),
            intents=np.concatenate([one.intents for one in outputs]),
            span_logits=np.concatenate([one.span_logits for one in outputs]),
            spans=np.concatenate([one.spans for one in outputs]),
            scope_scores=np.concatenate([one.scope_scores for one in outputs]),
        )


def fit_scope(
    model: JointModel, splits: TrainingSplits, settings: CalibrationSettings, compute: Compute
) -> ScopeScore:
    """Fit the out-of-scope score to what the model makes of its training examples."""
    embeddings, intents = [], []
    for batch, output in run_cached(model, splits.train, splits.first_trained_layer, compute):
        embeddings.append(output.embedding)
        intents.append(batch.targets.intents)
    return fit_scope_score(
        settings.scope_score,
        _stack(embeddings, model.encoder.hidden),
        _stack(intents, len(splits.label_map.intents)),
        num_neighbours=settings.num_neighbours,
    )


def run_unseen(
    model: JointModel,
    examples: Sequence[CachedExample],
    scope: ScopeScore,
    *,
    splits: TrainingSplits,
    compute: Compute,
    trained_labels: Sequence[str] | None = None,
) -> UnseenOutputs:
    """Run a trained model over examples that it was not trained on.

    `splits` gives label map and layer; `trained_labels` are the intents that it was trained on, if not all.
    """
    label_map = splits.label_map
    logits, intents, cells, labels, embeddings = [], [], [], [], []
    for batch, output in run_cached(model, examples, splits.first_trained_layer, compute):
        logits.append(output.intent_logits)
        intents.append(batch.targets.intents)
        embeddings.append(output.embedding)
        gains = output.span_gains.permute(0, 2, 3, 1)  # (batch, seq, seq, num_labels)
        padded = torch.nn.functional.pad(gains, (1, 0))  # class 0 is no label, with gain 0
        likely = (gains > _LIKELY_GAIN).any(dim=-1) | (batch.targets.spans > 0)
        chosen = likely & span_cells(batch.batch.word_mask)
        cells.append(padded[chosen])
        labels.append(batch.targets.spans[chosen])
    num_intents = len(label_map.intents)
    all_logits = _stack(logits, num_intents)
    candidate_logits, candidates = _candidate_logits(
        all_logits, _stack(intents, num_intents), label_map, trained_labels
    )
    return UnseenOutputs(
        intent_logits=candidate_logits,
        intents=candidates,
        span_logits=_stack(cells, len(label_map.span_labels) + 1),
        spans=_stack(labels).astype(np.int64),
        scope_scores=scope.score(_stack(embeddings, model.encoder.hidden), all_logits),
    )


def choose_calibration(outputs: UnseenOutputs, settings: CalibrationSettings) -> Calibration:
    """Choose temperatures by likelihood and thresholds by false-alarm rate."""
    intent_temperature = fit_temperature(outputs.intent_logits, outputs.intents)
    span_temperature = fit_temperature(outputs.span_logits, outputs.spans)
    return Calibration(
        intent_temperature, span_temperature, _thresholds(outputs, intent_temperature, settings)
    )


def _thresholds(
    outputs: UnseenOutputs, intent_temperature: float, settings: CalibrationSettings
) -> Thresholds:
    if not len(outputs.intents):
        return Thresholds()
    confidences = softmax(outputs.intent_logits, intent_temperature)
    is_right = confidences.argmax(axis=1) == outputs.intents
    return Thresholds(
        min_confidence=threshold_below(
            confidences.max(axis=1)[is_right], false_alarm_rate=settings.unsure_rate
        ),
        min_margin=settings.min_margin,
        max_out_of_scope_score=threshold_above(
            outputs.scope_scores, false_alarm_rate=settings.out_of_scope_rate
        ),
    )


def _candidate_logits(
    logits: NDArray[np.float32],
    intents: NDArray[np.float32],
    label_map: LabelMap,
    labels: Sequence[str] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Give the logits of the candidates, and the true one of every utterance: -1 where it is none of them."""
    if not label_map.is_multi_label:
        return logits, intents.argmax(axis=1)
    rows = np.full((len(logits), len(label_map.intent_labels) + 1), _NO_CANDIDATE, dtype=np.float32)
    true = np.full(len(logits), -1, dtype=np.int64)
    for row, candidates in enumerate(intent_candidates(logits, label_map, labels)):
        rows[row, : len(candidates.logits)] = candidates.logits
        number = candidates.number_of(intent_label(torch.from_numpy(intents[row]), label_map))
        true[row] = -1 if number is None else number
    return rows, true


def _stack(tensors: Sequence[torch.Tensor], *row_shape: int) -> NDArray[np.float32]:
    joined = torch.cat(list(tensors)) if tensors else torch.zeros((0, *row_shape))
    return np.asarray(joined.numpy())
