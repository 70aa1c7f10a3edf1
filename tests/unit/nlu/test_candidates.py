from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from nlu.candidates import Candidates, intent_candidates
from nlu.labels import LabelMap

MULTI = LabelMap(("b+a", "c"), ())  # atoms a, b, c


def row(*logits: float) -> NDArray[np.float32]:
    return np.asarray([logits], dtype=np.float32)


def test_without_combinations_candidates_are_the_intents_with_their_logits() -> None:
    logits = row(0.25, -1.5)

    candidates = intent_candidates(logits, LabelMap(("a", "b"), ()))[0]

    assert candidates.names == ("a", "b")
    assert candidates.logits.tolist() == [0.25, -1.5]


def test_the_score_of_a_label_is_the_sum_of_its_atoms() -> None:
    candidates = intent_candidates(row(2.0, 1.0, -4.0), MULTI)[0]

    assert candidates.names == ("b+a", "c")
    assert candidates.logits.tolist() == [3.0, -4.0]
    assert candidates.best == "b+a"


def test_an_unseen_combination_is_named_by_its_logits_and_comes_last() -> None:
    candidates = intent_candidates(row(1.0, -2.0, 3.0), MULTI)[0]

    assert candidates.names == ("b+a", "c", "c+a")
    assert candidates.logits.tolist() == [-1.0, 3.0, 4.0]


def test_a_label_that_a_model_was_not_trained_on_must_be_found_by_its_atoms() -> None:
    found, missed = intent_candidates(
        np.concatenate([row(2.0, 1.0, -4.0), row(2.0, -1.0, -4.0)]), MULTI, ["c"]
    )

    assert (found.names, found.logits.tolist()) == (("c", "a+b"), [-4.0, 3.0])
    assert (missed.names, missed.logits.tolist()) == (("c", "a"), [-4.0, 2.0])


def test_an_atom_that_never_stood_alone_can_be_a_candidate() -> None:
    assert intent_candidates(row(1.0, -2.0, -3.0), MULTI)[0].names == ("b+a", "c", "a")


def test_without_a_positive_atom_only_trained_labels_are_candidates() -> None:
    assert intent_candidates(row(-3.0, -1.0, -2.0), MULTI)[0].best == "c"


def test_scores_differ_from_log_probabilities_by_one_constant() -> None:
    label_map = LabelMap(("a", "a+b", "b+c", "c"), ())
    logits = np.random.default_rng(5).normal(size=(4, 3)).astype(np.float32)

    for own, candidates in zip(logits, intent_candidates(logits, label_map), strict=True):
        expected = [log_probability(own, name.split("+"), label_map.intents) for name in candidates.names]
        np.testing.assert_allclose(np.ptp(candidates.logits - np.asarray(expected)), 0.0, atol=1e-5)


def test_the_combination_of_all_positive_atoms_is_the_most_probable_of_all_sets() -> None:
    own = np.asarray([0.5, -0.3, 1.2], dtype=np.float32)
    sets = [atoms for size in (1, 2, 3) for atoms in combinations(MULTI.intents, size)]

    best = max(sets, key=lambda atoms: log_probability(own, list(atoms), MULTI.intents))

    assert set(intent_candidates(own[None], MULTI)[0].best.split("+")) == set(best)


@pytest.mark.parametrize(("label", "place"), [("a+b", 0), ("b+a", 0), ("c", 1), ("a", None)])
def test_number_of_finds_a_label_in_any_order(label: str, place: int | None) -> None:
    assert Candidates(("b+a", "c"), np.zeros(2, dtype=np.float32)).number_of(label) == place


def log_probability(logits: NDArray[np.float32], atoms: list[str], intents: tuple[str, ...]) -> float:
    signs = np.asarray([1.0 if intent in atoms else -1.0 for intent in intents])
    return float(-np.log1p(np.exp(-signs * logits)).sum())
