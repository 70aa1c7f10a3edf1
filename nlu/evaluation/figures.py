"""Which headline figures are shown and kept: only those that there was something to count for."""

from __future__ import annotations

from nlu.evaluation.report import EvaluationReport

_OF_EXAMPLES = (
    "intent_accuracy",
    "accepted_accuracy",
    "fallback_rate",
    "macro_f1",
    "calibration_error",
    "frame_accuracy",
)


def countable_figures(report: EvaluationReport) -> dict[str, float]:
    """Give the summary without the figures whose denominator is 0: such a 0 would look like a failure.

    Spans are counted where any was annotated or found.
    """
    empty: set[str] = set()
    if not report.num_examples:
        empty |= set(_OF_EXAMPLES)
    if not report.entities:
        empty.add("span_f1")
    if not report.num_out_of_scope:
        empty.add("out_of_scope_recall")
    return {name: value for name, value in report.summary().items() if name not in empty}
