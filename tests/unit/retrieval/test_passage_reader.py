from __future__ import annotations

from collections.abc import Sequence

import pytest

from nlu.reader.types import Reading
from retrieval.passages import Passage, cut_passages
from retrieval.reader import PassageReader, PassageToRead, part_to_read


def paragraphs(*sizes: int) -> str:
    return "\n\n".join(" ".join(f"w{number}" for _ in range(size)) for number, size in enumerate(sizes))


def test_a_short_passage_is_read_whole() -> None:
    text = paragraphs(5, 5) + "\n"

    assert part_to_read(text, Passage(0, 3), max_words=10) == Passage(0, len(text))


@pytest.mark.parametrize(
    ("best", "expected"), [(0, (0, 1)), (2, (2, 3)), (3, (2, 3))], ids=["first", "middle", "last"]
)
def test_of_a_long_passage_the_best_piece_and_its_neighbours_are_read(
    best: int, expected: tuple[int, int]
) -> None:
    text = paragraphs(10, 10, 10, 10)
    pieces = cut_passages(text)

    part = part_to_read(text, pieces[best], max_words=25)

    assert part == Passage(pieces[expected[0]].start, pieces[expected[1]].end)


def test_a_piece_that_is_longer_than_allowed_is_read_alone() -> None:
    text = paragraphs(10, 40, 10)
    pieces = cut_passages(text)

    assert part_to_read(text, pieces[1], max_words=25) == pieces[1]


def test_time_does_not_grow_with_a_passage_of_50_000_characters() -> None:
    text = paragraphs(*[20] * 900)
    assert len(text) > 50_000
    read: list[str] = []

    def mark(questions: Sequence[str], passages: Sequence[str]) -> list[Reading | None]:
        read.extend(passages)
        return [Reading(passages[0].index("w700"), passages[0].index("w700") + 4, 1.0, -1.0)]

    best = cut_passages(text)[700]
    (found,) = PassageReader(mark).read("where is w700", [PassageToRead(text, best)])

    assert len(read[0].split()) <= 240
    assert found is not None
    assert text[found.start : found.end] == "w700"


def test_a_passage_without_words_gives_nothing() -> None:
    reader = PassageReader(lambda questions, passages: [None] * len(passages))

    assert reader.read("when", [PassageToRead("  ", Passage(0, 0))]) == [None]
