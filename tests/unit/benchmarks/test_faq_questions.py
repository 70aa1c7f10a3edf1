from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faq_questions import FaqQuestion, read_faq_questions
from nlu.data.yaml_source import SourceError


def write(folder: Path, questions: str) -> Path:
    path = folder / "questions.yml"
    path.write_text(f'version: "1"\nquestions:\n{questions}', encoding="utf-8")
    return path


def test_questions_come_in_order_with_entry_answer_and_source(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "  - {question: how much is it, entry: price, also: [cost, fee], answer: '**£3**'}\n"
        "  - question: who are you\n"
        "    entry: null\n",
    )

    assert read_faq_questions(path) == [
        FaqQuestion("how much is it", "price", ("cost", "fee"), "**£3**", f"{path}:3"),
        FaqQuestion("who are you", None, (), None, f"{path}:4"),
    ]


def test_what_was_said_before_comes_with_a_question(tmp_path: Path) -> None:
    path = write(tmp_path, "  - {question: and then, entry: null, after: ['£3.', how much is it]}\n")

    assert read_faq_questions(path) == [
        FaqQuestion("and then", None, (), None, f"{path}:3", ("£3.", "how much is it"))
    ]


def test_entry_ids_are_all_that_answer() -> None:
    assert FaqQuestion("?", "price", ("cost",), "£3", "a:1").entry_ids == {"price", "cost"}
    assert FaqQuestion("?", None, (), None, "a:1").entry_ids == frozenset()


@pytest.mark.parametrize(
    ("questions", "problem"),
    [
        pytest.param("  - {entry: price, answer: £3}", "expected the key 'question'", id="no question"),
        pytest.param("  - {question: why, answer: £3}", "expected the key 'entry'", id="no entry"),
        pytest.param("  - {question: why, entry: price}", "expected the key 'answer'", id="no answer"),
        pytest.param("  - {question: why, entry: null, answer: £3}", "but no entry", id="answer alone"),
        pytest.param("  - {question: why, entry: null, also: [price]}", "but no entry", id="also alone"),
        pytest.param("  - {question: ' ', entry: null}", "question of a question.*only blanks", id="blank"),
        pytest.param(
            "  - {question: why, entry: '', answer: £3}", "entry of .*only blanks", id="blank entry"
        ),
        pytest.param(
            "  - {question: why, entry: a, answer: ''}", "answer of .*only blanks", id="blank answer"
        ),
        pytest.param(
            "  - {question: why, entry: a, also: [a], answer: x}", "other than 'a'", id="also itself"
        ),
        pytest.param("  - {question: why, entry: a, also: [b, b], answer: x}", "got b, b", id="also twice"),
        pytest.param("  - {question: why, entry: null, note: x}", "unknown key 'note'", id="unknown key"),
        pytest.param("  - why", "expected a mapping, got the text 'why'", id="not a mapping"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, questions: str, problem: str) -> None:
    path = write(tmp_path, questions)

    with pytest.raises(SourceError, match=f"questions.yml:3: .*{problem}"):
        read_faq_questions(path)


def test_the_same_question_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "  - {question: why, entry: null}\n" * 2)

    with pytest.raises(SourceError, match=r"questions.yml:4: got the question 'why' again, first in .*:3"):
        read_faq_questions(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected a mapping, got nothing"),
        ("questions: why", "questions: expected a list"),
        ("items: []", "unknown key 'items'"),
        ('version: "1"', "expected the key 'questions'"),
    ],
    ids=["empty file", "no list", "other key", "no questions"],
)
def test_other_files_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "questions.yml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SourceError, match=problem):
        read_faq_questions(path)
