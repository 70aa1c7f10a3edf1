"""A stored reader: a directory with adapter, heads, null threshold and the proof that they are unchanged.

The base encoder is not in it, only its hash. Weights are safetensors of half precision, everything else JSON.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save as save_tensors

from nlu.batching import collate, load_tokenizer
from nlu.checkpoint import EncoderCheckpoint, resolve_encoder
from nlu.encoder import load_encoder
from nlu.finetuning.methods import FinetuningSettings, make_method
from nlu.manifest import READER, Manifest, hash_files, read_manifest, write_manifest
from nlu.provenance import READER_MODULES, hash_code
from nlu.reader.model import ReaderModel, ReaderSizes
from nlu.reader.pairs import PairEncoder
from nlu.stored import (
    load_heads,
    put_in_place,
    read_json,
    read_tensors,
    verify_encoder,
    verify_golden,
    write_json,
)

_GOLDEN = (
    ("When do you open?", "Our shops open at 9 am and close at 6 pm, on Sundays at 4 pm."),
    ("who do I ask about a refund", "Parcels arrive within 3 days."),
)


@dataclass(frozen=True, slots=True, eq=False)
class ReaderContents:
    """Everything that is stored.

    Attributes:
        finetuning: the method that the adapter is of.
        sizes: shapes of the heads.
        max_tokens: of a question with its window.
        min_score: least `Reading.score` of an answer, chosen on validation.
        adapter: what the method changed in the encoder.
        heads: weights of both heads.
        training: the training configuration, for the record.
        metrics: quality on validation, for the record.
    """

    finetuning: FinetuningSettings
    sizes: ReaderSizes
    max_tokens: int
    min_score: float
    adapter: Mapping[str, torch.Tensor]
    heads: Mapping[str, torch.Tensor]
    training: Mapping[str, object]
    metrics: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class ReaderBundle:
    """A reader ready for use: the adapter is merged, the model in evaluation mode."""

    reader_id: str
    contents: ReaderContents
    model: ReaderModel
    pairs: PairEncoder


def assemble_reader(
    contents: ReaderContents, checkpoint: EncoderCheckpoint, *, reader_id: str = ""
) -> ReaderBundle:
    """Build the model in memory: a fresh encoder with the adapter merged, and the heads.

    Raises:
        CheckpointError: weights do not fit the encoder.
    """
    encoder = load_encoder(checkpoint)
    make_method(contents.finetuning).merge(encoder, contents.adapter)
    with torch.random.fork_rng(devices=[]):  # fresh heads draw numbers that are replaced at once
        model = ReaderModel(encoder, contents.sizes)
    load_heads(model, contents.heads)
    return ReaderBundle(
        reader_id=reader_id,
        contents=contents,
        model=model.requires_grad_(requires_grad=False).eval(),
        pairs=PairEncoder(
            load_tokenizer(checkpoint), max_tokens=min(contents.max_tokens, encoder.max_tokens)
        ),
    )


def save_reader(
    contents: ReaderContents, checkpoint: EncoderCheckpoint, out_path: Path, *, data_hash: str, seed: int
) -> str:
    """Write a reader to the folder `out_path`, which appears whole or not at all; give its name."""
    partial = out_path.with_name(out_path.name + ".partial")
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir(parents=True)
    _write_contents(contents, partial)
    stored = assemble_reader(_read_contents(partial), checkpoint)  # what half precision made of it
    write_json(partial / "golden.json", _golden_outputs(stored))
    manifest = Manifest(
        format_version=READER.version,
        encoder=checkpoint.name,
        encoder_sha256=checkpoint.sha256,
        tokenizer_sha256=checkpoint.tokenizer_sha256,
        encoder_id=_encoder_id(checkpoint, contents),
        data_hash=data_hash,
        code_hash=hash_code(READER_MODULES),
        seed=seed,
        files=hash_files(partial, READER),
    )
    write_manifest(partial, manifest, READER)
    put_in_place(partial, out_path)
    return manifest.bundle_id


def load_reader(path: Path, *, encoder: EncoderCheckpoint | None = None) -> ReaderBundle:
    """Verify and load a reader.

    Args:
        path: its folder.
        encoder: the base encoder; by default the one that the reader names.

    Raises:
        CheckpointError: a file is missing or changed, the encoder is another, or the golden batch differs.
    """
    manifest = read_manifest(path, READER)
    checkpoint = encoder or resolve_encoder(manifest.encoder)
    verify_encoder(manifest, checkpoint)
    reader = assemble_reader(_read_contents(path), checkpoint, reader_id=manifest.bundle_id)
    verify_golden(_golden_outputs(reader), path / "golden.json", ("best_spans", "null_scores"))
    return reader


def _encoder_id(checkpoint: EncoderCheckpoint, contents: ReaderContents) -> str:
    settings = json.dumps(contents.finetuning.to_json(), sort_keys=True)
    parts = checkpoint.sha256.encode() + settings.encode() + save_tensors(_halved(contents.adapter))
    return hashlib.sha256(parts).hexdigest()[:16]


def _golden_outputs(reader: ReaderBundle) -> dict[str, object]:
    questions, passages = zip(*_GOLDEN, strict=True)
    windows = [window for own in reader.pairs.encode(questions, passages) for window in own]
    with torch.inference_mode():
        spans, null = reader.model(collate(windows)).log_shares()
    return {
        "pairs": [list(pair) for pair in _GOLDEN],
        "best_spans": spans.flatten(1).amax(dim=1).tolist(),
        "null_scores": null.tolist(),
    }


def _halved(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.to(torch.float16) for name, tensor in tensors.items()}


def _write_contents(contents: ReaderContents, folder: Path) -> None:
    (folder / "adapter.safetensors").write_bytes(save_tensors(_halved(contents.adapter)))
    (folder / "heads.safetensors").write_bytes(save_tensors(_halved(contents.heads)))
    config = {
        "finetuning": contents.finetuning.to_json(),
        "sizes": asdict(contents.sizes),
        "max_tokens": contents.max_tokens,
        "min_score": contents.min_score,
        "training": dict(contents.training),
    }
    write_json(folder / "config.json", config)
    write_json(folder / "metrics.json", dict(contents.metrics))


def _read_contents(folder: Path) -> ReaderContents:
    """Read files whose hashes were verified, or that were just written."""
    config = read_json(folder / "config.json")
    adapter, heads = (
        {name: tensor.float() for name, tensor in read_tensors(folder / file).items()}
        for file in ("adapter.safetensors", "heads.safetensors")
    )
    return ReaderContents(
        finetuning=FinetuningSettings.from_json(config["finetuning"]),
        sizes=ReaderSizes(**config["sizes"]),
        max_tokens=config["max_tokens"],
        min_score=config["min_score"],
        adapter=adapter,
        heads=heads,
        training=config["training"],
        metrics=read_json(folder / "metrics.json"),
    )
