"""What is reported about a data set: the figure, the target set for it, and what others published."""

from __future__ import annotations

from dataclasses import dataclass

TRAINING_MINUTES = "training_minutes"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Attributes:
        metric: its name among the metrics of a run, or `TRAINING_MINUTES`.
        label: what a reader sees; says the unit.
        target: the value to reach, in the unit of the metric, or None.
        reference: what is published, with its source.
        part: which part of the data set it is about.
        is_percent: shown as a percentage.
        is_limit: the target is the most that is allowed.
    """

    metric: str
    label: str
    target: float | None = None
    reference: str = ""
    part: str = "test"
    is_percent: bool = True
    is_limit: bool = False

    def is_reached(self, value: float) -> bool | None:
        """Say whether `value` reaches the target; None when there is none."""
        if self.target is None:
            return None
        return value <= self.target if self.is_limit else value >= self.target

    def show(self, value: float) -> str:
        """Write a value in the unit of the row."""
        return f"{100 * value:.1f}" if self.is_percent else f"{value:.3f}"


_CALIBRATION = Figure(
    "calibration_error", "expected calibration error", 0.03, "", is_percent=False, is_limit=True
)
_CHANCE = Figure(  # only where the test part is small
    "chance_calibration_error", "the same of honest confidences on so few examples", is_percent=False
)
_SCOPE = "BERT with 40 % out-of-scope recall (Larson et al. 2019)"
_JOINT_BERT = "{} BERT + CRF, {} DistilBERT + CRF, best of their epochs (JointBERT by monologg)"
_PUBLISHED_TOKENS = {
    "B-LOC": 0.916,
    "I-LOC": 0.850,
    "B-MISC": 0.865,
    "I-MISC": 0.809,
    "B-ORG": 0.906,
    "I-ORG": 0.902,
    "B-PER": 0.960,
    "I-PER": 0.982,
    "O": 0.994,
}
_SPANBERT = "a SpanBERT fine-tuning table: {:.3f}"


def intent_accuracy(target: float, reference: str) -> tuple[Figure, ...]:
    """Report a single-label intent set."""
    return Figure("intent_accuracy", "accuracy, %", target, reference), _CALIBRATION


BANKING77 = (
    *intent_accuracy(0.94, "about 93.8 with 110 M parameters and more"),
    Figure(
        TRAINING_MINUTES,
        "training, minutes",
        7.0,
        "Rasa 3.6 DIET: 6 epochs in 21 minutes for 87.8 %, machine busy",
        is_percent=False,
        is_limit=True,
    ),
)
BANKING77_10SHOT = intent_accuracy(0.88, "RoBERTa classifier 84.3 (Zhang et al. 2021)")
CLINC150_10SHOT = intent_accuracy(0.942, "RoBERTa classifier 91.6 (Zhang et al. 2021)")
BANKING77_UNLABELLED = intent_accuracy(
    0.88, "CPFT 87.2, pretrained on utterances without labels too (Zhang et al. 2021)"
)
CLINC150_UNLABELLED = intent_accuracy(
    0.942, "CPFT 94.2, pretrained on utterances without labels too (Zhang et al. 2021)"
)
CLINC150 = (
    Figure("intent_accuracy", "in-scope accuracy before thresholds, %", 0.97, f"96.9, {_SCOPE}"),
    Figure("accepted_accuracy", "in-scope accuracy at the shipped threshold, %", 0.95, ""),
    Figure("out_of_scope_recall", "out-of-scope recall at the shipped threshold, %", 0.80, f"40, {_SCOPE}"),
    Figure("out_of_scope_auroc", "out-of-scope AUROC", 0.975, "", is_percent=False),
    _CALIBRATION,
)
CUREKART = (
    Figure("intent_accuracy", "in-scope accuracy before thresholds, %"),
    Figure("accepted_accuracy", "in-scope accuracy at the shipped threshold, %"),
    Figure("out_of_scope_recall", "out-of-scope recall at the shipped threshold, %"),
    Figure("out_of_scope_auroc", "out-of-scope AUROC", is_percent=False),
    _CALIBRATION,
    _CHANCE,
)
SNIPS = (
    Figure("intent_accuracy", "intent accuracy, %", 0.989, _JOINT_BERT.format(98.6, 98.6)),
    Figure("span_f1", "slot F1, strict, %", 0.972, _JOINT_BERT.format(97.2, 96.5)),
    Figure("frame_accuracy", "sentence accuracy, %", 0.936, _JOINT_BERT.format(93.6, 91.9)),
    _CALIBRATION,
)
ATIS = (
    Figure("intent_accuracy", "intent accuracy, %", 0.98, _JOINT_BERT.format(98.0, 97.7)),
    Figure("span_f1", "slot F1, strict, %", 0.96, _JOINT_BERT.format(95.9, 95.9)),
    Figure("frame_accuracy", "sentence accuracy, %", 0.887, _JOINT_BERT.format(88.6, 88.2)),
    _CALIBRATION,
)
ATIS_ROLES = (
    Figure("intent_accuracy", "intent accuracy, %"),
    Figure("span_f1", "slot F1 with roles, strict, %"),
    Figure("frame_accuracy", "sentence accuracy, %"),
)
CONLL2003 = (
    Figure("span_f1", "entity F1, strict, %", 0.91, ""),
    Figure("span_f1", "entity F1, strict, corrected test (CoNLL++), %", part="conllpp"),
    Figure("token_micro_f1", "token micro F1, O counted", 0.973, _SPANBERT.format(0.973), is_percent=False),
    Figure("token_macro_f1", "token macro F1, O counted", 0.909, _SPANBERT.format(0.909), is_percent=False),
    *(
        Figure(f"token_f1 {tag}", f"token F1 of {tag}", value, _SPANBERT.format(value), is_percent=False)
        for tag, value in _PUBLISHED_TOKENS.items()
    ),
)
RESTAURANTS8K = (
    Figure("span_f1", "span F1, strict, all slots together, %", 0.96, ""),
    Figure(
        "entity_macro_f1", "span F1, strict, mean of slots, %", 0.96, "ConVEx 96.0 (Henderson and Vulić 2021)"
    ),
)
NLUPP = (
    Figure("intent_set_f1", "intent F1, micro, %"),
    Figure("span_f1", "slot F1, strict, %"),
    Figure("frame_accuracy", "sentence accuracy, %"),
    _CALIBRATION,
    _CHANCE,
)
MULTIDOGO = (
    Figure("intent_accuracy", "intents, all right, %"),
    Figure("span_f1", "slot F1, strict, %"),
    Figure("frame_accuracy", "sentence accuracy, %"),
    _CALIBRATION,
)
BITEXT = (
    Figure("intent_accuracy", "accuracy, %"),
    Figure("span_f1", "entity F1, strict, %"),
    Figure("frame_accuracy", "sentence accuracy, %"),
    _CALIBRATION,
)
