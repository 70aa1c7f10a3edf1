from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import BatchedEmbedder
from tests.fakes_retrieval import embed_words


def test_batched_embedder_gives_the_same_rows_in_order() -> None:
    texts = ["one two three", "four", "five six", "four", "seven"]

    rows = BatchedEmbedder(embed_words, batch_size=2)(texts)

    np.testing.assert_array_equal(rows, embed_words(texts))


def test_batched_embedder_asks_for_few_texts_at_a_time_and_none_twice() -> None:
    batches: list[list[str]] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        batches.append(list(texts))
        return embed_words(texts)

    BatchedEmbedder(embed, batch_size=2)(["long text here", "a", "b", "a", "middle one"])

    assert batches == [["a", "b"], ["middle one", "long text here"]]


def test_batched_embedder_of_nothing_has_the_width_of_the_encoder() -> None:
    assert BatchedEmbedder(embed_words)([]).shape == (0, 64)
