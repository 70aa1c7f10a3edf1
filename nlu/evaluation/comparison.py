"""Two reports on the same examples side by side: before and after fine-tuning, champion and challenger."""

from __future__ import annotations

from dataclasses import dataclass

from nlu.evaluation.report import EvaluationReport, Miss, ReportError


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number and how to read it."""

    name: str  # key in `EvaluationReport.summary`
    title: str
    meaning: str
    is_higher_better: bool = True
    is_percentage: bool = True


FIGURES = (
    Figure("intent_accuracy", "Intent accuracy", "most confident intent is right, before thresholds"),
    Figure("macro_f1", "Intent macro F1", "mean F1 over intents, each counted once"),
    Figure("atom_f1", "Atomic intent F1", "over all atomic intents of a+b labels together"),
    Figure("span_f1", "Span F1", "strict: offsets, entity, role and group"),
    Figure("frame_accuracy", "Frame accuracy", "intent and exactly the right spans"),
    Figure("calibration_error", "Calibration error", "expected, 15 bins; lower is better", False, False),
    Figure("accepted_accuracy", "Accepted accuracy", "right after thresholds; a refusal counts as wrong"),
    Figure("fallback_rate", "False alarms", "in-scope examples that were refused; lower is better", False),
    Figure("out_of_scope_recall", "Out-of-scope recall", "out-of-scope examples that were refused"),
    Figure(
        "out_of_scope_auroc", "Out-of-scope AUROC", "how well the score separates them", is_percentage=False
    ),
)


@dataclass(frozen=True, slots=True)
class FigureChange:
    """One headline number, and what it was before."""

    figure: Figure
    value: float
    before: float | None

    @property
    def difference(self) -> float:
        """Give how much the number has grown; 0 without an earlier one."""
        return 0.0 if self.before is None else self.value - self.before

    @property
    def is_better(self) -> bool | None:
        """Say whether it changed for the better; None when it did not change."""
        if self.difference == 0.0:
            return None
        return (self.difference > 0.0) == self.figure.is_higher_better


@dataclass(frozen=True, slots=True)
class Changes:
    """Examples that were wrong and are right now, as they were missed before; and the other way round."""

    fixed: tuple[Miss, ...]
    broken: tuple[Miss, ...]


def compare_figures(report: EvaluationReport, before: EvaluationReport | None) -> tuple[FigureChange, ...]:
    """Give the headline numbers that these examples say something about."""
    numbers = report.summary()
    earlier = before.summary() if before is not None else {}
    silent = _silent_figures(report)
    return tuple(
        FigureChange(figure, numbers[figure.name], earlier.get(figure.name))
        for figure in FIGURES
        if figure.name in numbers and figure.name not in silent
    )


def compare_misses(report: EvaluationReport, before: EvaluationReport) -> Changes:
    """Find the examples that changed sides; frames count, before thresholds.

    Raises:
        ReportError: the reports are about other examples.
    """
    if report.examples_hash != before.examples_hash:
        raise ReportError(
            f"got reports on {report.num_examples} and {before.num_examples} examples that differ, expected "
            "the same examples in the same order; evaluate both on one file"
        )
    wrong_now = {miss.position for miss in report.misses}
    wrong_before = {miss.position for miss in before.misses}
    return Changes(
        fixed=tuple(miss for miss in before.misses if miss.position not in wrong_now),
        broken=tuple(miss for miss in report.misses if miss.position not in wrong_before),
    )


def _silent_figures(report: EvaluationReport) -> frozenset[str]:
    """Name the numbers that have no denominator."""
    silent: set[str] = set()
    if not report.entities:
        silent.add("span_f1")
    if not report.num_out_of_scope:
        silent.add("out_of_scope_recall")
    return frozenset(silent)
