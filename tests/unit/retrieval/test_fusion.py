import pytest

from retrieval.fusion import fuse_scores


def test_best_lexical_score_adds_the_whole_weight() -> None:
    fused = fuse_scores({"a": 0.5, "b": 0.4, "c": 0.1}, [({"b": 8.0, "c": 2.0}, 0.2)])

    assert fused == [("b", pytest.approx(0.6)), ("a", 0.5), ("c", pytest.approx(0.15))]


def test_without_a_shared_word_the_dense_order_stays() -> None:
    assert fuse_scores({"a": -0.1, "b": 0.4}, [({}, 0.2)]) == [("b", 0.4), ("a", -0.1)]


def test_equal_scores_keep_the_order_of_the_candidates() -> None:
    fused = fuse_scores({"b": 0.5, "a": 0.25}, [({"a": 3.0}, 0.25)])

    assert fused == [("b", 0.5), ("a", 0.5)]


def test_fusing_nothing_gives_nothing() -> None:
    assert fuse_scores({}, [({}, 0.2)]) == []


def test_every_lexical_search_counts_by_its_own_best() -> None:
    fused = fuse_scores({"a": 0.5, "b": 0.4}, [({"a": 3.0}, 0.1), ({"a": 20.0, "b": 40.0}, 0.2)])

    assert fused == [("a", pytest.approx(0.7)), ("b", pytest.approx(0.6))]
