"""Questions that their passage does not answer, made from answerable ones.

Another passage of the document, another name in the question, or the opposite of one of its words: kinds
that Rajpurkar et al. 2018, "Know What You Don't Know", section 4, found among unanswerable questions that
people write. Their kind with a "not" is left out: customers ask what to do if a parcel has not come, and a
"not" must not look like a question without an answer. Pure; the opposites are English.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nlu.types import ReaderExample

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"\b(?:\d[\d,.]*\d|\d|[A-Z][\w'-]+(?: [A-Z][\w'-]+)*)")  # numbers, words with a capital
_PAIRS = """
accept refuse, accepted rejected, agreed disagreed, allowed forbidden, always never, ancient modern, attack
defend, attacked defended, before after, began ended, begin end, best worst, biggest smallest, bought sold,
buy sell, cheapest dearest, closed opened, coldest hottest, common rare, decrease increase, decreased
increased, different similar, domestic foreign, earliest latest, early late, eastern western, east west,
export import, failed succeeded, failure success, fastest slowest, father mother, female male, fewer more,
fewest most, first last, founded dissolved, gained lost, good bad, high low, higher lower, highest lowest,
husband wife, include exclude, included excluded, inside outside, largest smallest, larger smaller, least
most, legal illegal, less more, long short, longer shorter, longest shortest, maximum minimum, major minor,
majority minority, negative positive, newest oldest, north south, northern southern, older younger, oldest
youngest, oppose support, opposed supported, poor rich, private public, receive send, received sent, rise
fall, rose fell, rural urban, sister brother, son daughter, start stop, started stopped, strong weak,
stronger weaker, summer winter, upper lower, won lost, born died, birth death, built destroyed, created
destroyed
"""
_OPPOSITES: dict[str, list[str]] = defaultdict(list)
for _first, _second in (_pair.split() for _pair in _PAIRS.split(",")):
    _OPPOSITES[_first].append(_second)
    _OPPOSITES[_second].append(_first)


def wrong_passages(
    examples: Sequence[ReaderExample], *, share: float, rng: np.random.Generator
) -> list[ReaderExample]:
    """Ask a `share` of the answerable questions of another passage of their document, which answers nothing.

    Of the passages without the words of an answer the one is taken that shares most with the question, rare
    words counting more: Clark and Gardner 2018, section 3.1, choose negatives by TF-IDF too.
    """
    passages: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for example in examples:
        passages[example.group].setdefault(example.passage, _words(example.passage))
    counts = Counter(word for group in passages.values() for words in group.values() for word in words)
    answerable = [example for example in examples if example.answers]
    chosen = rng.permutation(len(answerable))[: round(share * len(answerable))]
    found = []
    for place in sorted(chosen):
        example = answerable[place]
        others = _without_answer(example, passages[example.group])
        if others:
            asked = _words(example.question)
            best = max(others, key=lambda other: sum(1 / math.log(2 + counts[w]) for w in asked & other[1]))
            found.append(replace(example, passage=best[0], answers=()))
    return found


def swap_names(
    examples: Sequence[ReaderExample], *, share: float, rng: np.random.Generator
) -> list[ReaderExample]:
    """Ask a `share` of the answerable questions with another name or number of their document in them.

    Nothing in the passage answers then, though nearly all words fit: Rajpurkar et al. 2018, "Know What You
    Don't Know", section 3, make such questions by rules for comparison with those that people wrote.
    """
    names: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for example in examples:
        for match in _NAME.finditer(example.question, 1):
            names[example.group, match.group()[0].isdigit()].append(match.group())
    answerable = [example for example in examples if example.answers and _NAME.search(example.question, 1)]
    chosen = rng.permutation(len(answerable))[: round(share * len(answerable))]
    found = []
    for place in sorted(chosen):
        example = answerable[place]
        match = next(_NAME.finditer(example.question, 1))
        known = sorted(set(names[example.group, match.group()[0].isdigit()]))
        others = [name for name in known if not _is_same(name, match.group())]
        if others:
            other = others[int(rng.integers(len(others)))]
            question = example.question[: match.start()] + other + example.question[match.end() :]
            found.append(replace(example, question=question, answers=()))
    return found


def ask_opposites(
    examples: Sequence[ReaderExample], *, share: float, rng: np.random.Generator
) -> list[ReaderExample]:
    """Ask a `share` of the answerable questions with a word's opposite in them for the opposite.

    Not for one that the passage mentions: "until when are you open" has an answer in "we close at 6".
    """
    turned = [(example, _opposites(example)) for example in examples if example.answers]
    turned = [(example, questions) for example, questions in turned if questions]
    chosen = rng.permutation(len(turned))[: round(share * len(turned))]
    found = []
    for place in sorted(chosen):
        example, questions = turned[place]
        question = questions[int(rng.integers(len(questions)))]
        found.append(replace(example, question=question, answers=()))
    return found


def _opposites(example: ReaderExample) -> list[str]:
    """Turn each word of the question that has an opposite, one at a time."""
    question, mentioned = example.question, _words(example.passage)
    return [
        question[: match.start()] + _like(match.group(), opposite) + question[match.end() :]
        for match in _WORD.finditer(question)
        for opposite in _OPPOSITES.get(match.group().casefold(), ())
        if opposite not in mentioned
    ]


def _like(word: str, other: str) -> str:
    return other.capitalize() if word[0].isupper() else other


def _without_answer(
    example: ReaderExample, passages: dict[str, frozenset[str]]
) -> list[tuple[str, frozenset[str]]]:
    answers = [example.passage[span.start : span.end].casefold() for span in example.answers]
    return [
        (passage, words)
        for passage, words in passages.items()
        if passage != example.passage and not any(answer in passage.casefold() for answer in answers)
    ]


def _is_same(name: str, other: str) -> bool:
    return name.casefold() in other.casefold() or other.casefold() in name.casefold()


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
