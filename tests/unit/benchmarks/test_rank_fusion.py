from benchmarks.retrieval.rank_fusion import Ranking, fuse_rankings


def test_fuse_rankings_sums_weighted_reciprocal_ranks() -> None:
    # with k=1: a 1/2, b 1/3 + 1/4, c 1/6
    assert fuse_rankings([Ranking(["a", "b"]), Ranking(["b", "c"], weight=0.5)], k=1) == ["b", "a", "c"]


def test_fuse_rankings_keeps_the_first_order_of_equals() -> None:
    assert fuse_rankings([Ranking(["a", "b"]), Ranking(["b", "a"])], k=60) == ["a", "b"]


def test_fuse_rankings_of_nothing_is_empty() -> None:
    assert fuse_rankings([Ranking([]), Ranking([])], k=60) == []
