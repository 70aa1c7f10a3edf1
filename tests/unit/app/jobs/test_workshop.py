"""How the real workshop trains: as the bot's folder says at that moment, and afresh where it cannot go on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.bot.training import default_training
from app.jobs import workshop as module
from app.jobs.retrain import Train
from app.settings import Settings
from nlu.training import pipeline
from nlu.training.config import ConfigError, TrainConfig
from nlu.training.resume import ResumeError
from retrieval.types import FaqEntry
from tests.fakes_training import bot_data


class NotedTraining:
    """Stands for `train_bundle`; a state that is there is another run's."""

    def __init__(self) -> None:
        self.configs: list[TrainConfig] = []
        self.unlabelled: list[tuple[str, ...]] = []
        self.questions: list[set[str]] = []
        self.resumed: list[bool] = []
        self.has_other_state = False

    def __call__(self, data: Any, config: TrainConfig, *, resume: bool, **_: Any) -> str:
        self.configs.append(config)
        self.unlabelled.append(data.unlabelled)
        self.questions.append({pair.question for pair in data.retrieval_pairs})
        self.resumed.append(resume)
        if resume and self.has_other_state:
            raise ResumeError("got the state of another run")
        return "trained"


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> NotedTraining:
    noted = NotedTraining()
    monkeypatch.setattr(pipeline, "train_bundle", noted)
    monkeypatch.setattr(module, "resolve_encoder", lambda name: name)
    return noted


@pytest.fixture
def faq() -> list[FaqEntry]:
    """What is published; a test may add to it."""
    return []


@pytest.fixture
def helped() -> list[tuple[str, str]]:
    """What customers asked and the FAQ answered well; a test may add to it."""
    return []


@pytest.fixture
def train(tmp_path: Path, faq: list[FaqEntry], helped: list[tuple[str, str]]) -> Train:
    published = SimpleNamespace(published=lambda: tuple(faq), helped_questions=lambda: tuple(helped))
    stores: Any = SimpleNamespace(reviews=None, models=None, audit=None, faq=published)
    return module.open_workshop(Settings(bot=tmp_path, home=tmp_path / "home"), stores).train


def run(train: Train) -> object:
    return train(bot_data(("hello", "greet")), [], Path("out"), lambda _: None)


def test_job_trains_as_the_bot_says_at_that_moment(
    train: Train, noted: NotedTraining, tmp_path: Path
) -> None:
    run(train)
    (tmp_path / "training.toml").write_text("seed = 7\n[calibration]\nnum_folds = 3\n", encoding="utf-8")
    run(train)

    assert noted.configs[0] == default_training(1)
    assert (noted.configs[1].seed, noted.configs[1].calibration.num_folds) == (7, 3)


def test_job_learns_from_the_bots_unlabelled_utterances(
    train: Train, noted: NotedTraining, tmp_path: Path
) -> None:
    run(train)
    (tmp_path / "unlabelled.txt").write_text("where is it\n\nhello again\n", encoding="utf-8")
    run(train)

    assert noted.unlabelled == [(), ("where is it", "hello again")]


def test_job_learns_from_the_faq_that_is_published_at_that_moment(
    train: Train, noted: NotedTraining, faq: list[FaqEntry]
) -> None:
    run(train)
    faq.append(FaqEntry("delivery", "How long does delivery take?", "Two days.", ("when will it come",)))
    run(train)

    assert noted.questions == [set(), {"How long does delivery take?", "when will it come"}]


def test_job_learns_from_the_questions_that_helped_without_their_personal_data(
    train: Train, noted: NotedTraining, faq: list[FaqEntry], helped: list[tuple[str, str]]
) -> None:
    faq.append(FaqEntry("delivery", "How long does delivery take?", "Two days."))
    helped += [("delivery", "when is it here, I am ann@example.com"), ("gone", "an entry that is gone")]
    run(train)

    (questions,) = noted.questions
    assert questions == {"How long does delivery take?", "when is it here, I am xxx@xxxxxxx.xxx"}


def test_mistake_in_the_bots_configuration_is_named(
    train: Train, noted: NotedTraining, tmp_path: Path
) -> None:
    (tmp_path / "training.toml").write_text("sed = 7\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"training\.toml: got the unknown key 'sed'"):
        run(train)
    assert noted.configs == []


@pytest.mark.parametrize(("has_other_state", "resumed"), [(False, [True]), (True, [True, False])])
def test_job_goes_on_where_it_was_killed_or_starts_afresh(
    train: Train, noted: NotedTraining, has_other_state: bool, resumed: list[bool]
) -> None:
    noted.has_other_state = has_other_state

    assert run(train) == "trained"
    assert noted.resumed == resumed
