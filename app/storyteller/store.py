"""A trained story model as a folder: weights in safetensors, names and settings in JSON, and hashes of all.

The folder belongs to certain stories, a certain domain, settings and code: `story_key` names it, and loading
refuses any other. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file

from app.dialogue.domain import Domain
from app.dialogue.stories import Story
from app.storyteller.augmentation import bare_steps
from app.storyteller.data import Vocabulary
from app.storyteller.model import NetworkShape, StoryNetwork
from app.storyteller.settings import StorySettings
from app.storyteller.train import TrainedStories
from nlu.manifest import Manifest, StoredFormat, hash_files, read_manifest, verify_belongs, write_manifest
from nlu.provenance import hash_code
from nlu.stored import load_heads, put_in_place, read_json, read_tensors, verify_golden, write_json

STORY_MODEL = StoredFormat("story model", "stories.json", 1)
_WEIGHTS, _CONFIG, _GOLDEN = "network.safetensors", "config.json", "golden.json"
_NUM_GOLDEN = 8  # states of the made-up conversation whose scores are compared

_MODULES = (
    "app.dialogue.features",
    "app.dialogue.history",
    "app.dialogue.states",
    "app.dialogue.story_features",
    "app.storyteller.asides",
    "app.storyteller.augmentation",
    "app.storyteller.data",
    "app.storyteller.model",
    "app.storyteller.settings",
    "app.storyteller.train",
)
"""The modules whose change makes other weights out of the same stories."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a network was trained to tell: models of other questions never take each other's place."""

    name: str
    modules: tuple[str, ...]


NEXT_ACTION = Question("next action", _MODULES)
NEXT_INTENT = Question("next intent", (*_MODULES, "app.storyteller.intents"))


@dataclass(frozen=True, slots=True)
class Origin:
    """All that makes a model what it is."""

    stories: Sequence[Story]
    domain: Domain
    settings: StorySettings
    question: Question = NEXT_ACTION


def story_key(origin: Origin) -> str:
    """Name the model that these stories, this domain, these settings and this code make."""
    text = f"{_data_hash(origin)} {hash_code(origin.question.modules)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save_stories(trained: TrainedStories, path: Path, origin: Origin) -> None:
    """Write a model so that `path` is never half written; an older folder there is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        save_file(trained.network.state_dict(), new / _WEIGHTS)
        write_json(new / _CONFIG, _config(trained))
        write_json(new / _GOLDEN, _golden(trained.network, trained.shape))
        write_manifest(new, _manifest(new, origin), STORY_MODEL)
        put_in_place(new, path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def load_stories(path: Path, origin: Origin) -> TrainedStories:
    """Read a model and verify that it is whole and was made from just this.

    Raises:
        CheckpointError: a file is missing or changed, it belongs to other stories, settings or code, or this
            machine computes other numbers with it.
    """
    manifest = read_manifest(path, STORY_MODEL)
    verify_belongs(manifest, data_hash=_data_hash(origin), code_hash=hash_code(origin.question.modules))
    config = read_json(path / _CONFIG)
    shape = NetworkShape(**config["shape"])
    network = StoryNetwork(shape).eval()
    load_heads(network, read_tensors(path / _WEIGHTS))
    verify_golden(_golden(network, shape), path / _GOLDEN, ("logits",))
    vocabulary = Vocabulary(tuple(config["features"]), tuple(config["actions"]))
    thresholds = {intent: tuple(levels) for intent, levels in config["thresholds"].items()}
    return TrainedStories(network, vocabulary, shape, origin.settings, thresholds)


def _config(trained: TrainedStories) -> Mapping[str, object]:
    return {
        "shape": asdict(trained.shape),
        "features": trained.vocabulary.features,
        "actions": trained.vocabulary.actions,
        "settings": asdict(trained.settings),
        "thresholds": trained.thresholds,
    }


def _manifest(folder: Path, origin: Origin) -> Manifest:
    """Fill the manifest of all stored models; a story model has no encoder."""
    return Manifest(
        format_version=STORY_MODEL.version,
        encoder="",
        encoder_sha256="",
        tokenizer_sha256="",
        encoder_id="",
        data_hash=_data_hash(origin),
        code_hash=hash_code(origin.question.modules),
        seed=origin.settings.seed,
        files=hash_files(folder, STORY_MODEL),
    )


def _data_hash(origin: Origin) -> str:
    """Hash the steps of the stories and what of the domain decides how they look; places do not count."""
    domain = origin.domain
    document = {
        "question": origin.question.name,
        "stories": [repr(bare_steps(story)) for story in origin.stories],
        "slots": [repr(astuple(slot)) for slot in domain.slots.values()],
        "intents": [repr(astuple(intent)) for intent in domain.intents.values()],
        "entities": list(domain.entities),
        "forms": list(domain.forms),
        "settings": asdict(origin.settings),
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _golden(network: StoryNetwork, shape: NetworkShape) -> Mapping[str, object]:
    """Score a made-up conversation that touches all features."""
    places = torch.arange(_NUM_GOLDEN * shape.num_features).view(1, _NUM_GOLDEN, shape.num_features)
    with torch.inference_mode():
        return {"logits": network((places % 3 == 0).float())[0].tolist()}
