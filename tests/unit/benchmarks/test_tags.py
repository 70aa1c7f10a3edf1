"""Tags of both schemes become the same spans."""

from __future__ import annotations

import pytest

from benchmarks.nlu.tags import join_tokens, tagged_annotations, tags_to_spans


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        pytest.param("I-PER I-PER O I-LOC", [(0, 2, "PER"), (3, 4, "LOC")], id="iob1"),
        pytest.param("I-LOC B-LOC I-LOC", [(0, 1, "LOC"), (1, 3, "LOC")], id="iob1-neighbours-of-one-type"),
        pytest.param("B-PER I-PER B-PER", [(0, 2, "PER"), (2, 3, "PER")], id="iob2"),
        pytest.param("B-PER I-LOC", [(0, 1, "PER"), (1, 2, "LOC")], id="type-changes-inside"),
        pytest.param("O I-x O", [(1, 2, "x")], id="inside-without-begin"),
        pytest.param("O O", [], id="nothing"),
    ],
)
def test_tags_become_spans(tags: str, spans: list[tuple[int, int, str]]) -> None:
    assert tags_to_spans(tags.split()) == spans


def test_joined_tokens_keep_their_borders() -> None:
    text, borders = join_tokens(["fly", "to", "rome"], start=10)

    assert text == "fly to rome"
    assert borders == ((10, 13), (14, 16), (17, 21))


def test_annotations_are_pieces_of_the_text() -> None:
    text, borders = join_tokens(["from", "new", "york", "city"])

    (entity,) = tagged_annotations(text, borders, ["O", "B-city", "I-city", "I-city"])

    assert (entity.start, entity.end, entity.entity) == (5, 18, "city")
    assert text[entity.start : entity.end] == entity.value == "new york city"
