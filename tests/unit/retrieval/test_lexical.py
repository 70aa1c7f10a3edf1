import numpy as np
import pytest

from retrieval.lexical import LexicalIndex, split_words

_DOCUMENTS = [("klarna", "Is Klarna accepted?"), ("return", "Returning items"), ("post", "Delivery of items")]


def test_split_words_stems_and_drops_function_words() -> None:
    assert split_words(["How do I RETURN the returned shoes?", ""]) == [["return", "return", "shoe"], []]


@pytest.mark.parametrize(
    ("question", "expected"),
    [("can i pay with KLARNA", ["klarna"]), ("items returned", ["return", "post"]), ("the weather", [])],
)
def test_search_finds_documents_that_share_stems(question: str, expected: list[str]) -> None:
    found = LexicalIndex(_DOCUMENTS).search(question, limit=10)

    assert [document_id for document_id, _ in found] == expected


def test_search_gives_at_most_limit() -> None:
    assert len(LexicalIndex(_DOCUMENTS).search("items returned", limit=1)) == 1


@pytest.mark.parametrize("question", ["", "!!!", "\ud83d\ude00", "the of and"])
def test_search_survives_questions_without_words(question: str) -> None:
    assert LexicalIndex(_DOCUMENTS).search(question, limit=3) == []


def test_search_of_no_documents_finds_nothing() -> None:
    assert LexicalIndex([]).search("items", limit=3) == []


def test_equal_scores_keep_the_order_of_the_documents() -> None:
    documents = [("long", "items that are posted late"), *((f"d{number}", "items") for number in range(40))]

    found = LexicalIndex(documents).search("items", limit=25)

    assert [document_id for document_id, _ in found] == [f"d{number}" for number in range(25)]


@pytest.mark.parametrize("limit", [1, 7, 30, 1000])
@pytest.mark.parametrize(
    "among", [None, {f"d{number}" for number in range(0, 300, 7)} | {"elsewhere"}, set()]
)
def test_search_equals_sorting_all_scores(limit: int, among: set[str] | None) -> None:
    rng = np.random.default_rng(0)
    words = np.array(["red", "blue", "shoe", "shirt", "post", "fee", "card"])
    documents = [(f"d{number}", " ".join(rng.choice(words, rng.integers(1, 6)))) for number in range(300)]
    index = LexicalIndex(documents)
    scores = dict(index.search("red shoe fee fee", limit=len(documents)))
    kept = [(one, scores[one]) for one, _ in documents if one in scores and (among is None or one in among)]

    found = index.search("red shoe fee fee", limit=limit, among=among)

    assert found == sorted(kept, key=lambda scored: -scored[1])[:limit]


def test_limit_of_nothing_gives_nothing() -> None:
    assert LexicalIndex(_DOCUMENTS).search("items returned", limit=0) == []
