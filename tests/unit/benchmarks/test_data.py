"""Splitting and thinning of examples."""

from __future__ import annotations

import pytest

from benchmarks.files import BenchmarkDataError, read_csv, read_json
from benchmarks.nlu.data import Draw, annotate, carve, carve_any, keep_apart
from benchmarks.nlu.readers.intents import draw_few
from nlu.types import EntityAnnotation, Example


def examples_of(**counts: int) -> list[Example]:
    return [Example(f"{intent} {n}", intent) for intent, count in counts.items() for n in range(count)]


def span(start: int, end: int, entity: str = "x") -> EntityAnnotation:
    return EntityAnnotation(start, end, entity, "a" * (end - start))


def test_carve_takes_a_tenth_of_each_intent() -> None:
    train, validation = carve(examples_of(pay=30, lost=10, rare=2), Draw(seed=1))

    assert [example.intent for example in validation] == ["pay", "pay", "pay", "lost"]
    assert len(train) == 38
    assert not set(train) & set(validation)


def test_carve_depends_on_the_seed_alone() -> None:
    examples = examples_of(pay=200)

    assert carve(examples, Draw(1)) == carve(examples, Draw(1))
    assert carve(examples, Draw(1)) != carve(examples, Draw(2))


def test_carve_any_takes_a_tenth_of_all() -> None:
    train, validation = carve_any(examples_of(**{f"i{n}": 1 for n in range(40)}), Draw(1))

    assert (len(train), len(validation)) == (36, 4)


@pytest.mark.parametrize("split", [carve, carve_any])
def test_nothing_is_carved_where_folds_calibrate(split) -> None:
    examples = examples_of(pay=30)

    assert split(examples, Draw(1, keeps_all=True)) == (tuple(examples), ())


@pytest.mark.parametrize(
    ("is_choosing", "sizes"),
    [pytest.param(False, (20, 0), id="report"), pytest.param(True, (16, 4), id="choose")],
)
def test_few_shots_come_from_ten_drawn_examples(is_choosing: bool, sizes: tuple[int, int]) -> None:
    examples = examples_of(pay=50, lost=30)
    drawn = set(draw_few(examples, Draw(1))[0])

    train, validation = draw_few(examples, Draw(1, is_choosing))

    assert (len(train), len(validation)) == sizes
    assert {*train, *validation} == drawn


def test_keep_apart_prefers_the_longer_span() -> None:
    example = Example("a" * 30, "none", (span(0, 5), span(3, 10), span(10, 12), span(10, 12, "y")))

    (kept,), num_left_out = keep_apart([example])

    assert kept.entities == (span(3, 10), span(10, 12))
    assert num_left_out == 2


def test_annotation_loses_blanks_at_its_borders() -> None:
    assert annotate("at  six ", 2, 8, "time") == EntityAnnotation(4, 7, "time", "six")


def test_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(BenchmarkDataError, match=r"no file .*set\.json.*SPANDESK_DATA"):
        read_json(tmp_path / "set.json")


def test_missing_column_is_named(tmp_path) -> None:
    path = tmp_path / "set.csv"
    path.write_text("text,label\nhi,greet\n")

    with pytest.raises(BenchmarkDataError, match=r"without the columns category; expected text, category"):
        read_csv(path, columns=("text", "category"))
