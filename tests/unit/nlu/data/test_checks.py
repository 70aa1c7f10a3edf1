from __future__ import annotations

from dataclasses import replace

import pytest

from nlu.data.checks import check_example, note_doubts
from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError
from nlu.types import FALLBACK_INTENT, EntityAnnotation, Example

TEXT = "two red coats"


def annotated(*places: tuple[int, int], text: str = TEXT, source: str = "nlu.yml:7") -> Example:
    entities = tuple(EntityAnnotation(start, end, "e", text[start:end]) for start, end in places)
    return Example(text, "buy", entities, source)


@pytest.mark.parametrize("places", [(), ((0, 3),), ((4, 7), (0, 3)), ((0, 13),)])
def test_annotations_side_by_side_are_right(places: tuple[tuple[int, int], ...]) -> None:
    check_example(annotated(*places))


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (annotated((0, 7), (4, 13)), r"overlap, 'two red' \[0, 7\) as 'e' and 'red coats' \[4, 13\)"),
        (annotated((4, 13), (4, 7)), "overlap"),
        (annotated((0, 3), (0, 3)), "overlap"),
        (annotated((3, 4)), "nothing but white space, expected whole words"),
        (annotated((0, 2), text="\u00a0\u2003x"), "nothing but white space"),
        (annotated((3, 7)), "white space at its border"),
        (annotated((4, 4)), "expected a piece of the 13 characters"),
        (annotated((8, 14)), "expected a piece of the 13 characters"),
        (annotated((-2, 3)), "expected a piece of the 13 characters"),
        (annotated(text=" \n"), "an empty example of 'buy'; expected text"),
    ],
    ids=[
        "across",
        "inside",
        "twice",
        "blank",
        "other blanks",
        "blank at the border",
        "nothing",
        "behind the text",
        "before the text",
        "empty example",
    ],
)
def test_an_annotation_that_cannot_be_is_an_error_with_file_and_line(example: Example, message: str) -> None:
    with pytest.raises(SourceError, match=rf"^nlu\.yml:7: .*{message}"):
        check_example(example)


@pytest.mark.parametrize(("source", "place"), [("", "the example 'two red coats':1"), ("a:b", "a:b:1")])
def test_an_example_of_no_file_is_named_itself(source: str, place: str) -> None:
    with pytest.raises(SourceError, match=f"^{place}: "):
        check_example(annotated((3, 4), source=source))


def data_warnings(examples: list[Example]) -> list[str]:
    problems = Problems()
    note_doubts(examples, problems)
    return list(problems.warnings)


def test_one_text_with_several_intents_is_one_warning_that_lists_them_all() -> None:
    intents = ("greet", "bye", "greet", "thanks", "bye")
    examples = [Example("Hello", intent, source=f"f:{line}") for line, intent in enumerate(intents, 1)]

    warnings = data_warnings([*examples, Example("other", "greet", source="f:9")])

    assert warnings[0] == ("f:1: 'Hello' is an example of 'greet' (f:1), 'bye' (f:2), 'thanks' (f:4)")
    assert sum("Hello" in warning for warning in warnings) == 1


def test_the_same_text_after_another_question_is_no_contradiction() -> None:
    first = Example("blue", "colour", context="which colour", source="f:1")
    examples = [first, replace(first, intent="mood", context="how are you")]

    assert not any("is an example of" in warning for warning in data_warnings([*examples, *examples]))


def test_an_out_of_scope_example_may_be_the_only_one() -> None:
    assert data_warnings([Example("weather?", FALLBACK_INTENT, source="f:1")]) == []
