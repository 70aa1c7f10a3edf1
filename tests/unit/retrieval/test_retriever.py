import numpy as np
import pytest

from retrieval.index import PASSAGE_WEIGHT, IndexMismatchError, build_index
from retrieval.retriever import Retriever
from retrieval.types import SearchContext
from tests.fakes_retrieval import ENCODER_ID, ENTRIES, embed_words

_QUESTION = "when is the deadline for sending a return back"


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever(build_index(ENTRIES, embed_words, encoder_id=ENCODER_ID))


def test_retrieve_puts_the_right_entry_first_and_explains_why(retriever: Retriever) -> None:
    hits = retriever.retrieve(_QUESTION, embed_words([_QUESTION])[0], 3)

    assert (hits[0].entry_id, hits[0].rank, hits[0].dense_rank, hits[0].lexical_rank) == (
        "returns-period",
        1,
        1,
        1,
    )
    assert hits[0].lexical_score > 0
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert hits[-1].lexical_rank is None
    assert hits[-1].lexical_score == 0


def test_dense_score_weighs_passages_and_questions_exactly(retriever: Retriever) -> None:
    query = embed_words([_QUESTION])[0]
    first = ENTRIES[0]
    paragraphs = [f"{first.question}\n{part}" for part in first.passage.split("\n\n")]
    of_passages = float((embed_words(paragraphs) @ query).max())
    of_questions = float((embed_words([first.question, *first.alternatives]) @ query).max())

    hits = retriever.retrieve(_QUESTION, query, 1)

    expected = PASSAGE_WEIGHT * of_passages + (1 - PASSAGE_WEIGHT) * of_questions
    assert hits[0].dense_score == pytest.approx(expected, abs=1e-5)
    assert hits[0].question_score == pytest.approx(of_questions, abs=1e-5)


def test_retrieve_gives_at_most_top_k(retriever: Retriever) -> None:
    assert len(retriever.retrieve(_QUESTION, embed_words([_QUESTION])[0], 2)) == 2


def test_retrieve_refuses_an_embedding_of_another_width(retriever: Retriever) -> None:
    with pytest.raises(IndexMismatchError, match=r"got shape \(8,\), expected \(64,\)"):
        retriever.retrieve(_QUESTION, np.zeros(8, dtype=np.float32), 2)


def test_what_was_said_before_decides_where_the_question_does_not(retriever: Retriever) -> None:
    vague, before = "and when is that", "can i send a return back"
    alone = retriever.retrieve(vague, embed_words([vague])[0], 3)

    hits = retriever.retrieve(vague, embed_words([vague])[0], 3, context=_context(vague, before))

    assert alone[0].lexical_rank is None
    assert hits[0].entry_id == "returns-period"
    assert (hits[0].lexical_rank, hits[0].lexical_score) == (None, 0.0)


def test_dense_score_in_context_is_the_mean_of_both(retriever: Retriever) -> None:
    before = "i pay with klarna"
    context = _context(_QUESTION, before)
    hits = retriever.retrieve(_QUESTION, embed_words([_QUESTION])[0], 5, context=context)

    for hit in hits:
        for scores_of, found in (
            (retriever.index.scores, hit.dense_score),
            (retriever.index.question_scores, hit.question_score),
        ):
            embeddings = (embed_words([_QUESTION])[0], context.embedding)
            scores = [scores_of(one, [hit.entry_id])[hit.entry_id] for one in embeddings]
            assert found == pytest.approx(sum(scores) / 2, abs=1e-6)


def _context(question: str, before: str) -> SearchContext:
    return SearchContext(before, embed_words([f"{question}\n{before}"])[0])
