"""A model bundle: a directory with adapter, heads, labels, calibration and the proof that they are unchanged.

The base encoder is not in it, only its hash; the adapter is merged into it when the bundle is loaded. Weights
are safetensors, everything else JSON; nothing is unpickled. A golden batch shows that this machine computes
what the training machine computed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save as save_tensors

from nlu.batching import TextEncoder, collate, load_tokenizer
from nlu.calibration import Calibration, Thresholds
from nlu.checkpoint import CheckpointError, EncoderCheckpoint, resolve_encoder
from nlu.encoder import load_encoder
from nlu.finetuning.methods import FinetuningSettings, make_method
from nlu.labels import LabelMap
from nlu.manifest import BUNDLE, Manifest, hash_files, read_manifest, write_manifest
from nlu.model import HeadSizes, JointModel
from nlu.out_of_scope import ScopeScore, ScopeScoreError, restore_scope_score
from nlu.patterns import PatternSet
from nlu.stored import (
    load_heads,
    put_in_place,
    read_json,
    read_tensors,
    verify_encoder,
    verify_golden,
    write_json,
)

_GOLDEN_TEXTS = (
    "Where is my order?",
    "I'd like to send back the blue shirt, size M.",
    "ok",
    "Kann ich mit Karte zahlen? 100 € bitte 🙂",
)


@dataclass(frozen=True, slots=True, eq=False)
class BundleContents:
    """Everything that is stored.

    Attributes:
        label_map: numbers of intents and span labels.
        finetuning: the method that the adapter is of.
        sizes: shapes of the heads.
        calibration: temperatures and thresholds.
        synonyms: lower-cased text to value.
        regexes: sources by name.
        lookups: values by name.
        adapter: what the method changed in the encoder.
        heads: weights of both heads.
        scope_score: name of the out-of-scope score, see `nlu.out_of_scope`.
        references: what the score compares with, by name.
        num_neighbours: how many references count, where the nearest do.
        training: the training configuration, for the record.
        metrics: quality on validation or held-out data, for the record.
    """

    label_map: LabelMap
    finetuning: FinetuningSettings
    sizes: HeadSizes
    calibration: Calibration
    synonyms: Mapping[str, str]
    regexes: Mapping[str, tuple[str, ...]]
    lookups: Mapping[str, tuple[str, ...]]
    adapter: Mapping[str, torch.Tensor]
    heads: Mapping[str, torch.Tensor]
    scope_score: str
    references: Mapping[str, NDArray[np.float32]]
    num_neighbours: int
    training: Mapping[str, object]
    metrics: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a bundle was made from."""

    data_hash: str
    code_hash: str
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A bundle ready for use: the adapter is merged, the model in evaluation mode."""

    bundle_id: str
    encoder_id: str
    contents: BundleContents
    model: JointModel
    text_encoder: TextEncoder
    out_of_scope: ScopeScore


def assemble_bundle(contents: BundleContents, checkpoint: EncoderCheckpoint, *, bundle_id: str) -> Bundle:
    """Build the model in memory: a fresh encoder with the adapter merged, and the heads.

    Raises:
        CheckpointError: weights do not fit the encoder or the labels.
    """
    _verify_labels(contents)
    encoder = load_encoder(checkpoint)
    make_method(contents.finetuning).merge(encoder, contents.adapter)
    with torch.random.fork_rng(devices=[]):  # fresh heads draw numbers that are replaced at once
        model = JointModel(encoder, contents.sizes)
    load_heads(model, contents.heads)
    patterns = PatternSet.compile(contents.regexes, contents.lookups)
    return Bundle(
        bundle_id=bundle_id,
        encoder_id=_encoder_id(checkpoint, contents),
        contents=contents,
        model=model.requires_grad_(requires_grad=False).eval(),
        text_encoder=TextEncoder(load_tokenizer(checkpoint), patterns, max_tokens=encoder.max_tokens),
        out_of_scope=_restore_scope_score(contents),
    )


def save_bundle(bundle: Bundle, checkpoint: EncoderCheckpoint, origin: Origin, out_path: Path) -> Manifest:
    """Write a bundle to the folder `out_path`, which appears whole or not at all; an old one is replaced."""
    partial = out_path.with_name(out_path.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    _write_contents(bundle.contents, partial)
    write_json(partial / "golden.json", _golden_outputs(bundle))
    manifest = Manifest(
        format_version=BUNDLE.version,
        encoder=checkpoint.name,
        encoder_sha256=checkpoint.sha256,
        tokenizer_sha256=checkpoint.tokenizer_sha256,
        encoder_id=bundle.encoder_id,
        files=hash_files(partial),
        **asdict(origin),
    )
    write_manifest(partial, manifest)
    put_in_place(partial, out_path)
    return manifest


def load_bundle(path: Path, *, encoder: EncoderCheckpoint | None = None) -> Bundle:
    """Verify and load a bundle.

    Args:
        path: the bundle's folder.
        encoder: the base encoder; by default the one that the bundle names.

    Raises:
        CheckpointError: a file is missing or changed, the encoder is another, or the golden batch differs.
    """
    manifest = read_manifest(path)
    checkpoint = encoder or resolve_encoder(manifest.encoder)
    verify_encoder(manifest, checkpoint)
    bundle = assemble_bundle(_read_contents(path), checkpoint, bundle_id=manifest.bundle_id)
    verify_golden(_golden_outputs(bundle), path / "golden.json", ("intent_logits", "embedding", "span_gains"))
    return bundle


def _restore_scope_score(contents: BundleContents) -> ScopeScore:
    try:
        return restore_scope_score(
            contents.scope_score, contents.references, num_neighbours=contents.num_neighbours
        )
    except ScopeScoreError as error:
        raise CheckpointError(str(error)) from error


def _verify_labels(contents: BundleContents) -> None:
    """Refuse heads that score labels which the label map does not name."""
    for what, got, expected in (
        ("intents", len(contents.label_map.intents), contents.sizes.num_intents),
        ("span labels", len(contents.label_map.span_labels), contents.sizes.num_span_labels),
    ):
        if got != expected:
            raise CheckpointError(
                f"got labels.json with {got} {what}, expected the {expected} that the heads score; "
                "train the bundle again"
            )


def _encoder_id(checkpoint: EncoderCheckpoint, contents: BundleContents) -> str:
    """Name what computes embeddings: the weights, the adapter, and the settings that say how it acts."""
    settings = json.dumps(contents.finetuning.to_json(), sort_keys=True)
    parts = (
        checkpoint.sha256.encode("ascii") + settings.encode("ascii") + save_tensors(dict(contents.adapter))
    )
    return hashlib.sha256(parts).hexdigest()[:16]


def _golden_outputs(bundle: Bundle) -> dict[str, object]:
    batch = collate(bundle.text_encoder.encode(_GOLDEN_TEXTS))
    with torch.inference_mode():
        output = bundle.model(batch)
    return {
        "texts": list(_GOLDEN_TEXTS),
        "intent_logits": output.intent_logits.tolist(),
        "embedding": output.embedding.tolist(),
        "span_gains": output.span_gains.amax(dim=(2, 3)).tolist() if output.span_gains.numel() else [],
    }


def _write_contents(contents: BundleContents, folder: Path) -> None:
    references = {
        name: torch.from_numpy(values.astype(np.float16)) for name, values in contents.references.items()
    }
    (folder / "adapter.safetensors").write_bytes(save_tensors(dict(contents.adapter)))
    (folder / "heads.safetensors").write_bytes(save_tensors(dict(contents.heads)))
    (folder / "out_of_scope.safetensors").write_bytes(save_tensors(references))
    write_json(folder / "labels.json", contents.label_map.to_json())
    write_json(folder / "calibration.json", contents.calibration.to_json())
    write_json(folder / "metrics.json", contents.metrics)
    vocabulary = {name: getattr(contents, name) for name in ("synonyms", "regexes", "lookups")}
    write_json(folder / "vocabulary.json", {name: dict(value) for name, value in vocabulary.items()})
    config = {
        "finetuning": contents.finetuning.to_json(),
        "sizes": asdict(contents.sizes),
        "scope_score": contents.scope_score,
        "num_neighbours": contents.num_neighbours,
        "training": contents.training,
    }
    write_json(folder / "config.json", config)


def _read_contents(folder: Path) -> BundleContents:
    """Read files whose hashes were verified."""
    config, vocabulary = read_json(folder / "config.json"), read_json(folder / "vocabulary.json")
    calibration = read_json(folder / "calibration.json")
    thresholds = Thresholds(**calibration.pop("thresholds"))
    references = read_tensors(folder / "out_of_scope.safetensors")
    return BundleContents(
        label_map=LabelMap.from_json(read_json(folder / "labels.json")),
        finetuning=FinetuningSettings.from_json(config["finetuning"]),
        sizes=HeadSizes(**config["sizes"]),
        calibration=Calibration(**calibration, thresholds=thresholds),
        synonyms=vocabulary["synonyms"],
        regexes={name: tuple(sources) for name, sources in vocabulary["regexes"].items()},
        lookups={name: tuple(values) for name, values in vocabulary["lookups"].items()},
        adapter=read_tensors(folder / "adapter.safetensors"),
        heads=read_tensors(folder / "heads.safetensors"),
        scope_score=config["scope_score"],
        references={name: tensor.numpy().astype(np.float32) for name, tensor in references.items()},
        num_neighbours=config["num_neighbours"],
        training=config["training"],
        metrics=read_json(folder / "metrics.json"),
    )
