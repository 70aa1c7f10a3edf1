from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlu.evaluation.split import split_held_out
from nlu.types import Example

HELD_OUT_OF_TWENTY = ["5", "6", "9", "11", "18"]
EXAMPLES = [Example(f"question number {number}", "ask") for number in range(400)]


def test_split_is_stable_for_ever() -> None:
    _, held_out = split_held_out(EXAMPLES[:20], fraction=0.2)

    assert [example.text.rsplit(" ", 1)[1] for example in held_out] == HELD_OUT_OF_TWENTY


def test_split_holds_out_about_the_fraction() -> None:
    train, held_out = split_held_out(EXAMPLES, fraction=0.2)

    assert len(train) + len(held_out) == 400
    assert 60 <= len(held_out) <= 100


def test_same_text_in_another_spelling_is_on_the_same_side() -> None:
    shouted = [Example(example.text.upper() + " ", "other") for example in EXAMPLES]

    _, held_out = split_held_out(EXAMPLES, fraction=0.2)
    _, shouted_held_out = split_held_out(shouted, fraction=0.2)

    assert [example.text.upper() + " " for example in held_out] == [one.text for one in shouted_held_out]


@given(st.integers(0, 400))
def test_other_examples_do_not_move_an_example(cut: int) -> None:
    _, held_out = split_held_out(EXAMPLES, fraction=0.2)
    _, part = split_held_out(EXAMPLES[:cut], fraction=0.2)

    assert part == [example for example in held_out if example in EXAMPLES[:cut]]
