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
