"""What a run cannot train or validate on is left out, never changed."""

from __future__ import annotations

import pytest

from benchmarks.nlu.trainable import keep_aligned, keep_known
from nlu.types import FALLBACK_INTENT, EntityAnnotation, Example


def example(text: str, *borders: tuple[int, int], intent: str = "book", entity: str = "time") -> Example:
    spans = (EntityAnnotation(start, end, entity, text[start:end]) for start, end in borders)
    return Example(text, intent, tuple(spans))


def whole_words(text: str) -> list[tuple[int, int]]:
    starts = [0] + [position + 1 for position, letter in enumerate(text) if letter == " "]
    return [(start, start + len(text[start:].split()[0])) for start in starts]


def test_span_within_a_token_leaves_its_example_out() -> None:
    good, bad, plain = example("at 6 pm", (3, 7)), example("at 6pm", (3, 4)), example("hello")

    assert keep_aligned([good, bad, plain], whole_words) == ((good, plain), 1)


@pytest.mark.parametrize(
    ("candidate", "is_kept"),
    [
        pytest.param(example("a", intent="book"), True, id="known"),
        pytest.param(example("a", intent="book+ask"), True, id="known-atoms"),
        pytest.param(example("a", intent=FALLBACK_INTENT), True, id="out-of-scope"),
        pytest.param(example("a", intent="book+sing"), False, id="unknown-atom"),
        pytest.param(example("a", (0, 1), entity="place"), False, id="unknown-entity"),
    ],
)
def test_validation_holds_only_labels_of_training(candidate: Example, is_kept: bool) -> None:
    train = [example("at 6", (3, 4)), example("why", intent="ask")]

    assert keep_known([candidate], train) == ((candidate,) if is_kept else ())
