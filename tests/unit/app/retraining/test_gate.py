from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from app.retraining.gate import ChangedExample, Evaluated, Examples, Verdict, is_right, judge
from nlu.types import EntityAnnotation, Example
from tests.fakes_training import parse_as

INTENTS = ("track_order", "return_item")
HELD_OUT = [Example(f"text {n}", INTENTS[n % 2]) for n in range(100)]
EXAMPLES = Examples(HELD_OUT, [])


def evaluated(bundle_id: str, *, wrong: Sequence[int] = ()) -> Evaluated:
    """A bundle that is wrong on the held-out examples of these numbers."""
    parses = [
        parse_as(example.text, "greet" if n in wrong else example.intent)
        for n, example in enumerate(HELD_OUT)
    ]
    return Evaluated(bundle_id, parses, [])


def figure(verdict: Verdict, metric: str) -> tuple[float | None, float, bool]:
    found = next(one for one in verdict.comparisons if one.metric == metric)
    return found.champion, found.challenger, found.is_ok


def test_equal_challenger_passes() -> None:
    verdict = judge(evaluated("old"), evaluated("new"), EXAMPLES)

    assert verdict.is_promotable
    assert verdict.reasons == ("No figure is worse than the champion's by more than its tolerance.",)
    assert verdict.changed == ()


def test_better_challenger_passes() -> None:
    verdict = judge(evaluated("old", wrong=range(20)), evaluated("new"), EXAMPLES)

    assert verdict.is_promotable
    assert figure(verdict, "intent_accuracy") == (0.8, 1.0, True)


def test_challenger_may_be_worse_by_the_tolerance() -> None:
    assert judge(evaluated("old"), evaluated("new", wrong=[0, 1]), EXAMPLES).is_promotable


def test_challenger_that_is_worse_fails_with_reasons() -> None:
    verdict = judge(evaluated("old"), evaluated("new", wrong=[0, 1, 2]), EXAMPLES)

    assert not verdict.is_promotable
    assert figure(verdict, "frame_accuracy") == (1.0, 0.97, False)
    assert verdict.reasons[0] == (
        "frame_accuracy: the challenger has 0.97, the champion 1; it may be lower by 0.02 at most."
    )


def test_one_example_of_a_small_set_never_decides() -> None:
    small = Examples(HELD_OUT[:10], [])
    champion, challenger = evaluated("old"), evaluated("new", wrong=[0])

    verdict = judge(
        Evaluated("old", champion.held_out[:10], []), Evaluated("new", challenger.held_out[:10], []), small
    )

    assert figure(verdict, "intent_accuracy") == (1.0, 0.9, True)


def test_first_challenger_passes() -> None:
    verdict = judge(None, evaluated("new", wrong=range(50)), EXAMPLES)

    assert verdict.is_promotable
    assert verdict.reasons == ("There is no champion to compare with.",)
    assert figure(verdict, "intent_accuracy") == (None, 0.5, True)


def test_champion_itself_is_not_promoted_again() -> None:
    verdict = judge(evaluated("same"), evaluated("same"), EXAMPLES)

    assert not verdict.is_promotable
    assert "champion itself" in verdict.reasons[0]


def test_lost_spans_fail_the_gate() -> None:
    text = "the red one"
    examples = Examples([Example(text, "inform", (EntityAnnotation(4, 7, "colour", "red"),))] * 100, [])
    champion = Evaluated("old", [parse_as(text, "inform", (4, 7, "colour"))] * 100, [])
    challenger = Evaluated("new", [parse_as(text, "inform")] * 100, [])

    verdict = judge(champion, challenger, examples)

    assert not verdict.is_promotable
    assert figure(verdict, "span_f1") == (1.0, 0.0, False)
    assert figure(verdict, "intent_accuracy") == (1.0, 1.0, True)


@pytest.mark.parametrize(("understood", "is_promotable"), [(0, False), (1, True), (2, True)])
def test_challenger_understands_no_fewer_corrected_turns(understood: int, is_promotable: bool) -> None:
    corrections = [Example("one", "return_item"), Example("two", "return_item")]
    before = [parse_as("one", "return_item"), parse_as("two", "greet")]
    after = [
        parse_as(c.text, "return_item" if n < understood else "greet") for n, c in enumerate(corrections)
    ]
    held_out = evaluated("x").held_out

    verdict = judge(
        Evaluated("old", held_out, before),
        Evaluated("new", held_out, after),
        Examples(HELD_OUT, corrections),
    )

    assert verdict.is_promotable is is_promotable
    assert figure(verdict, "corrected_turns_understood")[:2] == (1.0, float(understood))


def test_changed_examples_are_listed_worst_first() -> None:
    verdict = judge(evaluated("old", wrong=[0]), evaluated("new", wrong=[1]), EXAMPLES)

    assert verdict.changed == (
        ChangedExample("text 1", "return_item", "return_item", "greet", "broken"),
        ChangedExample("text 0", "track_order", "greet", "track_order", "fixed"),
    )


def test_without_held_out_examples_nothing_is_worse() -> None:
    nothing = Evaluated("old", [], []), Evaluated("new", [], [])

    assert judge(*nothing, Examples([], [])).is_promotable


def test_verdict_is_json() -> None:
    verdict = judge(evaluated("old"), evaluated("new", wrong=[1]), EXAMPLES)

    assert json.loads(json.dumps(verdict.to_json()))["comparisons"][0]["metric"] == "frame_accuracy"


@pytest.mark.parametrize(
    ("intent", "expected"),
    [("thank+greet", True), ("greet+thank", True), ("greet", False), ("greet+thank+bye", False)],
    ids=["other order", "same", "fewer", "more"],
)
def test_several_intents_are_right_in_any_order_and_only_together(intent: str, expected: bool) -> None:
    assert is_right(parse_as("hi, thanks", intent), Example("hi, thanks", "greet+thank")) is expected


def test_right_intents_with_other_spans_are_wrong() -> None:
    example = Example("red, thanks", "inform+thank", (EntityAnnotation(0, 3, "colour", "red"),))

    assert is_right(parse_as(example.text, "thank+inform", (0, 3, "colour")), example)
    assert not is_right(parse_as(example.text, "thank+inform"), example)


def test_another_order_of_the_intents_is_no_loss() -> None:
    corrections = [Example("hi, thanks", "greet+thank")]
    before, after = ([parse_as("hi, thanks", intent)] for intent in ("greet+thank", "thank+greet"))
    held_out = evaluated("x").held_out

    verdict = judge(
        Evaluated("old", held_out, before),
        Evaluated("new", held_out, after),
        Examples(HELD_OUT, corrections),
    )

    assert verdict.is_promotable
    assert figure(verdict, "corrected_turns_understood") == (1.0, 1.0, True)
