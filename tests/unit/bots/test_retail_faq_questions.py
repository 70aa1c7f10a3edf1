"""The questions that calibrate and measure the answers from the starter bot's help centre."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from benchmarks.faq_questions import FaqQuestion, read_faq_questions
from retrieval.importers.read import read_faq
from retrieval.types import FaqEntry

BOT_PATH = Path(__file__).parents[3] / "bots/retail"
CALIBRATION, TEST, FOLLOWUPS = "faq_calibration.yml", "faq_questions.yml", "faq_followups.yml"
each_set = pytest.mark.parametrize("name", [CALIBRATION, TEST])


@cache
def entries() -> dict[str, FaqEntry]:
    return {entry.entry_id: entry for entry in read_faq(BOT_PATH / "faq")}


@cache
def questions_of(name: str) -> tuple[FaqQuestion, ...]:
    return tuple(read_faq_questions(BOT_PATH / "tests" / name))


@cache
def words_of(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("’", "")))


def are_near_copies(one: str, other: str) -> bool:
    first, second = words_of(one), words_of(other)
    num_shared = len(first & second)
    return num_shared >= 0.8 * (len(first) + len(second) - num_shared)


def faq_wordings() -> list[str]:
    return [text for entry in entries().values() for text in (entry.question, *entry.alternatives)]


def near_copies(name: str, others: list[str]) -> list[tuple[str, str]]:
    texts = [question.question for question in questions_of(name)]
    return [(text, other) for text in texts for other in others if are_near_copies(text, other)]


@pytest.mark.parametrize(
    ("name", "answered", "unanswered"), [(CALIBRATION, 260, 110), (TEST, 200, 60), (FOLLOWUPS, 60, 20)]
)
def test_sets_are_large_enough(name: str, answered: int, unanswered: int) -> None:
    counts = Counter(question.entry_id is not None for question in questions_of(name))

    assert counts[True] >= answered
    assert counts[False] >= unanswered


@each_set
def test_every_entry_is_asked_for_and_exists(name: str) -> None:
    asked = {question.entry_id for question in questions_of(name)} - {None}
    further = {entry_id for question in questions_of(name) for entry_id in question.also}

    assert asked == set(entries())
    assert further - set(entries()) == set()


def test_every_followup_comes_after_a_turn_about_a_known_passage() -> None:
    passages = [entry.passage for entry in entries().values()]
    lost = [
        question.source
        for question in questions_of(FOLLOWUPS)
        if len(question.after) != 2 or not any(text.startswith(question.after[0]) for text in passages)
    ]

    assert lost == []
    assert {one for question in questions_of(FOLLOWUPS) for one in question.entry_ids} <= set(entries())


@pytest.mark.parametrize("name", [CALIBRATION, TEST, FOLLOWUPS])
def test_every_answer_is_one_place_of_its_passage(name: str) -> None:
    answered = [question for question in questions_of(name) if question.entry_id and question.answer]
    wrong = [q.source for q in answered if entries()[q.entry_id or ""].passage.count(q.answer or "") != 1]

    assert wrong == []


@each_set
def test_no_question_copies_another_of_its_set(name: str) -> None:
    texts = [question.question for question in questions_of(name)]

    assert [pair for pair in near_copies(name, texts) if pair[0] != pair[1]] == []


@each_set
def test_no_question_copies_the_wording_of_the_help_centre(name: str) -> None:
    assert near_copies(name, faq_wordings()) == []


def test_no_question_is_in_both_sets() -> None:
    assert near_copies(TEST, [question.question for question in questions_of(CALIBRATION)]) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [("Is it free?", True), ("it is FREE", True), ("is it not free", False), ("is it free now to me", False)],
)
def test_near_copies_share_four_fifths_of_their_words(other: str, expected: bool) -> None:
    assert are_near_copies("is it free", other) is expected
