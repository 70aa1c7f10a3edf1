"""What every stored model has in common: files of its folder, the proof that they fit, the golden batch.

Weights are safetensors, everything else JSON; nothing is unpickled.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import nn

from nlu.checkpoint import CheckpointError, EncoderCheckpoint
from nlu.manifest import Manifest

_GOLDEN_TOLERANCE = 2e-3  # float32 kernels of different processors agree within 1e-4; a wrong weight does not


def put_in_place(new: Path, path: Path) -> None:
    """Rename `new` to `path`; what was there is removed only then, so a kill leaves one of both whole."""
    old = path.with_name(path.name + ".old")
    if path.exists():
        if old.exists():  # left behind by a kill
            shutil.rmtree(old)
        path.rename(old)
    new.rename(path)
    if old.exists():
        shutil.rmtree(old)


def verify_encoder(manifest: Manifest, checkpoint: EncoderCheckpoint) -> None:
    """Check that `checkpoint` is what the stored model was trained on.

    Raises:
        CheckpointError: its weights or its vocabulary are others.
    """
    for what, got, expected in (
        ("weights", checkpoint.sha256, manifest.encoder_sha256),
        ("vocabulary", checkpoint.tokenizer_sha256, manifest.tokenizer_sha256),
    ):
        if got != expected:
            raise CheckpointError(
                f"got the encoder '{checkpoint.name}' whose {what} have sha256 {got}, expected {expected}; "
                f"use '{manifest.encoder}' or train a bundle for this encoder"
            )


def copy_heads(model: nn.Module) -> dict[str, torch.Tensor]:
    """Copy out what a model has beside its ``encoder``, to the CPU."""
    return {
        name: tensor.detach().cpu().clone()
        for name, tensor in model.state_dict().items()
        if not name.startswith("encoder.")
    }


def load_heads(model: nn.Module, heads: Mapping[str, torch.Tensor]) -> None:
    """Put stored heads into a model.

    Raises:
        CheckpointError: they have other names or other shapes.
    """
    expected = {name: t for name, t in model.state_dict().items() if not name.startswith("encoder.")}
    wrong = sorted(set(expected) ^ set(heads))
    if wrong:
        raise CheckpointError(f"got heads that do not fit at {wrong}; train the bundle again")
    for name, tensor in heads.items():
        if tensor.shape != expected[name].shape:
            raise CheckpointError(
                f"got heads whose {name} has the shape {tuple(tensor.shape)}, expected "
                f"{tuple(expected[name].shape)}; train the bundle again"
            )
    model.load_state_dict(dict(heads), strict=False)


def verify_golden(got: Mapping[str, object], path: Path, names: tuple[str, ...]) -> None:
    """Compare what this machine computes for the golden batch with what the training machine did.

    Raises:
        CheckpointError: one of the numbers called `names` differs by more than rounding.
    """
    expected = read_json(path)
    for what in names:
        difference = _greatest_difference(expected[what], got[what])
        if not difference <= _GOLDEN_TOLERANCE:
            raise CheckpointError(
                f"got {what} of the golden batch that differ by {difference:.2g} from {path}, expected at "
                f"most {_GOLDEN_TOLERANCE}; this code or torch computes other numbers, train the bundle again"
            )


def write_json(path: Path, document: object) -> None:
    """Write JSON in its only form: keys in order, no NaN."""
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object whose hash was verified."""
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Read a safetensors file.

    Raises:
        CheckpointError: it holds no tensors.
    """
    try:
        return load_tensors(path.read_bytes())
    except SafetensorError as error:
        raise CheckpointError(
            f"got {path} that holds no tensors ({error}); train the bundle again"
        ) from error


def _greatest_difference(left: object, right: object) -> float:
    one, other = np.asarray(left), np.asarray(right)
    if one.shape != other.shape:
        return float("inf")
    scale = max(1.0, float(np.abs(one).max(initial=0.0)))
    return float(np.abs(one - other).max(initial=0.0)) / scale
