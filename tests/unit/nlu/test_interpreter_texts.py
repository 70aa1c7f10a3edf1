"""Any text there is: long ones, those with a context, several intents, and scripts that tokenizers change."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlu.checkpoint import EncoderCheckpoint
from nlu.interpreter import BundleInterpreter
from nlu.types import EntitySpan
from nlu.windows import WindowEntities, join_windows
from tests.fakes_interpreter import matching_interpreter, noisy_interpreter
from tests.fakes_nlu import make_checkpoint

CODE = r"fh \d{5}"


@pytest.fixture(scope="module")
def matching(checkpoint: EncoderCheckpoint) -> BundleInterpreter:
    return matching_interpreter(checkpoint, {"code": (CODE,)})


@pytest.fixture(scope="module")
def noisy(checkpoint: EncoderCheckpoint) -> BundleInterpreter:
    return noisy_interpreter(checkpoint, ["colour", "product"])


def windows_of(interpreter: BundleInterpreter, text: str) -> list[tuple[int, int]]:
    encoded = interpreter._bundle.text_encoder.encode_windows([text])[0]
    return [window.borders for window in encoded]


def place(span: EntitySpan) -> tuple[int, int, str]:
    return span.start, span.end, span.entity


def long_text() -> str:
    filler = "".join(f"{word} " for word in ["where", "is", "my", "order"] * 3)
    text = "".join(f"fh {10_000 + number} {filler}"[: 31 + number % 7] + " " for number in range(150))
    return text[:4_990] + " fh 77777"


def test_entities_of_5000_characters_are_found_at_start_cuts_and_end(matching: BundleInterpreter) -> None:
    text = long_text()
    codes = [match.span() for match in re.finditer(CODE, text)]
    cuts = [border for window in windows_of(matching, text) for border in window]
    assert len(text) >= 4_990
    assert codes[0][0] == 0
    assert codes[-1][1] == len(text)
    assert any(start < cut < end for start, end in codes for cut in cuts)

    parsed = matching.parse([text])[0]

    assert [(span.start, span.end) for span in parsed.entities] == codes
    assert all(span.text == text[span.start : span.end] for span in parsed.entities)


def test_windows_give_what_their_own_text_gives(noisy: BundleInterpreter) -> None:
    text = "where is the red coat, a blue shirt or navy hat? " * 40
    windows = [
        WindowEntities(
            start,
            end,
            tuple(
                replace(span, start=span.start + start, end=span.end + start)
                for span in noisy.parse([text[start:end]])[0].entities
            ),
        )
        for start, end in windows_of(noisy, text)
    ]
    assert len(windows) > 10
    assert all(window.entities for window in windows)

    parsed = noisy.parse([text])[0]

    assert list(map(place, parsed.entities)) == list(map(place, join_windows(windows)))


def test_the_first_window_says_everything_but_entities(noisy: BundleInterpreter) -> None:
    text = "hello " * 30 + "track my parcel " * 300
    start, end = windows_of(noisy, text)[0]

    parsed, alone = noisy.parse([text, text[start:end]])

    assert parsed.embedding is not None
    assert alone.embedding is not None
    np.testing.assert_allclose(parsed.embedding, alone.embedding, atol=1e-5)
    assert [item.name for item in parsed.ranking] == [item.name for item in alone.ranking]
    assert parsed.out_of_scope_score == pytest.approx(alone.out_of_scope_score, abs=1e-5)


def test_a_long_text_leaves_its_neighbours_alone(matching: BundleInterpreter) -> None:
    texts = ["fh 12345", long_text(), "", "my fh 54321"]

    together = matching.parse(texts)

    assert [parsed.text for parsed in together] == texts
    assert [len(parsed.entities) for parsed in together] == [
        len(matching.parse([text])[0].entities) for text in texts
    ]


def test_an_empty_context_changes_no_number(noisy: BundleInterpreter) -> None:
    texts = ["the red coat", "hello"]

    without, empty = noisy.parse(texts), noisy.parse(texts, ["", ""])

    assert empty == without
    for left, right in zip(without, empty, strict=True):
        assert left.embedding is not None
        assert right.embedding is not None
        assert np.array_equal(left.embedding, right.embedding)


def test_a_context_is_seen_and_holds_no_entities(matching: BundleInterpreter) -> None:
    without, asked = matching.parse(["fh 12345", "fh 12345"], ["", "fh 54321 is my order"])

    assert without.embedding is not None
    assert asked.embedding is not None
    assert not np.allclose(without.embedding, asked.embedding, atol=1e-3)
    assert list(map(place, asked.entities)) == [(0, 8, "code")]


@pytest.mark.parametrize(
    ("logits", "best"),
    [
        ({"greet": 2.0, "track": -3.0, "buy": -3.0, "track+greet": 0.0}, "greet"),
        ({"greet": 2.0, "track": 1.0, "buy": -3.0, "track+greet": 0.0}, "track+greet"),
        ({"greet": 1.0, "track": -3.0, "buy": 2.0, "track+greet": 0.0}, "buy+greet"),
    ],
    ids=["one", "as trained", "unseen"],
)
def test_several_intents_are_one_label(
    checkpoint: EncoderCheckpoint, logits: dict[str, float], best: str
) -> None:
    interpreter = matching_interpreter(checkpoint, {"code": (CODE,)}, intents=logits)

    parsed = interpreter.parse(["hello"])[0]

    assert parsed.intent.name == best
    assert {item.name for item in parsed.ranking} == {*logits, best}
    assert sum(item.confidence for item in parsed.ranking) == pytest.approx(1.0)
    assert interpreter.intents == tuple(sorted(logits))


@pytest.mark.parametrize(
    ("text", "regex", "found"),
    [
        ("a cafe\u0301 now", r"cafe\u0301", "cafe\u0301"),
        ("👍🏽 fh 12345 ❤️", CODE, "fh 12345"),
        ("i ❤\ufe0f it", "❤\ufe0f", "❤\ufe0f"),
        ("👩\u200d👩\u200d👧 hi", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("أين طلبي fh 12345 من فضلك", CODE, "fh 12345"),
        ("أين طلبي من فضلك", "طلبي", "طلبي"),
        ("שָׁלוֹם לך", "שָׁלוֹם", "שָׁלוֹם"),
        ("מה fh 12345 שלומך", "שלומך", "שלומך"),
        ("می\u200cخواهم now", "می\u200cخواهم", "می\u200cخواهم"),
        ("\x00fh\x07 12345 fh 54321\x00", CODE, "fh 54321"),
        ("my \u200bfh 12345\u200b", CODE, "fh 12345"),
        ("한국 fh 12345", "한국", "한국"),
    ],
    ids=[
        "combining accent",
        "emoji around",
        "variation selector",
        "joined emoji",
        "right to left around",
        "arabic",
        "hebrew with points",
        "hebrew mixed",
        "zero-width non-joiner",
        "control characters",
        "zero-width spaces",
        "korean",
    ],
)
def test_a_found_entity_is_exactly_what_was_meant(
    checkpoint: EncoderCheckpoint, text: str, regex: str, found: str
) -> None:
    interpreter = matching_interpreter(checkpoint, {"it": (regex,)})

    entities = interpreter.parse([text])[0].entities

    assert [(span.text, span.start) for span in entities] == [(found, text.index(found))]
    assert interpreter.find_misalignment(text, [(entities[0].start, entities[0].end)]) is None


_ODD = st.sampled_from(
    [
        "\u00e9",
        "e\u0301",
        "❤\ufe0f",
        "👩\u200d👩",
        "א",
        "ש\u05c1",
        "ع",
        "ي\u064b",
        "한",
        "\u0130",
        "ß",
        "\ufb01",
    ]
    + ["\x00", "\x1f", "\u200f", "\ud83d", "中", "a1", ".", "'", " "]
)
_TEXTS = st.text(st.characters(codec=None), max_size=40) | st.lists(_ODD, max_size=30).map("".join)


@settings(max_examples=60, deadline=None)
@given(_TEXTS)
@example("한국\u0301한")
def test_any_text_gives_true_slices_that_do_not_overlap(noisy: BundleInterpreter, text: str) -> None:
    parsed = noisy.parse([text])[0]

    assert parsed.text == text
    assert all(0 <= span.start < span.end <= len(text) for span in parsed.entities)
    assert all(span.text == text[span.start : span.end] for span in parsed.entities)
    assert all(left.end <= right.start for left, right in pairwise(parsed.entities))


def test_tokens_that_share_a_character_are_never_two_entities(tmp_path: Path) -> None:
    """A Korean syllable is three tokens of one character."""
    letters = unicodedata.normalize("NFD", "한국어")
    noisy = noisy_interpreter(make_checkpoint(tmp_path / "korean", [letters]), ["a", "b"])
    text = "한한국 국한 한국어 어 한국한국어국"

    entities = noisy.parse([text])[0].entities

    assert len(entities) > 2
    assert all(left.end <= right.start for left, right in pairwise(entities))


def test_an_annotation_behind_the_first_window_is_named(matching: BundleInterpreter) -> None:
    text = long_text()

    problem = matching.find_misalignment(text, [(len(text) - 8, len(text))])

    assert problem is not None
    assert "characters that are read" in problem
