"""Whether a challenger may become champion: stated rules over two evaluations of the same examples. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from nlu.evaluation.metrics import label_atoms, span_key
from nlu.evaluation.report import EvaluationReport, compare
from nlu.types import Example, ParsedUtterance

# How far each figure may fall. Two trainings on almost the same data differ by a point or so; macro-F1 counts
# rare intents as much as frequent ones and moves more.
TOLERANCES = {"frame_accuracy": 0.02, "intent_accuracy": 0.02, "macro_f1": 0.03, "span_f1": 0.02}

_MAX_CHANGED = 100  # examples listed in a report
_DECIMALS = 4

Change = Literal["fixed", "broken", "changed"]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A bundle with what it understood of the held-out examples and of all corrected turns."""

    bundle_id: str
    held_out: Sequence[ParsedUtterance]
    corrections: Sequence[ParsedUtterance]


@dataclass(frozen=True, slots=True)
class Examples:
    """What both bundles are measured on; corrections may be among what the challenger was trained on."""

    held_out: Sequence[Example]
    corrections: Sequence[Example]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of both; higher is better. `champion` is None when there is none."""

    metric: str
    champion: float | None
    challenger: float
    tolerance: float
    is_ok: bool


@dataclass(frozen=True, slots=True)
class ChangedExample:
    """A held-out example that the two understand differently, intents after thresholds."""

    text: str
    expected_intent: str
    champion_intent: str
    challenger_intent: str
    change: Change


@dataclass(frozen=True, slots=True)
class Verdict:
    """The gate's decision with everything that it rests on."""

    is_promotable: bool
    reasons: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    changed: tuple[ChangedExample, ...]

    def to_json(self) -> dict[str, object]:
        """Give the verdict as JSON values."""
        return asdict(self)


def judge(champion: Evaluated | None, challenger: Evaluated, examples: Examples) -> Verdict:
    """Compare; the challenger passes if no figure falls by more than its tolerance.

    Rules: each figure of `TOLERANCES` on the held-out examples, where one single example never decides; and
    no fewer corrected turns understood than before. Without a champion the challenger passes; a challenger
    that is the champion itself does not.
    """
    if champion is None:
        comparisons = _compare(None, challenger, examples)
        return Verdict(True, ("There is no champion to compare with.",), comparisons, ())
    comparisons = _compare(champion, challenger, examples)
    changed = _changed(champion.held_out, challenger.held_out, examples.held_out)
    if challenger.bundle_id == champion.bundle_id:
        reason = "The challenger is the champion itself: nothing that matters has changed."
        return Verdict(False, (reason,), comparisons, changed)
    failed = tuple(_reason(comparison) for comparison in comparisons if not comparison.is_ok)
    passed = "No figure is worse than the champion's by more than its tolerance."
    return Verdict(not failed, failed or (passed,), comparisons, changed)


def _compare(champion: Evaluated | None, challenger: Evaluated, examples: Examples) -> tuple[Comparison, ...]:
    theirs = _figures(champion, examples) if champion is not None else {}
    smallest_step = 1.0 / len(examples.held_out) if examples.held_out else 0.0
    comparisons = []
    for metric, value in _figures(challenger, examples).items():
        tolerance = max(TOLERANCES[metric], smallest_step) if metric in TOLERANCES else 0.0
        before = theirs.get(metric)
        is_ok = before is None or value >= before - tolerance - 1e-9  # the last part: rounding
        comparisons.append(Comparison(metric, before, value, round(tolerance, _DECIMALS), is_ok))
    return tuple(comparisons)


def _figures(evaluated: Evaluated, examples: Examples) -> dict[str, float]:
    report = compare(evaluated.held_out, examples.held_out)
    right = [
        is_right(parsed, example)
        for parsed, example in zip(evaluated.corrections, examples.corrections, strict=True)
    ]
    return {**_headline(report), "corrected_turns_understood": float(sum(right))}


def _headline(report: EvaluationReport) -> dict[str, float]:
    summary = report.summary()
    return {metric: round(summary[metric], _DECIMALS) for metric in TOLERANCES}


def is_right(parsed: ParsedUtterance, example: Example) -> bool:
    """Say whether the customer would have been understood: intent after thresholds, and every span."""
    found = {span_key(entity) for entity in parsed.entities}
    is_understood = label_atoms(parsed.intent.name) == label_atoms(example.intent)
    return is_understood and found == {span_key(entity) for entity in example.entities}


def _changed(
    before: Sequence[ParsedUtterance], after: Sequence[ParsedUtterance], examples: Sequence[Example]
) -> tuple[ChangedExample, ...]:
    changed = [
        _changed_example(old, new, example)
        for old, new, example in zip(before, after, examples, strict=True)
        if _is_different(old, new)
    ]
    order = {"broken": 0, "fixed": 1, "changed": 2}
    return tuple(sorted(changed, key=lambda one: order[one.change])[:_MAX_CHANGED])


def _is_different(old: ParsedUtterance, new: ParsedUtterance) -> bool:
    spans_differ = set(map(span_key, old.entities)) != set(map(span_key, new.entities))
    return old.intent.name != new.intent.name or spans_differ


def _changed_example(old: ParsedUtterance, new: ParsedUtterance, example: Example) -> ChangedExample:
    was_right, is_right_now = is_right(old, example), is_right(new, example)
    change: Change = "changed"
    if was_right != is_right_now:
        change = "fixed" if is_right_now else "broken"
    return ChangedExample(example.text, example.intent, old.intent.name, new.intent.name, change)


def _reason(comparison: Comparison) -> str:
    return (
        f"{comparison.metric}: the challenger has {comparison.challenger:g}, the champion"
        f" {comparison.champion:g}; it may be lower by {comparison.tolerance:g} at most."
    )
