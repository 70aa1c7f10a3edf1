"""Our span and token scores beside those of seqeval and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from seqeval.metrics import classification_report as span_report_of_seqeval
from seqeval.scheme import IOB2
from sklearn.metrics import classification_report as label_report_of_sklearn

from nlu.evaluation.metrics import Averages, Score, average_scores, span_key, span_scores
from nlu.evaluation.tokens import token_report, token_tags
from nlu.types import EntityAnnotation, EntitySpan, Example, IntentPrediction, ParsedUtterance

ENTITIES = ("LOC", "MISC", "ORG", "PER")
INTENT = IntentPrediction("any", 1.0)


def word_borders(count: int) -> list[tuple[int, int]]:
    """Give words of three letters with a blank between."""
    return [(4 * place, 4 * place + 3) for place in range(count)]


def random_spans(rng: np.random.Generator, num_words: int) -> tuple[EntityAnnotation, ...]:
    """Label about half of the words, often with neighbours of the same entity."""
    borders, spans, place = word_borders(num_words), [], 0
    while place < num_words:
        stop = min(place + int(rng.integers(1, 4)), num_words)
        if rng.random() < 0.6:
            entity = ENTITIES[rng.integers(len(ENTITIES))]
            spans.append(EntityAnnotation(borders[place][0], borders[stop - 1][1], entity, ""))
        place = stop
    return tuple(spans)


def half_right(
    rng: np.random.Generator, spans: tuple[EntityAnnotation, ...], num_words: int
) -> tuple[EntityAnnotation, ...]:
    """Keep the first half of the utterance, guess the rest."""
    middle = num_words * 2  # characters
    guesses = [span for span in random_spans(rng, num_words) if span.start > middle]
    return (*(span for span in spans if span.end <= middle), *guesses)


def parsed_with(spans: tuple[EntityAnnotation, ...], text: str) -> ParsedUtterance:
    found = tuple(EntitySpan(one.start, one.end, one.entity, "", "", 1.0) for one in spans)
    return ParsedUtterance(text, INTENT, (INTENT,), found)


def values(score: Score) -> list[float]:
    return [score.precision, score.recall, score.f1, score.support]


def theirs(row: dict[str, float]) -> list[float]:
    return [row["precision"], row["recall"], row["f1-score"], row["support"]]


@pytest.mark.parametrize("seed", range(8))
def test_span_scores_equal_those_of_seqeval_in_strict_mode(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 25, size=40).tolist()
    true = [random_spans(rng, length) for length in lengths]
    found = [half_right(rng, spans, length) for spans, length in zip(true, lengths, strict=True)]
    expected = span_report_of_seqeval(
        [token_tags(spans, word_borders(length)) for spans, length in zip(true, lengths, strict=True)],
        [token_tags(spans, word_borders(length)) for spans, length in zip(found, lengths, strict=True)],
        mode="strict",
        scheme=IOB2,
        output_dict=True,
        zero_division=0,
    )

    overall, per_entity = span_scores(
        [frozenset(map(span_key, spans)) for spans in true],
        [frozenset(map(span_key, spans)) for spans in found],
    )
    averages = average_scores(overall, per_entity)

    assert 0.2 < overall.f1 < 0.95
    assert set(per_entity) == set(ENTITIES)
    assert all(values(score) == pytest.approx(theirs(expected[name])) for name, score in per_entity.items())
    assert_averages(averages, {name: expected[f"{name} avg"] for name in ("micro", "macro", "weighted")})


def test_token_report_equals_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    lengths = rng.integers(1, 25, size=60).tolist()
    true = [random_spans(rng, length) for length in lengths]
    found = [half_right(rng, spans, length) for spans, length in zip(true, lengths, strict=True)]
    tokens = [word_borders(length) for length in lengths]
    texts = ["abc " * length for length in lengths]
    true_tags = [tag for spans, words in zip(true, tokens, strict=True) for tag in token_tags(spans, words)]
    found_tags = [tag for spans, words in zip(found, tokens, strict=True) for tag in token_tags(spans, words)]
    expected = label_report_of_sklearn(true_tags, found_tags, output_dict=True, zero_division=0)

    report = token_report(
        [Example(text, "any", spans) for text, spans in zip(texts, true, strict=True)],
        [parsed_with(spans, text) for text, spans in zip(texts, found, strict=True)],
        tokens,
    )

    assert len(report.tags) == 9
    assert report.tags["O"].support > 0
    assert all(values(score) == pytest.approx(theirs(expected[tag])) for tag, score in report.tags.items())
    assert report.averages.micro.f1 == pytest.approx(expected["accuracy"])
    assert values(report.averages.macro) == pytest.approx(theirs(expected["macro avg"]))
    assert values(report.averages.weighted) == pytest.approx(theirs(expected["weighted avg"]))


def test_neighbours_of_one_entity_both_begin() -> None:
    spans = [EntityAnnotation(0, 7, "PER", ""), EntityAnnotation(8, 11, "PER", "")]

    assert token_tags(spans, word_borders(4)) == ["B-PER", "I-PER", "B-PER", "O"]


def test_span_that_cuts_a_token_takes_the_whole_token() -> None:
    assert token_tags([EntityAnnotation(5, 6, "LOC", "")], word_borders(3)) == ["O", "B-LOC", "O"]


def test_of_two_spans_on_a_token_the_first_one_counts() -> None:
    spans = [EntityAnnotation(4, 11, "ORG", ""), EntityAnnotation(0, 7, "PER", "")]

    assert token_tags(spans, word_borders(3)) == ["B-PER", "I-PER", "B-ORG"]


def test_utterance_without_tokens_is_no_token() -> None:
    report = token_report([Example("", "any")], [parsed_with((), "")], [[]])

    assert report.tags == {}
    assert report.averages.micro.f1 == 0.0


def assert_averages(averages: Averages, expected: dict[str, dict[str, float]]) -> None:
    assert values(averages.micro) == pytest.approx(theirs(expected["micro"]))
    assert values(averages.macro) == pytest.approx(theirs(expected["macro"]))
    assert values(averages.weighted) == pytest.approx(theirs(expected["weighted"]))
