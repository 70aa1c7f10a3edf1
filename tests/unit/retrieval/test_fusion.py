import pytest

from retrieval.fusion import Ranking, fuse_rankings


def test_fuse_rankings_sums_reciprocal_ranks() -> None:
    fused = fuse_rankings([Ranking(["a", "b"]), Ranking(["b", "c"], weight=0.5)], k=1)

    assert fused == [("b", pytest.approx(1 / 3 + 0.5 / 2)), ("a", pytest.approx(1 / 2)), ("c", 0.5 / 3)]


def test_fuse_rankings_keeps_the_first_order_of_equals() -> None:
    fused = fuse_rankings([Ranking(["a", "b"]), Ranking(["b", "a"])], k=60)

    assert [item for item, _ in fused] == ["a", "b"]


def test_fuse_rankings_of_nothing_is_empty() -> None:
    assert fuse_rankings([Ranking([]), Ranking([])], k=60) == []
