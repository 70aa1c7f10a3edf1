from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from app.serving.understanding import ServedModel, Understanding
from app.serving.watcher import ModelWatcher, Wanted
from nlu.types import IntentPrediction, ParsedUtterance


@dataclass(frozen=True)
class NamedInterpreter:
    bundle_id: str

    def parse(self, texts: Sequence[str]) -> list[ParsedUtterance]:
        return [ParsedUtterance(text, IntentPrediction(self.bundle_id, 1.0)) for text in texts]


def served(bundle_id: str, faq_hash: str = "f1") -> ServedModel:
    return ServedModel(cast(Any, NamedInterpreter(bundle_id)), cast(Any, None), faq_hash)


@pytest.fixture
def understanding() -> Any:
    understanding = Understanding(served("old"))
    yield understanding
    understanding.close()


def load(wanted: Wanted) -> ServedModel:
    if wanted.bundle_id == "broken":
        raise ValueError("flipped byte")
    return served(wanted.bundle_id, wanted.faq_hash)


def test_watcher_leaves_the_wanted_model_alone(understanding: Understanding) -> None:
    watcher = ModelWatcher(understanding, wanted=lambda: Wanted("old", "f1"), load=load)

    assert not watcher.check()


@pytest.mark.parametrize("wanted", [Wanted("new", "f1"), Wanted("old", "f2")], ids=["bundle", "faq"])
def test_watcher_swaps_what_is_wanted(understanding: Understanding, wanted: Wanted) -> None:
    watcher = ModelWatcher(understanding, wanted=lambda: wanted, load=load)

    assert watcher.check()
    assert understanding.parse("hi").intent.name == wanted.bundle_id
    assert not watcher.check()


def test_watcher_keeps_the_old_model_when_the_new_one_is_broken(understanding: Understanding) -> None:
    tried: list[Wanted] = []

    def counting_load(wanted: Wanted) -> ServedModel:
        tried.append(wanted)
        return load(wanted)

    clock = [0.0]
    watcher = ModelWatcher(
        understanding,
        wanted=lambda: Wanted("broken", "f1"),
        load=counting_load,
        retry_after_s=60.0,
        now_s=lambda: clock[0],
    )

    assert [watcher.check(), watcher.check()] == [False, False]
    assert understanding.bundle_id == "old"
    assert len(tried) == 1
    clock[0] = 60.0  # what was wrong may have been a full disk
    assert not watcher.check()
    assert len(tried) == 2


def test_watcher_thread_survives_a_database_that_is_away(understanding: Understanding) -> None:
    answers = iter([ConnectionError("away"), Wanted("new", "f1")])

    def wanted() -> Wanted:
        answer = next(answers, Wanted("new", "f1"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    watcher = ModelWatcher(understanding, wanted=wanted, load=load, interval_s=0.005)
    watcher.start()
    while understanding.bundle_id == "old":
        assert watcher._thread.is_alive()
    watcher.close()

    assert understanding.bundle_id == "new"
