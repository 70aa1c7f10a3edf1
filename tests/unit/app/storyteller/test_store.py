from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from app.dialogue.domain import SlotDefinition
from app.storyteller.data import story_states
from app.storyteller.intents import train_intents
from app.storyteller.predictor import StoryPredictor
from app.storyteller.store import (
    NEXT_INTENT,
    STORY_MODEL,
    Origin,
    load_stories,
    save_stories,
    story_key,
)
from app.storyteller.train import TrainedStories, train_stories
from nlu.checkpoint import CheckpointError
from nlu.manifest import hash_files, read_manifest, write_manifest
from nlu.stored import read_tensors
from tests.fakes_storyteller import DOMAIN, STORIES, UNTRAINED

ORIGIN = Origin(STORIES, DOMAIN, UNTRAINED)


@pytest.fixture(scope="module")
def trained() -> TrainedStories:
    return train_stories(STORIES, DOMAIN, UNTRAINED)


@pytest.fixture
def folder(trained: TrainedStories, tmp_path: Path) -> Path:
    save_stories(trained, tmp_path / "model", ORIGIN)
    return tmp_path / "model"


def _load(folder: Path) -> TrainedStories:
    return load_stories(folder, ORIGIN)


def test_what_was_saved_predicts_the_same(trained: TrainedStories, folder: Path) -> None:
    states, _ = story_states(STORIES[0].steps, DOMAIN)

    assert StoryPredictor(_load(folder)).likelihoods(states) == StoryPredictor(trained).likelihoods(states)


def test_saving_again_replaces_and_leaves_nothing_else(trained: TrainedStories, folder: Path) -> None:
    save_stories(trained, folder, ORIGIN)

    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert _load(folder).vocabulary == trained.vocabulary


def _truncate(folder: Path) -> None:
    weights = folder / "network.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (_truncate, "network.safetensors with sha256"),
        (lambda folder: (folder / "config.json").unlink(), "got no file .*config.json"),
        (lambda folder: (folder / "golden.json").write_text("{}"), "golden.json with sha256"),
        (lambda folder: (folder / "stories.json").unlink(), "got no readable .*stories.json"),
        (lambda folder: (folder / "stories.json").write_text("[]"), "that is no manifest"),
        (
            lambda folder: (folder / "stories.json").write_text('{"format_version": 9, "sha256": ""}'),
            "format 9",
        ),
    ],
    ids=["truncated", "config gone", "golden changed", "manifest gone", "no manifest", "other version"],
)
def test_a_broken_folder_is_refused(folder: Path, harm: Callable[[Path], object], message: str) -> None:
    harm(folder)

    with pytest.raises(CheckpointError, match=message):
        _load(folder)


def test_a_folder_that_is_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="got no readable .*expected a story model"):
        _load(tmp_path)


def _sealed_with(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Put other weights into the folder and seal it as if they belonged there."""
    manifest = read_manifest(folder, STORY_MODEL)
    save_file(tensors, folder / "network.safetensors")
    write_manifest(folder, replace(manifest, files=hash_files(folder, STORY_MODEL)), STORY_MODEL)


def test_foreign_weights_are_refused(folder: Path) -> None:
    _sealed_with(folder, {"something": torch.zeros(2)})

    with pytest.raises(CheckpointError, match="heads that do not fit"):
        _load(folder)


def test_weights_that_compute_other_numbers_are_refused(folder: Path) -> None:
    tensors = read_tensors(folder / "network.safetensors")
    _sealed_with(folder, tensors | {"actions.bias": tensors["actions.bias"] + 1.0})

    with pytest.raises(CheckpointError, match="logits of the golden batch"):
        _load(folder)


def test_a_model_of_other_stories_is_refused(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="made from training data"):
        load_stories(folder, replace(ORIGIN, stories=STORIES[1:]))


def test_a_model_of_another_question_is_refused(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="made from training data"):
        load_stories(folder, replace(ORIGIN, question=NEXT_INTENT))


def test_thresholds_are_saved_with_the_model(tmp_path: Path) -> None:
    trained = train_intents(STORIES, DOMAIN, UNTRAINED)
    origin = replace(ORIGIN, question=NEXT_INTENT)

    save_stories(trained, tmp_path / "model", origin)

    assert set(trained.thresholds) == set(DOMAIN.intents)
    assert load_stories(tmp_path / "model", origin).thresholds == trained.thresholds


def test_the_key_follows_stories_domain_and_settings_but_not_places() -> None:
    key = story_key(ORIGIN)
    moved = [replace(story, source="elsewhere.yml:9") for story in STORIES]
    slots = {**DOMAIN.slots, "vip": SlotDefinition("vip", "bool", initial_value=True)}

    assert story_key(replace(ORIGIN, stories=moved)) == key
    others = {
        story_key(replace(ORIGIN, stories=STORIES[1:])),
        story_key(replace(ORIGIN, domain=replace(DOMAIN, slots=slots))),
        story_key(replace(ORIGIN, settings=replace(UNTRAINED, max_history=3))),
        story_key(replace(ORIGIN, question=NEXT_INTENT)),
    }
    assert len(others | {key}) == 5
