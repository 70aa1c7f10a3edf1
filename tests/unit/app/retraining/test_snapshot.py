from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.retraining.snapshot import HELD_OUT_FRACTION, MIN_TEXTS, Skipped, Snapshot, build_snapshot
from nlu.evaluation.split import split_held_out
from nlu.text import normalise_text
from nlu.types import EntityAnnotation, Example
from tests.fakes_training import bot_data

DATA = bot_data(*((f"text number {n}", f"intent_{n % 3}") for n in range(200)))
corrections = st.lists(
    st.builds(Example, st.sampled_from([f"text number {n}" for n in range(150, 300)]), st.just("corrected")),
    max_size=20,
)


def everything(snapshot: Snapshot) -> list[Example]:
    return [*snapshot.train.examples, *snapshot.held_out]


def test_bot_data_alone_is_split_as_by_its_hash() -> None:
    snapshot = build_snapshot(DATA, [])

    train, held_out = split_held_out(DATA.examples, fraction=HELD_OUT_FRACTION)
    assert (list(snapshot.train.examples), list(snapshot.held_out)) == (train, held_out)
    assert len(held_out) > 10


def test_nothing_is_held_out_of_an_intent_with_few_texts() -> None:
    few = bot_data(*((f"rare number {n}", f"rare_{n // (MIN_TEXTS - 1)}") for n in range(90)))

    snapshot = build_snapshot(few, [])

    assert split_held_out(few.examples, fraction=HELD_OUT_FRACTION)[1] != []  # it would be, by its hash
    assert (snapshot.train.examples, snapshot.held_out) == (few.examples, ())


@given(corrections)
def test_no_text_is_in_both_parts_or_twice(corrected: list[Example]) -> None:
    snapshot = build_snapshot(DATA, corrected)

    texts = [normalise_text(example.text) for example in everything(snapshot)]
    assert len(texts) == len(set(texts))


@given(corrections)
def test_held_out_texts_of_the_bot_stay_held_out(corrected: list[Example]) -> None:
    before = {example.text for example in build_snapshot(DATA, []).held_out}

    after = {example.text for example in build_snapshot(DATA, corrected).held_out}

    assert before <= after


@given(corrections)
def test_every_correction_is_counted_once(corrected: list[Example]) -> None:
    snapshot = build_snapshot(DATA, corrected)

    counted = snapshot.num_corrections_in_train + snapshot.num_corrections_held_out
    assert counted == len({example.text for example in corrected}) == len(snapshot.corrections)


def test_correction_overrides_the_bot_and_a_later_one_an_earlier() -> None:
    data = bot_data(("Where is it?", "greet"))
    first = Example("where  is it?", "late_delivery", source="correction:a/1")
    second = Example("WHERE IS IT?", "track_order", source="correction:b/1")

    snapshot = build_snapshot(data, [first, second])

    assert everything(snapshot) == [second]


def test_id_depends_on_the_content_only() -> None:
    one = build_snapshot(bot_data(("a b", "x"), ("c d", "y")), [])
    moved = build_snapshot(bot_data(("c d", "y"), ("a b", "x")), [])
    other = build_snapshot(bot_data(("a b", "x"), ("c d", "z")), [])

    assert one.snapshot_id == moved.snapshot_id
    assert one.snapshot_id != other.snapshot_id


def test_corrections_are_masked_outside_entities() -> None:
    text = "FH-10482 for anna@mail.com"
    correction = Example(text, "track_order", (EntityAnnotation(0, 8, "order_number", "FH-10482"),))

    snapshot = build_snapshot(bot_data(), [correction])

    assert snapshot.corrections[0].text == "FH-10482 for xxxx@xxxx.xxx"
    assert snapshot.corrections[0].entities == correction.entities


def test_correction_that_cannot_be_trained_is_skipped_with_its_reason() -> None:
    good, bad = Example("good", "x", source="correction:c/1"), Example("bad", "x", source="correction:c/2")

    snapshot = build_snapshot(
        bot_data(), [good, bad], find_problem=lambda example: "too bad" if example.text == "bad" else None
    )

    assert snapshot.corrections == (good,)
    assert snapshot.skipped == (Skipped("correction:c/2", "too bad"),)


def test_correction_without_words_is_skipped() -> None:
    snapshot = build_snapshot(bot_data(), [Example("  ", "x", source="correction:c/1")])

    assert snapshot.skipped == (Skipped("correction:c/1", "the text has no words"),)
