"""What no reader can see line by line: annotations that cannot be, and data that is doubtful as a whole.

Mistakes are a `SourceError` at the example; doubts are warnings, each with the places it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from nlu.data.problems import Problems
from nlu.data.yaml_source import SourceError
from nlu.types import FALLBACK_INTENT, EntityAnnotation, Example


def check_example(example: Example) -> None:
    """Refuse a text without words and annotations that lie outside, mark white space or overlap.

    Raises:
        SourceError: with file, line and text.
    """
    if not example.text.strip():
        raise source_error(example, f"an empty example of '{example.intent}'; expected text")
    for annotation in example.entities:
        _check_annotation(example, annotation)
    by_place = sorted(example.entities, key=lambda annotation: annotation.start)
    for left, right in pairwise(by_place):
        if right.start < left.end:
            both = f"{_describe(example, left)} and {_describe(example, right)}"
            raise source_error(example, f"got annotations that overlap, {both}; keep one of them")


def note_doubts(examples: Sequence[Example], problems: Problems) -> None:
    """Warn of texts with different intents, listing them all, and of intents with a single example."""
    for example, text in (*_contradictions(examples), *_single_examples(examples)):
        problems.warn(example.source, text)


def source_error(example: Example, problem: str) -> SourceError:
    """Make an error at the place of an example; one that comes from no file is named by its text."""
    file, _, line = example.source.rpartition(":")
    if not file or not line.isdigit():
        return SourceError(example.source or f"the example '{example.text[:60]}'", 1, problem)
    return SourceError(file, int(line), problem)


def _check_annotation(example: Example, annotation: EntityAnnotation) -> None:
    if not 0 <= annotation.start < annotation.end <= len(example.text):
        raise source_error(
            example,
            f"got {_describe(example, annotation)}, expected a piece of the {len(example.text)} characters "
            f"of '{example.text}'",
        )
    marked = example.text[annotation.start : annotation.end]
    if marked != marked.strip():
        what = "white space at its border" if marked.strip() else "nothing but white space"
        raise source_error(
            example, f"got {_describe(example, annotation)} with {what}, expected whole words; mark them"
        )


def _describe(example: Example, annotation: EntityAnnotation) -> str:
    marked = example.text[annotation.start : annotation.end]
    return f"'{marked}' [{annotation.start}, {annotation.end}) as '{annotation.entity}'"


def _contradictions(examples: Sequence[Example]) -> Iterator[tuple[Example, str]]:
    by_text: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        by_text.setdefault((example.text.casefold(), example.context.casefold()), []).append(example)
    for same in by_text.values():
        first_of_intent = {example.intent: example for example in reversed(same)}
        if len(first_of_intent) > 1:
            places = _places(same, first_of_intent)
            yield same[0], f"'{same[0].text}' is an example of {places}"


def _places(same: Iterable[Example], first_of_intent: dict[str, Example]) -> str:
    firsts = [example for example in same if first_of_intent[example.intent] is example]
    return ", ".join(f"'{example.intent}' ({example.source})" for example in firsts)


def _single_examples(examples: Sequence[Example]) -> Iterator[tuple[Example, str]]:
    by_intent: dict[str, list[Example]] = {}
    for example in examples:
        by_intent.setdefault(example.intent, []).append(example)
    for intent, same in by_intent.items():
        if len(same) == 1 and intent != FALLBACK_INTENT:
            yield same[0], f"the only example of '{intent}'; it is trained on but never validated"
