"""What a bundle reaches on one part of a data set, as flat numbers; the same code as `spandesk evaluate`."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.nlu.data import NO_INTENT, Part
from nlu.evaluation.metrics import label_atoms, label_scores
from nlu.evaluation.report import EvaluationReport, compare, parse_all
from nlu.evaluation.tokens import token_report
from nlu.interpreter import BundleInterpreter
from nlu.types import Example, ParsedUtterance


def metrics_of(part: Part, parsed: Sequence[ParsedUtterance], report: EvaluationReport) -> dict[str, float]:
    """Give every number that a table may show about `part`."""
    numbers = dict(report.summary())
    numbers["entity_macro_f1"] = report.entity_averages.macro.f1
    if report.chance_calibration_error is not None:
        numbers["chance_calibration_error"] = report.chance_calibration_error
    if report.atoms:
        numbers["intent_set_f1"] = intent_set_f1(part.examples, parsed)
    if part.windows:
        numbers |= _token_metrics(part, parsed)
    return numbers


def measure(interpreter: BundleInterpreter, part: Part) -> tuple[dict[str, float], EvaluationReport]:
    """Parse `part` and compare."""
    parsed = parse_all(interpreter.parse, part.examples)
    report = compare(parsed, part.examples)
    return metrics_of(part, parsed, report), report


def intent_set_f1(examples: Sequence[Example], parsed: Sequence[ParsedUtterance]) -> float:
    """Score intents as sets, micro-averaged, before thresholds; an utterance without any counts as empty.

    Casanueva et al. 2022, "NLU++", section 4.
    """
    best = [one.ranking[0].name if one.ranking else one.intent.name for one in parsed]
    overall, _ = label_scores(
        [_atoms(example.intent) for example in examples], [_atoms(name) for name in best]
    )
    return overall.f1


def _atoms(label: str) -> frozenset[str]:
    return frozenset(label_atoms(label)) - {NO_INTENT}


def _token_metrics(part: Part, parsed: Sequence[ParsedUtterance]) -> dict[str, float]:
    tokens = token_report(part.examples, parsed, [window.tokens for window in part.windows])
    averages = {
        "token_micro_f1": tokens.averages.micro.f1,
        "token_macro_f1": tokens.averages.macro.f1,
    }
    return averages | {f"token_f1 {tag}": score.f1 for tag, score in tokens.tags.items()}
